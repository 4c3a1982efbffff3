//! Who may call a method, in words. A condition is told of and never shown: it may name what is nobody's business.

use super::words::list;
use crate::model::{Access, Method};

/// Who may call a method.
pub(super) struct AccessView {
    /// In a word or two, for a badge.
    pub(super) short: String,
    /// As a sentence.
    pub(super) text: String,
    pub(super) is_open: bool,
}

pub(super) fn access(method: &Method) -> AccessView {
    let (short, text) = match &method.access {
        Access::Public => ("Public".to_owned(), "Anyone may call it".to_owned()),
        Access::Authenticated => ("Authenticated".into(), "Callers who have said who they are".into()),
        Access::Scopes { all_of, any_of } => {
            let mut parts = Vec::new();
            if !all_of.is_empty() {
                let scope = if all_of.len() == 1 { "the scope" } else { "the scopes" };
                parts.push(format!("{scope} {}", list(all_of, "and")));
            }
            if !any_of.is_empty() {
                let scope = if any_of.len() == 1 { "the scope" } else { "one of the scopes" };
                parts.push(format!("{scope} {}", list(any_of, "or")));
            }
            let short = all_of.iter().chain(any_of).cloned().collect::<Vec<_>>().join(", ");
            (short, format!("Callers with {}", parts.join(" and ")))
        }
        Access::Unspecified if method.condition.is_some() => ("Condition".into(), String::new()),
        Access::Unspecified => {
            ("Not declared".into(), "What the server decides: the method does not say".into())
        }
    };
    let text = match (&method.condition, text.is_empty()) {
        (None, _) => format!("{text}."),
        (Some(_), true) => "Callers who meet a condition, which depends on the call.".into(),
        (Some(_), false) => format!("{text}, if a condition is met that depends on the call."),
    };
    AccessView { short, text, is_open: method.access == Access::Public && method.condition.is_none() }
}

/// Whether a call may be refused because of who makes it.
pub(super) fn may_refuse(method: &Method) -> bool {
    method.condition.is_some() || !matches!(method.access, Access::Public | Access::Unspecified)
}
