//! What a document says of itself, and of each service.

use utoipa::openapi::external_docs::ExternalDocsBuilder;
use utoipa::openapi::info::{Contact, ContactBuilder, License, LicenseBuilder};
use utoipa::openapi::server::ServerBuilder;
use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{ExternalDocs, Info, InfoBuilder, Server};

use crate::emit::docs;
use crate::model::openapi::{self as model, OpenApi, described, packages};
use crate::model::{Schema, ServiceId};
use crate::names;

/// The version of an interface that says none.
const UNVERSIONED: &str = "0.0.0";

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
    described(schema, services)?.external_docs.as_ref().map(page)
}

/// A page. A description that is not there would be written as `null`.
pub(super) fn page(link: &model::Link) -> ExternalDocs {
    let description = link.description.clone().unwrap_or_else(|| "More about the interface".to_owned());
    ExternalDocsBuilder::new().url(&link.url).description(Some(description)).build()
}

/// A tag for each service, and those that methods are listed under besides.
pub(super) fn tags(schema: &Schema, services: &[ServiceId]) -> Vec<Tag> {
    let mut all: Vec<Tag> = Vec::new();
    let mut add = |tag: Tag| {
        if !all.iter().any(|other| other.name == tag.name) {
            all.push(tag);
        }
    };
    let shown = |id: &&ServiceId| {
        let methods = &schema.services[**id].methods;
        methods.is_empty() || methods.iter().any(|id| model::is_shown(schema, &schema.methods[*id]))
    };
    for id in services.iter().filter(shown) {
        let service = &schema.services[*id];
        let said = &service.openapi;
        let description = said.description.clone().or_else(|| docs::markdown(&service.origin.comments));
        let docs = said.external_docs.as_ref().map(page);
        add(TagBuilder::new().name(tag(schema, *id)).description(description).external_docs(docs).build());
    }
    for id in services {
        for method in &schema.services[*id].methods {
            let method = &schema.methods[*method];
            for name in method.openapi.tags.iter().filter(|_| model::is_shown(schema, method)) {
                add(TagBuilder::new().name(name).build());
            }
        }
    }
    all
}

/// The name of a service's tag.
pub(super) fn tag(schema: &Schema, id: ServiceId) -> &str {
    schema.services[id].openapi.name.as_deref().unwrap_or_else(|| names::document_service_name(schema, id))
}
