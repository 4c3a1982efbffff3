//! What OpenAPI documents say of a package, a service and a method: `rsvc.v1.OpenApi`, `DocumentTag`, `DocumentOperation`.

use super::{Method, Package, Schema, ServiceId};

/// What a document says of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenApi {
    pub title: Option<String>,
    pub version: Option<String>,
    pub description: Option<String>,
    pub terms_of_service: Option<String>,
    pub contact: Option<Contact>,
    pub license: Option<License>,
    pub servers: Vec<Link>,
    pub security_schemes: Vec<SecurityScheme>,
    pub external_docs: Option<Link>,
    /// What is merged into the document, by RFC 7396.
    pub overlay: Option<Overlay>,
}

/// An object. A generator without documents has none.
#[cfg(feature = "documents")]
pub type Overlay = serde_json::Value;
#[cfg(not(feature = "documents"))]
pub type Overlay = std::convert::Infallible;

/// Whom to ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    pub name: Option<String>,
    pub url: Option<String>,
    pub email: Option<String>,
}

/// A licence, by its SPDX identifier or by the address of its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct License {
    pub name: String,
    pub identifier: Option<String>,
    pub url: Option<String>,
}

/// An address, and what is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    pub url: String,
    pub description: Option<String>,
}

/// A way to say who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityScheme {
    /// Its name in the document.
    pub name: String,
    pub description: Option<String>,
    pub kind: SchemeKind,
}

/// How a caller says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemeKind {
    /// A token of this form in the header `Authorization`.
    Bearer(String),
    /// A key in this header.
    ApiKey(String),
    /// A certificate of the client.
    MutualTls,
    /// A token of the provider whose discovery document is at this address.
    OpenIdConnect(String),
}

/// What a document says of a service: `rsvc.v1.DocumentTag`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    pub name: Option<String>,
    pub description: Option<String>,
    pub external_docs: Option<Link>,
    /// Whether its methods are left out.
    pub hidden: bool,
}

/// What a document says of a method: `rsvc.v1.DocumentOperation`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operation {
    pub summary: Option<String>,
    pub description: Option<String>,
    pub id: Option<String>,
    /// In place of the tag of the service.
    pub tags: Vec<String>,
    pub external_docs: Option<Link>,
    /// Whether it is left out.
    pub hidden: bool,
    /// Whether the handler looks at `If-Match`.
    pub if_match: bool,
}

/// The packages of services, each once.
pub fn packages<'a>(schema: &'a Schema, services: &[ServiceId]) -> Vec<&'a Package> {
    let mut packages: Vec<&Package> = Vec::new();
    for service in services {
        let package = &schema.packages[schema.services[*service].package];
        if !packages.iter().any(|other| other.name == package.name) {
            packages.push(package);
        }
    }
    packages
}

/// What the first package of the services says of itself.
pub fn described<'a>(schema: &'a Schema, services: &[ServiceId]) -> Option<&'a OpenApi> {
    packages(schema, services).into_iter().find_map(|package| package.described.as_ref())
}

/// Whether documents have the method.
pub fn is_shown(schema: &Schema, method: &Method) -> bool {
    !method.openapi.hidden && !schema.services[method.service].openapi.hidden
}
