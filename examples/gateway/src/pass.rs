//! Who calls is for the shop to find out.

use rsvc::{Access, Authenticator, Context, MethodInfo, Principal, Status};

/// The scope by which a caller meets the conditions of the shop, whatever the request.
const STAFF: &str = "orders.write";

/// Lets every caller with credentials pass: they travel on with the call, and the shop judges them.
///
/// Without credentials, the gateway refuses what the shop would refuse.
pub(crate) struct PassOn;

impl Authenticator for PassOn {
    async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
        if ctx.metadata().get("authorization").is_none() {
            return Ok(None);
        }
        let caller = Principal::new("somebody that the shop may know");
        // Whatever the method asks for; whether the caller really has it, the shop says.
        Ok(Some(match ctx.method() {
            Some(method) if method.has_condition() => caller.with_scopes([STAFF]),
            Some(MethodInfo { access: Access::Scopes { all_of, any_of }, .. }) => {
                caller.with_scopes(all_of.iter().chain(*any_of).copied())
            }
            _ => caller,
        }))
    }
}
