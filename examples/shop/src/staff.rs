//! Who calls the shop: its staff, by one token, and whoever has a token of an issuer.

use std::time::Duration;

use rsvc::auth::FirstOf;
use rsvc::auth::jwt::{Jwt, JwtError, Keys};
use rsvc::{Authenticator, Context, Principal, Status};

/// Who signs tokens for the shop.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// Where its keys are, a JWK set.
    pub jwks: String,
    /// Its name, the claim `iss`.
    pub name: String,
    /// The name of the shop in its tokens, the claim `aud`.
    pub audience: String,
    /// How often its keys are fetched; otherwise as often as `rsvc` does.
    pub refresh: Option<Duration>,
}

impl Issuer {
    fn tokens(&self) -> Result<Jwt, JwtError> {
        let mut keys = Keys::url(&self.jwks);
        if let Some(refresh) = self.refresh {
            keys = keys.refresh_every(refresh).refetch_after(refresh);
        }
        Jwt::new(keys).issuer(&self.name).audience(&self.audience).build()
    }
}

/// The token of the staff, and those of the issuer if there is one.
pub(crate) fn authenticator(token: &str, issuer: Option<&Issuer>) -> Result<FirstOf, JwtError> {
    let staff = Staff { credentials: format!("Bearer {token}"), is_alone: issuer.is_none() };
    let chain = FirstOf::new(staff);
    Ok(match issuer {
        None => chain,
        Some(issuer) => chain.then(issuer.tokens()?),
    })
}

/// Knows the staff by one token, so that the shop can be tried without an issuer.
struct Staff {
    credentials: String,
    /// Whether every other token is wrong, or may be one of the issuer.
    is_alone: bool,
}

impl Authenticator for Staff {
    async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
        match ctx.metadata_str("authorization") {
            Some(credentials) if same(credentials.as_bytes(), self.credentials.as_bytes()) => {
                Ok(Some(Principal::new("staff").with_scopes(["users.delete", "orders.write"])))
            }
            Some(_) if self.is_alone => Err(Status::unauthenticated("unknown token")),
            // None at all, or one that may be the issuer's.
            None | Some(_) => Ok(None),
        }
    }
}

/// Compares all the bytes, so that the time it takes does not tell how many were right.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).fold(0, |differences, (l, r)| differences | (l ^ r)) == 0
}
