//! Who may call, as OpenAPI says it.

use std::collections::BTreeMap;

use utoipa::openapi::RefOr;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, HttpBuilder, OpenIdConnect, SecurityRequirement,
    SecurityScheme,
};

use crate::model::openapi::{self as model, SchemeKind};
use crate::model::{Access, Method, Schema, ServiceId};

/// The scheme of a document that names none: most authenticators read a bearer token.
const DEFAULT: &str = "bearer";

/// How callers say who they are. Which authenticator a program has is known only when it runs.
pub(super) struct Security {
    schemes: BTreeMap<String, RefOr<SecurityScheme>>,
}

impl Security {
    /// Of services of which none says who may call it, nothing is known.
    pub(super) fn new(schema: &Schema, services: &[ServiceId]) -> Self {
        let said = model::described(schema, services).map_or(&[][..], |said| &said.security_schemes);
        if !said.is_empty() {
            return Self {
                schemes: said.iter().map(|said| (said.name.clone(), RefOr::T(scheme(said)))).collect(),
            };
        }
        let methods = services.iter().flat_map(|id| &schema.services[*id].methods);
        let is_declared =
            methods.into_iter().any(|method| !matches!(schema.methods[*method].access, Access::Unspecified));
        let mut schemes = BTreeMap::new();
        if is_declared {
            schemes.insert(DEFAULT.to_owned(), RefOr::T(SecurityScheme::Http(bearer("JWT", None))));
        }
        Self { schemes }
    }

    /// Whether a call of the method is refused if nobody is known to make it. A server that knows its callers asks for one
    /// where nothing is declared.
    pub(super) fn needs_caller(&self, method: &Method) -> bool {
        match method.access {
            Access::Public => false,
            Access::Unspecified => !self.schemes.is_empty(),
            Access::Authenticated | Access::Scopes { .. } => true,
        }
    }

    /// What a call of the method needs: each entry is enough.
    pub(super) fn requirements(&self, method: &Method) -> Vec<SecurityRequirement> {
        if !self.needs_caller(method) {
            return Vec::new();
        }
        let scopes: Vec<Vec<&String>> = match &method.access {
            Access::Scopes { all_of, any_of } if any_of.is_empty() => vec![all_of.iter().collect()],
            Access::Scopes { all_of, any_of } => {
                any_of.iter().map(|one| all_of.iter().chain([one]).collect()).collect()
            }
            _ => vec![Vec::new()],
        };
        let of_scheme = |name: &String| {
            scopes
                .iter()
                .map(|scopes| SecurityRequirement::new(name, scopes.iter().copied()))
                .collect::<Vec<_>>()
        };
        self.schemes.keys().flat_map(of_scheme).collect()
    }

    /// Whether nothing is known of who may call.
    pub(super) fn is_open(&self) -> bool {
        self.schemes.is_empty()
    }

    /// The schemes as components.
    pub(super) fn schemes(&self) -> BTreeMap<String, RefOr<SecurityScheme>> {
        self.schemes.clone()
    }
}

fn scheme(said: &model::SecurityScheme) -> SecurityScheme {
    let description = said.description.clone();
    match &said.kind {
        SchemeKind::Bearer(format) => SecurityScheme::Http(bearer(format, description)),
        SchemeKind::ApiKey(header) => {
            let mut key = ApiKeyValue::new(header);
            key.description = description;
            SecurityScheme::ApiKey(ApiKey::Header(key))
        }
        SchemeKind::MutualTls => {
            SecurityScheme::MutualTls { description, deprecated: None, extensions: None }
        }
        SchemeKind::OpenIdConnect(url) => {
            let mut provider = OpenIdConnect::new(url);
            provider.description = description;
            SecurityScheme::OpenIdConnect(provider)
        }
    }
}

fn bearer(format: &str, description: Option<String>) -> Http {
    HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format(format).description(description).build()
}
