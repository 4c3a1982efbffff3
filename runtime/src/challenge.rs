//! [`Challenge`]: what a caller is asked for, in the words of `WWW-Authenticate`.

use std::borrow::Cow;

use http::HeaderValue;
use http::header::WWW_AUTHENTICATE;

use crate::bridge::{Code, Status};
use crate::context::Context;

/// What an [`Authenticator`](crate::Authenticator) asks for: the value of `WWW-Authenticate`
/// ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110.html#field.www-authenticate), section 11.6.1).
///
/// Every `UNAUTHENTICATED` answer has it, in every protocol: REST and unary Connect as a header, gRPC, gRPC-Web and
/// the streams of Connect as metadata. A challenge of the scheme `Bearer` says more by
/// [RFC 6750](https://www.rfc-editor.org/rfc/rfc6750.html#section-3), section 3: `error="invalid_token"` if there were
/// credentials and they were wrong, and `error="insufficient_scope"` with the scopes that are enough, on
/// `PERMISSION_DENIED` for want of a scope.
///
/// ```
/// use rsvc::access::Challenge;
///
/// let challenge = Challenge::bearer().realm("shop").and(Challenge::new("Basic").realm("shop"));
/// assert_eq!(challenge.to_string(), r#"Bearer realm="shop", Basic realm="shop""#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    schemes: Vec<Scheme>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Scheme {
    name: Cow<'static, str>,
    parameters: Vec<(Cow<'static, str>, String)>,
}

const BEARER: &str = "Bearer";

impl Challenge {
    /// Credentials of a scheme. What may not stand in its name is dropped.
    #[must_use]
    pub fn new(scheme: impl Into<Cow<'static, str>>) -> Self {
        Self { schemes: vec![Scheme { name: token(scheme.into()), parameters: Vec::new() }] }
    }

    /// A bearer token.
    #[must_use]
    pub fn bearer() -> Self {
        Self::new(BEARER)
    }

    /// Names what the credentials are for.
    #[must_use]
    pub fn realm(self, realm: impl Into<String>) -> Self {
        self.parameter("realm", realm)
    }

    /// Adds a parameter to the scheme that was named last. Control characters are dropped.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        if let Some(scheme) = self.schemes.last_mut() {
            scheme.parameters.push((token(name.into()), value.into()));
        }
        self
    }

    /// These credentials or others. What both ask for is there once.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for scheme in other.schemes {
            if !self.schemes.contains(&scheme) {
                self.schemes.push(scheme);
            }
        }
        self
    }

    /// The same for a caller whose credentials for `wrong`, a part of it, were wrong.
    pub(crate) fn invalid_token(mut self, wrong: &Self) -> Self {
        for scheme in &mut self.schemes {
            if !scheme.is_bearer() || !wrong.schemes.contains(scheme) {
                continue;
            }
            scheme.parameters.push(("error".into(), "invalid_token".to_owned()));
        }
        self
    }

    /// The same for a caller whose token lacks a scope.
    fn insufficient_scope(mut self, scopes: &str) -> Self {
        self.schemes.retain(Scheme::is_bearer);
        for scheme in &mut self.schemes {
            scheme.parameters.push(("error".into(), "insufficient_scope".to_owned()));
            // RFC 6750 has a narrower set of characters than scopes here may have.
            if scopes.bytes().all(|byte| matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~')) {
                scheme.parameters.push(("scope".into(), scopes.to_owned()));
            }
        }
        self
    }

    /// Adds a value of `WWW-Authenticate` for each scheme.
    #[cold]
    pub(crate) fn add_to(&self, status: &mut Status) {
        for scheme in &self.schemes {
            let value = HeaderValue::try_from(scheme.to_string()).expect("tokens and quoted strings");
            status.metadata_mut().as_mut().append(WWW_AUTHENTICATE, value);
        }
    }
}

impl Scheme {
    fn is_bearer(&self) -> bool {
        self.name.eq_ignore_ascii_case(BEARER)
    }
}

/// As one value of the header.
impl std::fmt::Display for Challenge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, scheme) in self.schemes.iter().enumerate() {
            write!(f, "{}{scheme}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl std::fmt::Display for Scheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        for (index, (name, value)) in self.parameters.iter().enumerate() {
            write!(f, "{}{name}=\"", if index == 0 { " " } else { ", " })?;
            for character in value.chars().filter(|character| !character.is_control()) {
                if matches!(character, '"' | '\\') {
                    f.write_str("\\")?;
                }
                write!(f, "{character}")?;
            }
            f.write_str("\"")?;
        }
        Ok(())
    }
}

/// What of `text` may stand in a token of HTTP.
fn token(text: Cow<'static, str>) -> Cow<'static, str> {
    let is_of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if text.bytes().all(is_of_token) {
        return text;
    }
    text.chars()
        .filter(|character| u8::try_from(*character).is_ok_and(is_of_token))
        .collect::<String>()
        .into()
}

fn has_challenge(status: &Status) -> bool {
    status.metadata().as_ref().contains_key(WWW_AUTHENTICATE)
}

/// The error of an authenticator, with what it asks for.
#[cold]
pub(crate) fn refused(mut status: Status, challenge: impl FnOnce() -> Challenge) -> Status {
    if status.code() == Code::Unauthenticated && !has_challenge(&status) {
        let challenge = challenge();
        challenge.clone().invalid_token(&challenge).add_to(&mut status);
    }
    status
}

/// The error of a call whose caller lacks a scope, with scopes that are enough.
#[cold]
pub(crate) fn lacks_scope<'a>(
    mut status: Status,
    challenge: Challenge,
    scopes: impl IntoIterator<Item = &'a &'a str>,
) -> Status {
    let scopes: Vec<&str> = scopes.into_iter().copied().collect();
    challenge.insufficient_scope(&scopes.join(" ")).add_to(&mut status);
    status
}

/// Adds what is asked for to an error that says that the caller is not known, unless it says so itself.
#[cold]
pub(crate) fn complete(status: &mut Status, ctx: &Context, challenge: impl FnOnce() -> Challenge) {
    let is_answered = || {
        ctx.answer_headers().as_ref().contains_key(WWW_AUTHENTICATE)
            || ctx.answer_trailers().as_ref().contains_key(WWW_AUTHENTICATE)
    };
    if status.code() == Code::Unauthenticated && !has_challenge(status) && !is_answered() {
        challenge().add_to(status);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(status: &Status) -> Vec<&str> {
        let values = status.metadata().as_ref().get_all(WWW_AUTHENTICATE);
        values.iter().map(|value| value.to_str().unwrap()).collect()
    }

    #[test]
    fn only_bearer_tokens_have_codes() {
        let both = Challenge::bearer().realm("a \"b\"").and(Challenge::new("ApiKey"));
        let mut status = Status::unauthenticated("");
        both.clone().invalid_token(&both).add_to(&mut status);
        assert_eq!(values(&status), [r#"Bearer realm="a \"b\"", error="invalid_token""#, "ApiKey"]);
        assert_eq!(
            both.insufficient_scope("a b").to_string(),
            r#"Bearer realm="a \"b\"", error="insufficient_scope", scope="a b""#
        );
        // These are not scopes in OAuth.
        for scope in ["ä", "a\"b", "a\\b", "a\nb"] {
            assert_eq!(
                Challenge::bearer().insufficient_scope(scope).to_string(),
                r#"Bearer error="insufficient_scope""#
            );
        }
    }

    #[test]
    fn what_an_error_says_itself_stays() {
        let ctx = Context::new();
        let mut status = Status::unauthenticated("");
        Challenge::new("Digest").add_to(&mut status);
        complete(&mut status, &ctx, Challenge::bearer);
        assert_eq!(values(&status), ["Digest"]);
        ctx.set_header("www-authenticate", "Basic").unwrap();
        let mut status = Status::unauthenticated("");
        complete(&mut status, &ctx, Challenge::bearer);
        assert_eq!(values(&status), [""; 0]);
        let mut status = Status::permission_denied("");
        complete(&mut status, &Context::new(), Challenge::bearer);
        assert_eq!(values(&status), [""; 0]);
    }

    proptest! {
        #[test]
        fn all_texts_become_a_header(scheme: String, realm: String) {
            let mut status = Status::unauthenticated("");
            Challenge::new(scheme).realm(realm).add_to(&mut status);
            prop_assert_eq!(status.metadata().as_ref().get_all(WWW_AUTHENTICATE).iter().count(), 1);
        }
    }
}
