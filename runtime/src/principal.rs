//! [`Principal`]: who calls.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use http::HeaderMap;

use crate::condition::GuardedCall;

/// Who calls: the outcome of authentication.
///
/// ```
/// use rsvc::Principal;
///
/// let ann = Principal::new("ann").with_scopes(["orders.read", "orders.write"]);
/// assert!(ann.has_scope("orders.read"));
/// ```
///
/// Two principals are equal if their subjects and their scopes are. Claims are not compared.
#[derive(Clone)]
pub struct Principal {
    subject: String,
    /// Sorted, each once.
    scopes: Vec<String>,
    claims: Option<Arc<dyn Any + Send + Sync>>,
}

impl Principal {
    /// A caller known as `subject`, with no scopes.
    #[must_use]
    pub fn new(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), scopes: Vec::new(), claims: None }
    }

    /// Adds scopes.
    #[must_use]
    pub fn with_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self.scopes.sort_unstable();
        self.scopes.dedup();
        self
    }

    /// Sets what else is known of the caller: a value of any type, in the place of an earlier one. Clones share it.
    ///
    /// ```
    /// use rsvc::Principal;
    ///
    /// struct Employee {
    ///     department: String,
    /// }
    ///
    /// let ann = Principal::new("ann").with_claims(Employee { department: "billing".to_owned() });
    /// assert_eq!(ann.claims::<Employee>().unwrap().department, "billing");
    /// assert!(ann.claims::<String>().is_none());
    /// ```
    #[must_use]
    pub fn with_claims<T: Any + Send + Sync>(mut self, claims: T) -> Self {
        self.claims = Some(Arc::new(claims));
        self
    }

    /// The claims, if there are some and they are of this type.
    pub fn claims<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.claims.as_ref()?.downcast_ref()
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
        self.scopes.binary_search_by(|other| other.as_str().cmp(scope)).is_ok()
    }

    /// A call of this caller, as the condition of its method sees it.
    pub(crate) fn calling<'a>(&'a self, request: &'a dyn Any, headers: &'a HeaderMap) -> GuardedCall<'a> {
        let Self { subject, scopes, claims } = self;
        GuardedCall { request, subject, scopes, claims: claims.as_deref(), headers }
    }
}

impl PartialEq for Principal {
    fn eq(&self, other: &Self) -> bool {
        self.subject == other.subject && self.scopes == other.scopes
    }
}

impl Eq for Principal {}

/// Claims may be personal data: they are not shown.
impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, scopes, claims } = self;
        let shown = &mut f.debug_struct("Principal");
        let shown = shown.field("subject", subject).field("scopes", scopes);
        if claims.is_some() { shown.finish_non_exhaustive() } else { shown.finish() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Secret(&'static str);

    #[test]
    fn claims_are_found_by_their_type_and_shared() {
        let ann = Principal::new("ann").with_claims(1u8).with_claims(Secret("hidden"));
        assert!(ann.claims::<u8>().is_none());
        let clone = ann.clone();
        assert!(std::ptr::eq(ann.claims::<Secret>().unwrap(), clone.claims::<Secret>().unwrap()));
        assert_eq!(ann, Principal::new("ann"));
        assert_ne!(ann, Principal::new("ann").with_scopes(["a"]));
    }

    #[test]
    fn debug_shows_no_claims() {
        let ann = Principal::new("ann").with_scopes(["a"]);
        assert_eq!(format!("{ann:?}"), r#"Principal { subject: "ann", scopes: ["a"] }"#);
        let claims = Secret("hidden");
        assert_eq!(claims.0, "hidden");
        let shown = format!("{:?}", ann.with_claims(claims));
        assert_eq!(shown, r#"Principal { subject: "ann", scopes: ["a"], .. }"#);
    }
}
