//! The condition of a method (`access: { cel: "…" }`), as generated code has it.

use std::any::Any;
use std::collections::HashMap;

use http::HeaderMap;

use crate::cel;

/// Whether a call may go on; an error if that cannot be told.
pub type Condition = fn(&GuardedCall<'_>) -> Result<bool, cel::Error>;

/// A call as its condition sees it; for generated code.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct GuardedCall<'a> {
    pub(crate) request: &'a dyn Any,
    pub(crate) subject: &'a String,
    pub(crate) scopes: &'a Vec<String>,
    pub(crate) claims: Option<&'a (dyn Any + Send + Sync)>,
    pub(crate) headers: &'a HeaderMap,
}

impl<'a> GuardedCall<'a> {
    /// The request, which is of the type that its method has.
    ///
    /// # Panics
    /// If it is of another one.
    pub fn request<T: Any>(&self) -> &'a T {
        self.request.downcast_ref().expect("a method gets requests of its own type")
    }

    /// The name of the caller.
    pub fn subject(&self) -> &'a String {
        self.subject
    }

    /// The scopes of the caller, sorted.
    pub fn scopes(&self) -> &'a Vec<String> {
        self.scopes
    }

    /// The claims of the caller.
    ///
    /// # Errors
    /// There are none, or they are of another type.
    pub fn claims<T: Any>(&self) -> Result<&'a T, cel::Error> {
        const OTHER: cel::Error =
            cel::Error::new("the claims of the caller are not of the type that the method reads");
        self.claims.and_then(|claims| claims.downcast_ref()).ok_or(OTHER)
    }

    /// The metadata of the request, without binary values: names in lower case, several values of a name joined.
    pub fn metadata(&self) -> HashMap<String, String> {
        let mut all: HashMap<String, String> = HashMap::with_capacity(self.headers.keys_len());
        for (name, value) in self.headers {
            if name.as_str().ends_with("-bin") {
                continue;
            }
            let value = String::from_utf8_lossy(value.as_bytes());
            match all.get_mut(name.as_str()) {
                Some(joined) => {
                    joined.push_str(", ");
                    joined.push_str(&value);
                }
                None => {
                    all.insert(name.as_str().to_owned(), value.into_owned());
                }
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_text_by_names_in_lower_case() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("X-Tenant", &b"a"[..]),
            ("x-many", b"1"),
            ("x-many", b"2, 3"),
            ("x-data-bin", b"AA"),
            ("x-odd", b"\xff!"),
        ] {
            headers.append(name.parse::<http::HeaderName>().unwrap(), value.try_into().unwrap());
        }
        let (subject, scopes) = (String::new(), Vec::new());
        let call =
            GuardedCall { request: &(), subject: &subject, scopes: &scopes, claims: None, headers: &headers };
        let expected = [("x-tenant", "a"), ("x-many", "1, 2, 3"), ("x-odd", "\u{fffd}!")];
        assert_eq!(call.metadata(), expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
    }

    #[test]
    fn claims_have_one_type() {
        let (subject, scopes, headers) = (String::new(), Vec::new(), HeaderMap::new());
        let call = |claims| GuardedCall {
            request: &(),
            subject: &subject,
            scopes: &scopes,
            claims,
            headers: &headers,
        };
        assert_eq!(call(Some(&7_u8)).claims::<u8>(), Ok(&7));
        assert!(call(Some(&7_u8)).claims::<u16>().is_err() && call(None).claims::<u8>().is_err());
    }
}
