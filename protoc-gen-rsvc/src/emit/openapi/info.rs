//! What a document says of itself, and of each service.

use utoipa::openapi::external_docs::ExternalDocsBuilder;
use utoipa::openapi::info::{Contact, ContactBuilder, License, LicenseBuilder};
use utoipa::openapi::server::ServerBuilder;
use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{ExternalDocs, Info, InfoBuilder, Server};

use crate::emit::docs;
use crate::model::openapi::{self as model, OpenApi};
use crate::model::{Package, Schema, ServiceId};

/// The version of an interface that says none.
const UNVERSIONED: &str = "0.0.0";

/// The packages of services, each once.
pub(super) fn packages<'a>(schema: &'a Schema, services: &[ServiceId]) -> Vec<&'a Package> {
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
pub(super) fn described<'a>(schema: &'a Schema, services: &[ServiceId]) -> Option<&'a OpenApi> {
    packages(schema, services).into_iter().find_map(|package| package.described.as_ref())
}

/// The title is what the services have in common: their package, or their names.
pub(super) fn info(schema: &Schema, services: &[ServiceId]) -> Info {
    let none = OpenApi::default();
    let said = described(schema, services).unwrap_or(&none);
    let comments =
        packages(schema, services).into_iter().find_map(|package| docs::markdown(&package.comments));
    InfoBuilder::new()
        .title(said.title.clone().unwrap_or_else(|| title(schema, services)))
        .version(said.version.as_deref().unwrap_or(UNVERSIONED))
        .description(said.description.clone().or(comments))
        .terms_of_service(said.terms_of_service.clone())
        .contact(said.contact.as_ref().map(contact))
        .license(said.license.as_ref().map(license))
        .build()
}

fn contact(contact: &model::Contact) -> Contact {
    ContactBuilder::new()
        .name(contact.name.clone())
        .url(contact.url.clone())
        .email(contact.email.clone())
        .build()
}

fn license(license: &model::License) -> License {
    LicenseBuilder::new()
        .name(&license.name)
        .identifier(license.identifier.clone())
        .url(license.url.clone())
        .build()
}

fn title(schema: &Schema, services: &[ServiceId]) -> String {
    match (services, &*packages(schema, services)) {
        ([service], _) => schema.services[*service].full_name.clone(),
        (_, [package]) if !package.name.is_empty() => package.name.clone(),
        _ => "API".to_owned(),
    }
}

/// Where the interface is served: if nothing is said, where the document comes from.
pub(super) fn servers(schema: &Schema, services: &[ServiceId]) -> Vec<Server> {
    let said = described(schema, services).map_or(&[][..], |said| &said.servers);
    if said.is_empty() {
        return vec![Server::new("/")];
    }
    let server =
        |link: &model::Link| ServerBuilder::new().url(&link.url).description(link.description.clone());
    said.iter().map(|link| server(link).build()).collect()
}

/// A page with more.
pub(super) fn external_docs(schema: &Schema, services: &[ServiceId]) -> Option<ExternalDocs> {
    let link = described(schema, services)?.external_docs.as_ref()?;
    // A description that is not there would be written as `null`.
    let description = link.description.clone().unwrap_or_else(|| "More about the interface".to_owned());
    Some(ExternalDocsBuilder::new().url(&link.url).description(Some(description)).build())
}

/// A tag for each service.
pub(super) fn tags(schema: &Schema, services: &[ServiceId]) -> Vec<Tag> {
    let tag = |id: &ServiceId| {
        let description = docs::markdown(&schema.services[*id].origin.comments);
        TagBuilder::new().name(name(schema, *id)).description(description).build()
    };
    services.iter().map(tag).collect()
}

/// The name of a service in documents: the short one, unless another package has a service of that name.
pub(super) fn name(schema: &Schema, id: ServiceId) -> &str {
    let service = &schema.services[id];
    let others = schema.services.iter().filter(|(other, _)| *other != id);
    let is_taken = others.into_iter().any(|(_, other)| other.name == service.name);
    if is_taken { &service.full_name } else { &service.name }
}
