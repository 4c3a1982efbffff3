//! [`FirstOf`]: several authenticators, one after another.

use crate::access::{AnyAuthenticator, Authenticator, Challenge, Principal};
use crate::bridge::{Code, Status};
use crate::context::Context;

/// Several authenticators, one after another: the first that finds credentials of its kind decides.
///
/// Credentials that it finds wrong are an error and are not shown to the next. A caller who brings none is asked for any
/// of them: the challenges of all are sent.
///
/// ```
/// # use rsvc::{Authenticator, Context, Principal, Status};
/// # struct Tokens;
/// # impl Authenticator for Tokens {
/// #     async fn authenticate(&self, _: &Context) -> Result<Option<Principal>, Status> { Ok(None) }
/// # }
/// # struct Keys;
/// # impl Authenticator for Keys {
/// #     async fn authenticate(&self, _: &Context) -> Result<Option<Principal>, Status> { Ok(None) }
/// # }
/// use rsvc::auth::FirstOf;
///
/// let server = rsvc::Server::new().authenticator(FirstOf::new(Tokens).then(Keys));
/// ```
pub struct FirstOf {
    authenticators: Vec<Box<dyn AnyAuthenticator>>,
}

impl FirstOf {
    /// This one first.
    #[must_use]
    pub fn new(authenticator: impl Authenticator) -> Self {
        Self { authenticators: vec![Box::new(authenticator)] }
    }

    /// Adds one that is asked where those before it find no credentials.
    #[must_use]
    pub fn then(mut self, authenticator: impl Authenticator) -> Self {
        self.authenticators.push(Box::new(authenticator));
        self
    }

    /// The challenges of all.
    fn challenges(&self) -> Challenge {
        let challenges = self.authenticators.iter().map(|authenticator| authenticator.challenge());
        challenges.reduce(Challenge::and).expect("there is one at least")
    }
}

impl Authenticator for FirstOf {
    async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
        for authenticator in &self.authenticators {
            match authenticator.authenticate(ctx).await {
                Ok(None) => {}
                Err(mut status) if status.code() == Code::Unauthenticated => {
                    self.challenges().invalid_token(&authenticator.challenge()).add_to(&mut status);
                    return Err(status);
                }
                decided => return decided,
            }
        }
        Ok(None)
    }

    fn challenge(&self) -> Challenge {
        self.challenges()
    }
}

impl std::fmt::Debug for FirstOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirstOf").field("challenge", &self.challenges().to_string()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    /// Knows one value of one header, and counts nothing else as its own.
    struct Known(&'static str, &'static str);

    impl Authenticator for Known {
        async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
            match ctx.metadata_str(self.0) {
                None => Ok(None),
                Some("down") => Err(Status::unavailable("")),
                Some(value) if value == self.1 => Ok(Some(Principal::new(self.0))),
                Some(_) => Err(Status::unauthenticated("wrong")),
            }
        }

        fn challenge(&self) -> Challenge {
            if self.0 == "a" { Challenge::bearer() } else { Challenge::new(self.0) }
        }
    }

    fn outcome(pairs: &[(&str, &str)]) -> Result<Option<String>, (Code, Vec<String>)> {
        let chain = FirstOf::new(Known("a", "1")).then(Known("b", "2")).then(Known("c", "3"));
        let mut ctx = Context::new();
        for (key, value) in pairs {
            ctx = ctx.with_metadata(key, *value).unwrap();
        }
        let outcome = Authenticator::authenticate(&chain, &ctx).now_or_never().unwrap();
        outcome.map(|who| who.map(|who| who.subject().to_owned())).map_err(|status| {
            let challenges = status.metadata().as_ref().get_all("www-authenticate");
            (status.code(), challenges.iter().map(|value| value.to_str().unwrap().to_owned()).collect())
        })
    }

    #[test]
    fn the_first_that_finds_its_credentials_decides() {
        assert_eq!(outcome(&[]), Ok(None));
        assert_eq!(outcome(&[("a", "1"), ("b", "wrong")]), Ok(Some("a".to_owned())));
        assert_eq!(outcome(&[("b", "2")]), Ok(Some("b".to_owned())));
        assert_eq!(outcome(&[("c", "3")]), Ok(Some("c".to_owned())));
        let asked = |challenges: [&str; 3]| challenges.map(str::to_owned).to_vec();
        // The right ones of the next are no help.
        let wrong = asked([r#"Bearer error="invalid_token""#, "b", "c"]);
        assert_eq!(outcome(&[("a", "wrong"), ("b", "2")]), Err((Code::Unauthenticated, wrong)));
        let wrong = asked(["Bearer", "b", "c"]);
        assert_eq!(outcome(&[("b", "wrong"), ("c", "3")]), Err((Code::Unauthenticated, wrong)));
        assert_eq!(outcome(&[("b", "down"), ("c", "3")]), Err((Code::Unavailable, Vec::new())));
    }

    #[test]
    fn all_are_asked_for() {
        let chain = FirstOf::new(Known("a", "1")).then(Known("b", "2"));
        assert_eq!(Authenticator::challenge(&chain).to_string(), "Bearer, b");
    }
}
