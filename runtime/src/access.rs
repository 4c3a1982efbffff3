//! Who calls, and whether they may.

use std::any::Any;
use std::fmt;

use crate::bridge::Status;
use crate::challenge;
use crate::context::Context;
use crate::method::{Access, MethodInfo};

pub use crate::challenge::Challenge;
pub use crate::principal::Principal;

/// Finds out who calls.
///
/// It is asked before the request message is read, for every method that is not declared public. `Ok(None)` means
/// that the call brings no credentials: it is refused with `UNAUTHENTICATED`. Credentials that are present but wrong
/// are an error, by custom [`Status::unauthenticated`].
///
/// A tower layer may take its place: a [`Principal`] among the extensions of the request counts as authenticated. The
/// server is told of it by [`Server::authenticated_by_layers`](crate::Server::authenticated_by_layers).
///
/// ```
/// use rsvc::{Authenticator, Context, Principal, Status};
///
/// struct Tokens;
///
/// impl Authenticator for Tokens {
///     async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
///         match ctx.metadata_str("authorization") {
///             None => Ok(None),
///             Some("Bearer 42") => Ok(Some(Principal::new("ann"))),
///             Some(_) => Err(Status::unauthenticated("unknown token")),
///         }
///     }
/// }
/// ```
pub trait Authenticator: Send + Sync + 'static {
    /// Says who makes the call that `ctx` describes.
    fn authenticate(&self, ctx: &Context) -> impl Future<Output = Result<Option<Principal>, Status>> + Send;

    /// What callers are asked for who bring no credentials, or wrong ones: a bearer token, unless it says otherwise.
    fn challenge(&self) -> Challenge {
        Challenge::bearer()
    }
}

/// [`Authenticator`] without its type.
pub(crate) trait AnyAuthenticator: Send + Sync + 'static {
    fn authenticate<'a>(
        &'a self,
        ctx: &'a Context,
    ) -> futures_util::future::BoxFuture<'a, Result<Option<Principal>, Status>>;

    fn challenge(&self) -> Challenge;
}

impl<A: Authenticator> AnyAuthenticator for A {
    fn authenticate<'a>(
        &'a self,
        ctx: &'a Context,
    ) -> futures_util::future::BoxFuture<'a, Result<Option<Principal>, Status>> {
        Box::pin(Authenticator::authenticate(self, ctx))
    }

    fn challenge(&self) -> Challenge {
        Authenticator::challenge(self)
    }
}

/// What a server asks callers for.
#[cold]
pub(crate) fn challenge_of(authenticator: Option<&dyn AnyAuthenticator>) -> Challenge {
    authenticator.map_or_else(Challenge::bearer, AnyAuthenticator::challenge)
}

/// Whether all may call a method without anybody asking who they are. `default_deny` says whether a method that
/// declares no access needs an authenticated caller.
pub(crate) fn is_open(method: &MethodInfo, default_deny: bool) -> bool {
    match method.access {
        _ if method.condition.is_some() => false,
        Access::Public => true,
        Access::Unspecified => !default_deny,
        Access::Authenticated | Access::Scopes { .. } => false,
    }
}

/// Lets a call of a method that is not open pass, or refuses it. What is declared and cannot be shown is refused.
pub(crate) async fn authorize(
    method: &MethodInfo,
    ctx: &Context,
    authenticator: Option<&dyn AnyAuthenticator>,
) -> Result<(), Status> {
    if let Some(authenticator) = authenticator
        && ctx.principal().is_none()
        && let Some(principal) = authenticator
            .authenticate(ctx)
            .await
            .map_err(|status| challenge::refused(status, || authenticator.challenge()))?
    {
        ctx.authenticated_as(principal);
    }
    let principal = known(method, ctx)?;
    let Access::Scopes { all_of, any_of } = method.access else { return Ok(()) };
    if let Some(missing) = all_of.iter().find(|scope| !principal.has_scope(scope)) {
        let status = Status::permission_denied(format!("{} needs the scope `{missing}`", Quoted(method)));
        return Err(challenge::lacks_scope(status, challenge_of(authenticator), all_of));
    }
    if !any_of.is_empty() && !any_of.iter().any(|scope| principal.has_scope(scope)) {
        let names = any_of.join("`, `");
        let status =
            Status::permission_denied(format!("{} needs one of the scopes `{names}`", Quoted(method)));
        return Err(challenge::lacks_scope(status, challenge_of(authenticator), all_of.iter().chain(any_of)));
    }
    Ok(())
}

/// The caller of a method that needs one.
fn known<'c>(method: &MethodInfo, ctx: &'c Context) -> Result<&'c Principal, Status> {
    ctx.principal()
        .ok_or_else(|| Status::unauthenticated(format!("{} needs an authenticated caller", Quoted(method))))
}

/// Lets a call pass whose method has a condition, or refuses it, and tells nothing of the condition. It is asked with
/// every request; the first one decides.
#[inline(never)]
pub(crate) fn permit(method: &MethodInfo, ctx: &Context, request: &dyn Any) -> Result<(), Status> {
    let Some(condition) = method.condition else { return Ok(()) };
    if ctx.is_permitted() {
        return Ok(());
    }
    let principal = known(method, ctx)?;
    let holds = condition(&principal.calling(request, ctx.metadata().as_ref())).unwrap_or_else(|error| {
        tracing::warn!(method = method.path, %error, "whether a call is allowed could not be told");
        false
    });
    if !holds {
        return Err(denied(method));
    }
    ctx.permit();
    Ok(())
}

/// The answer to a call that does not meet its condition.
pub(crate) fn denied(method: &MethodInfo) -> Status {
    Status::permission_denied(format!("{} is not allowed for this caller", Quoted(method)))
}

struct Quoted<'a>(&'a MethodInfo);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}.{}`", self.0.service, self.0.name)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::bridge::{Code, MetadataMap};
    use crate::method::MethodKind;

    const BASE: MethodInfo = MethodInfo::new("a.B", "C", "/a.B/C", MethodKind::Unary);
    const PUBLIC: MethodInfo = BASE.access(Access::Public);
    const AUTHENTICATED: MethodInfo = BASE.access(Access::Authenticated);
    const ALL: MethodInfo = BASE.access(Access::Scopes { all_of: &["a", "b", "c"], any_of: &[] });
    const ANY: MethodInfo = BASE.access(Access::Scopes { all_of: &[], any_of: &["a", "b", "c"] });
    const BOTH: MethodInfo = BASE.access(Access::Scopes { all_of: &["a"], any_of: &["b", "c"] });

    /// Knows the caller that the header `who` names, and refuses `nobody`.
    struct Names;

    impl Authenticator for Names {
        async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
            match ctx.metadata_str("who") {
                Some("nobody") => Err(Status::unauthenticated("nobody")),
                Some(who) => Ok(Some(Principal::new(who).with_scopes(who.split('-')))),
                None => Ok(None),
            }
        }
    }

    fn call(who: Option<&str>) -> Context {
        let mut headers = http::HeaderMap::new();
        headers.extend(who.map(|who| (http::HeaderName::from_static("who"), who.parse().unwrap())));
        let metadata = MetadataMap::from_headers(headers);
        Context::arrived(&BASE, metadata, http::Extensions::new(), None, None, None)
    }

    /// What becomes of a call: the caller that the handler sees, or the code.
    fn outcome(
        method: &MethodInfo,
        ctx: &Context,
        authenticator: Option<&dyn AnyAuthenticator>,
    ) -> Result<Option<String>, Code> {
        let authorized = authorize(method, ctx, authenticator).now_or_never();
        authorized.expect("it waits for nothing").map_err(|status| status.code())?;
        Ok(ctx.principal().map(|principal| principal.subject().to_owned()))
    }

    #[test]
    fn whoever_is_named_is_asked_for() {
        for (method, who, expected) in [
            // A method that declares nothing is like one that needs a caller.
            (&BASE, Some("nobody"), Err(Code::Unauthenticated)),
            (&BASE, Some("ann"), Ok(Some("ann"))),
            (&BASE, None, Err(Code::Unauthenticated)),
            (&AUTHENTICATED, Some("ann"), Ok(Some("ann"))),
            (&AUTHENTICATED, None, Err(Code::Unauthenticated)),
            (&AUTHENTICATED, Some("nobody"), Err(Code::Unauthenticated)),
            (&ALL, None, Err(Code::Unauthenticated)),
        ] {
            let expected = expected.map(|who: Option<&str>| who.map(str::to_owned));
            assert_eq!(outcome(method, &call(who), Some(&Names)), expected, "{method:?} {who:?}");
        }
    }

    #[test]
    fn every_scope_counts() {
        for (method, who, allowed) in [
            (&ALL, "a-b-c", true),
            (&ALL, "b-c", false),
            (&ALL, "a-c", false),
            (&ALL, "a-b", false),
            (&ANY, "a", true),
            (&ANY, "b", true),
            (&ANY, "c", true),
            (&ANY, "d", false),
            (&BOTH, "a-b", true),
            (&BOTH, "a-c", true),
            (&BOTH, "a", false),
            (&BOTH, "b-c", false),
        ] {
            let expected = if allowed { Ok(Some(who.to_owned())) } else { Err(Code::PermissionDenied) };
            assert_eq!(outcome(method, &call(Some(who)), Some(&Names)), expected, "{method:?} {who}");
        }
    }

    #[test]
    fn a_caller_who_is_known_is_not_asked_again() {
        for who in ["nobody", "ann"] {
            let ctx = call(Some(who)).with_principal(Principal::new("layer"));
            assert_eq!(outcome(&AUTHENTICATED, &ctx, Some(&Names)), Ok(Some("layer".to_owned())));
        }
    }

    #[test]
    fn without_an_authenticator_all_are_refused_but_callers_of_a_layer() {
        for method in [&BASE, &AUTHENTICATED, &ALL, &ANY] {
            assert_eq!(outcome(method, &call(Some("ann")), None), Err(Code::Unauthenticated), "{method:?}");
            let ctx = call(None).with_principal(Principal::new("layer").with_scopes(["a", "b", "c"]));
            assert_eq!(outcome(method, &ctx, None), Ok(Some("layer".to_owned())), "{method:?}");
        }
    }

    const NAMED: MethodInfo = BASE.condition(|call| match call.request::<&str>() {
        &"fails" => call.claims::<u8>().map(|_| true),
        name => Ok(name == call.subject()),
    });

    #[test]
    fn the_first_request_decides_whether_a_condition_is_met() {
        let ctx = || call(None).with_principal(Principal::new("ann"));
        let first = ctx();
        assert_eq!(permit(&NAMED, &first, &"ann").map_err(|status| status.code()), Ok(()));
        assert_eq!(permit(&NAMED, &first, &"bob").map_err(|status| status.code()), Ok(()));
        for request in ["bob", "fails"] {
            let status = permit(&NAMED, &ctx(), &request).unwrap_err();
            assert_eq!(
                (status.code(), status.message()),
                (Code::PermissionDenied, "`a.B.C` is not allowed for this caller")
            );
        }
        let status = permit(&NAMED, &call(None), &"ann").unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
        assert!(permit(&BASE, &call(None), &"bob").is_ok(), "it has no condition");
    }

    #[test]
    fn only_what_all_may_call_is_open() {
        for (method, expected) in [
            // Where nobody authenticates, and where somebody does.
            (&PUBLIC, [true, true]),
            (&BASE, [true, false]),
            (&AUTHENTICATED, [false, false]),
            (&ALL, [false, false]),
            // A condition speaks of a caller.
            (&NAMED, [false, false]),
        ] {
            assert_eq!([false, true].map(|deny| is_open(method, deny)), expected, "{method:?}");
        }
    }
}
