//! [`Principal`]: who calls.

use std::collections::BTreeSet;

/// Who calls: the outcome of authentication.
///
/// ```
/// use rsvc::Principal;
///
/// let ann = Principal::new("ann").with_scopes(["orders.read", "orders.write"]);
/// assert!(ann.has_scope("orders.read"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    subject: String,
    scopes: BTreeSet<String>,
}

impl Principal {
    /// A caller known as `subject`, with no scopes.
    #[must_use]
    pub fn new(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), scopes: BTreeSet::new() }
    }

    /// Adds scopes.
    #[must_use]
    pub fn with_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// The name of the caller, in the terms of whoever authenticated it.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The scopes, sorted.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(String::as_str)
    }

    /// Whether the caller has `scope`.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.contains(scope)
    }
}
