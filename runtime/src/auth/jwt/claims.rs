//! What a token says: tests of its claims, and the principal that they make.

use std::any::Any;
use std::time::{Duration, SystemTime};

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};

use super::error::Reason;
use crate::json::{Json, ReadOptions};
use crate::message;
use crate::principal::Principal;

/// The time that clocks may differ by, unless somebody says otherwise.
const LEEWAY: Duration = Duration::from_mins(1);

/// Adds the claims of a payload to a principal, as a type of the user's.
type AddClaims = fn(&[u8], Principal) -> Result<Principal, Reason>;

/// What is demanded of claims, and how they are read.
pub(super) struct Demands {
    pub(super) issuers: Vec<String>,
    pub(super) audiences: Vec<String>,
    pub(super) any_audience: bool,
    pub(super) leeway: Duration,
    pub(super) needs_expiry: bool,
    pub(super) required: Vec<String>,
    pub(super) subject: String,
    /// Empty for those by custom.
    pub(super) scopes: Vec<String>,
    pub(super) add_claims: Option<AddClaims>,
}

impl Default for Demands {
    fn default() -> Self {
        Self {
            issuers: Vec::new(),
            audiences: Vec::new(),
            any_audience: false,
            leeway: LEEWAY,
            needs_expiry: true,
            required: Vec::new(),
            subject: "sub".to_owned(),
            scopes: Vec::new(),
            add_claims: None,
        }
    }
}

impl Demands {
    /// Who the caller is, by the payload of a token whose signature is right.
    pub(super) fn principal(&self, payload: &[u8], now: SystemTime) -> Result<Principal, Reason> {
        let claims: Struct = message::from_json(payload, &ReadOptions::new()).map_err(|_| Reason::Payload)?;
        self.test(&claims, now)?;
        let subject = match find(&claims, &self.subject) {
            Some(Kind::StringValue(subject)) if !subject.is_empty() => subject.as_str(),
            Some(_) => return Err(Reason::Claims),
            None => return Err(Reason::Missing),
        };
        let principal = Principal::new(subject).with_scopes(self.scopes_of(&claims));
        match self.add_claims {
            None => Ok(principal.with_claims(claims)),
            Some(add) => add(payload, principal),
        }
    }

    fn test(&self, claims: &Struct, now: SystemTime) -> Result<(), Reason> {
        if self.required.iter().any(|name| find(claims, name).is_none()) {
            return Err(Reason::Missing);
        }
        let now = now.duration_since(SystemTime::UNIX_EPOCH).map_err(|_| Reason::NotYet)?.as_secs_f64();
        let leeway = self.leeway.as_secs_f64();
        match time(claims, "exp")? {
            None if self.needs_expiry => return Err(Reason::Missing),
            Some(expiry) if now >= expiry + leeway => return Err(Reason::Expired),
            _ => {}
        }
        if time(claims, "nbf")?.is_some_and(|start| now + leeway < start) {
            return Err(Reason::NotYet);
        }
        if !self.issuers.is_empty() {
            match claim(claims, "iss") {
                Some(Kind::StringValue(issuer)) if self.issuers.contains(issuer) => {}
                _ => return Err(Reason::Issuer),
            }
        }
        let is_audience = |audience: &String| self.audiences.contains(audience);
        let is_for_us = match claim(claims, "aud") {
            _ if self.any_audience => true,
            // RFC 7519, section 4.1.3: a token that names its audience is not for others.
            None => self.audiences.is_empty(),
            Some(Kind::StringValue(audience)) => is_audience(audience),
            Some(Kind::ListValue(list)) => texts(list).any(is_audience),
            Some(_) => false,
        };
        if is_for_us { Ok(()) } else { Err(Reason::Audience) }
    }

    fn scopes_of(&self, claims: &Struct) -> Vec<String> {
        let by_custom = ["scope", "scp"];
        let named: Vec<&str> = if self.scopes.is_empty() {
            by_custom.to_vec()
        } else {
            self.scopes.iter().map(String::as_str).collect()
        };
        let mut scopes = Vec::new();
        for kind in named.into_iter().filter_map(|name| find(claims, name)) {
            match kind {
                Kind::StringValue(text) => scopes.extend(text.split_ascii_whitespace().map(str::to_owned)),
                Kind::ListValue(list) => scopes.extend(texts(list).cloned()),
                _ => {}
            }
        }
        scopes
    }
}

/// The claims as a message, by ProtoJSON; what it has no fields for is ignored.
pub(super) fn add_message<M>(payload: &[u8], principal: Principal) -> Result<Principal, Reason>
where
    M: Json + Default + Any + Send + Sync,
{
    let claims: M =
        message::from_json(payload, &ReadOptions::new().ignore_unknown(true)).map_err(|_| Reason::Claims)?;
    Ok(principal.with_claims(claims))
}

/// The claims as a type of serde.
pub(super) fn add_serde<T>(payload: &[u8], principal: Principal) -> Result<Principal, Reason>
where
    T: serde::de::DeserializeOwned + Any + Send + Sync,
{
    let claims: T = serde_json::from_slice(payload).map_err(|_| Reason::Claims)?;
    Ok(principal.with_claims(claims))
}

fn claim<'a>(claims: &'a Struct, name: &str) -> Option<&'a Kind> {
    claims.fields.get(name)?.kind.as_ref().filter(|kind| !matches!(kind, Kind::NullValue(_)))
}

/// The claim of that name or, if there is none, at that path: names with dots between.
fn find<'a>(claims: &'a Struct, path: &str) -> Option<&'a Kind> {
    if let found @ Some(_) = claim(claims, path) {
        return found;
    }
    let (first, rest) = path.split_once('.')?;
    match claim(claims, first)? {
        Kind::StructValue(inner) => find(inner, rest),
        _ => None,
    }
}

/// Seconds since 1970, with a fraction or without.
fn time(claims: &Struct, name: &str) -> Result<Option<f64>, Reason> {
    match claim(claims, name) {
        None => Ok(None),
        Some(Kind::NumberValue(seconds)) => Ok(Some(*seconds)),
        Some(_) => Err(Reason::Claims),
    }
}

fn texts(list: &ListValue) -> impl Iterator<Item = &String> {
    list.values.iter().filter_map(|value: &Value| match &value.kind {
        Some(Kind::StringValue(text)) => Some(text),
        _ => None,
    })
}
