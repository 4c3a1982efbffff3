//! Who calls, and whether they may.

use std::fmt;

use crate::bridge::Status;
use crate::context::Context;
use crate::method::{Access, MethodInfo};

pub use crate::principal::Principal;

/// Finds out who calls.
///
/// It is asked before the request message is read, for every method that is not declared public. `Ok(None)` means
/// that the call brings no credentials; whether it may go on is for the method's `access` to say. Credentials that
/// are present but wrong are an error, by custom [`Status::unauthenticated`].
///
/// A tower layer may take its place: a [`Principal`] among the extensions of the request counts as authenticated.
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
}

/// [`Authenticator`] without its type.
pub(crate) trait AnyAuthenticator: Send + Sync + 'static {
    fn authenticate<'a>(
        &'a self,
        ctx: &'a Context,
    ) -> futures_util::future::BoxFuture<'a, Result<Option<Principal>, Status>>;
}

impl<A: Authenticator> AnyAuthenticator for A {
    fn authenticate<'a>(
        &'a self,
        ctx: &'a Context,
    ) -> futures_util::future::BoxFuture<'a, Result<Option<Principal>, Status>> {
        Box::pin(Authenticator::authenticate(self, ctx))
    }
}

/// Whether all may call a method without anybody asking who they are. `needs_caller` says whether it takes a known one
/// where a method says nothing of access.
pub(crate) fn is_open(
    method: &MethodInfo,
    authenticator: Option<&dyn AnyAuthenticator>,
    needs_caller: bool,
) -> bool {
    match method.access {
        Access::Public => true,
        Access::Unspecified => authenticator.is_none() && !needs_caller,
        Access::Authenticated | Access::Scopes { .. } => false,
    }
}

/// Lets a call pass or refuses it. What is declared and cannot be shown is refused.
pub(crate) async fn authorize(
    method: &MethodInfo,
    ctx: &Context,
    authenticator: Option<&dyn AnyAuthenticator>,
    needs_caller: bool,
) -> Result<(), Status> {
    if is_open(method, authenticator, needs_caller) {
        return Ok(());
    }
    if let Some(authenticator) = authenticator
        && ctx.principal().is_none()
        && let Some(principal) = authenticator.authenticate(ctx).await?
    {
        ctx.authenticated_as(principal);
    }
    let (all_of, any_of) = match method.access {
        Access::Unspecified if needs_caller => (&[][..], &[][..]),
        Access::Public | Access::Unspecified => return Ok(()),
        Access::Authenticated => (&[][..], &[][..]),
        Access::Scopes { all_of, any_of } => (all_of, any_of),
    };
    let Some(principal) = ctx.principal() else {
        return Err(Status::unauthenticated(format!("{} needs an authenticated caller", Quoted(method))));
    };
    if let Some(missing) = all_of.iter().find(|scope| !principal.has_scope(scope)) {
        return Err(Status::permission_denied(format!("{} needs the scope `{missing}`", Quoted(method))));
    }
    if !any_of.is_empty() && !any_of.iter().any(|scope| principal.has_scope(scope)) {
        let any_of = any_of.join("`, `");
        return Err(Status::permission_denied(format!(
            "{} needs one of the scopes `{any_of}`",
            Quoted(method)
        )));
    }
    Ok(())
}

struct Quoted<'a>(&'a MethodInfo);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}.{}`", self.0.service, self.0.name)
    }
}
