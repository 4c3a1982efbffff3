//! What OpenAPI documents say of a package: `rsvc.v1.OpenApi`.

use serde_json::Value;

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
    pub overlay: Option<Value>,
}

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
