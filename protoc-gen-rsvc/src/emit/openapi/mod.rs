//! OpenAPI documents: what services do over REST, for people and programs that read no `.proto`.
//!
//! All of it comes from the model, first of all from the bindings that the REST adapter routes by
//! ([`crate::model::http`]), so that a document cannot say something else than the server does. It is a typed model
//! (`utoipa::openapi`) until [`render`] prints it.

mod bodies;
mod connect;
mod errors;
mod examples;
mod fields;
mod info;
mod media;
mod operations;
mod parameters;
mod paths;
mod render;
mod responses;
pub(crate) mod schemas;
mod security;
mod shape;
mod streams;
mod templates;
mod writer;

use std::collections::BTreeSet;

use utoipa::openapi::{OpenApi, OpenApiVersion};

use crate::model::openapi as model;
use crate::model::{PackageId, Schema, ServiceId};
use crate::names;
use crate::options::{DocumentFormat, DocumentSplit, OpenApiOptions, OpenApiVersion as Version, Options};
use writer::Writer;

/// A document to write.
pub(crate) struct Plan {
    /// Its file, beside `mod.rs`.
    pub(crate) file: String,
    /// The constant of the generated root that holds it.
    pub(crate) constant: String,
    scope: Scope,
}

/// What a document is about.
#[derive(Clone, Copy)]
enum Scope {
    All,
    Package(PackageId),
    Service(ServiceId),
}

/// A file that is not Rust.
pub(crate) struct Document {
    /// Its name in the output folder.
    pub(crate) name: String,
    /// All of it.
    pub(crate) text: String,
}

/// The documents that the options ask for.
pub(crate) fn plans(schema: &Schema, options: &Options) -> Vec<Plan> {
    let extension = match options.openapi.format {
        DocumentFormat::Off => return Vec::new(),
        DocumentFormat::Json => "json",
        DocumentFormat::Yaml => "yaml",
    };
    let plan = |of: Option<&str>, constant: &str, scope| Plan {
        file: format!("{}.{extension}", names::document_stem(of)),
        constant: constant.to_owned(),
        scope,
    };
    // A package whose name differs from another one's in case alone has a file of its own nevertheless.
    let stem = |package: PackageId| {
        let file = &schema.packages[package].file_name;
        file.strip_suffix(".rs").unwrap_or(file).to_owned()
    };
    match options.openapi.split {
        DocumentSplit::All => vec![plan(None, names::DOCUMENT, Scope::All)],
        DocumentSplit::Package => {
            let packages: BTreeSet<PackageId> =
                services(schema).map(|id| schema.services[id].package).collect();
            let packages = packages.into_iter();
            packages
                .map(|id| plan(Some(&stem(id)), &schema.packages[id].openapi, Scope::Package(id)))
                .collect()
        }
        DocumentSplit::Service => services(schema)
            .map(|id| {
                let service = &schema.services[id];
                let of = format!("{}.{}", stem(service.package), service.name);
                plan(Some(&of), &service.names.openapi, Scope::Service(id))
            })
            .collect(),
    }
}

/// All documents that the options ask for.
pub(crate) fn documents(schema: &Schema, options: &Options) -> Vec<Document> {
    plans(schema, options).iter().map(|plan| document(schema, options, plan)).collect()
}

/// One document.
pub(crate) fn document(schema: &Schema, options: &Options, plan: &Plan) -> Document {
    let services: Vec<ServiceId> = services(schema)
        .filter(|id| match plan.scope {
            Scope::All => true,
            Scope::Package(package) => schema.services[*id].package == package,
            Scope::Service(service) => *id == service,
        })
        .collect();
    let overlays = render::Overlays {
        all: model::packages(schema, &services)
            .into_iter()
            .filter_map(|package| package.described.as_ref()?.overlay.as_ref())
            .collect(),
        is_part: matches!(plan.scope, Scope::Service(_)),
    };
    let document = build(schema, &options.openapi, &services);
    let text = render::text(&document, &overlays, options.openapi.format);
    Document { name: plan.file.clone(), text }
}

/// The services that documents are about. What is only imported is other people's.
fn services(schema: &Schema) -> impl Iterator<Item = ServiceId> {
    schema.services.iter().filter(|(_, service)| schema.files[service.file].root).map(|(id, _)| id)
}

fn build(schema: &Schema, options: &OpenApiOptions, services: &[ServiceId]) -> OpenApi {
    let mut writer = Writer::new(schema, options, services);
    let mut document = OpenApi::new(info::info(schema, services), paths::paths(&mut writer, services));
    document.openapi = match options.version {
        Version::V31 => OpenApiVersion::Version31,
        Version::V32 => OpenApiVersion::Version32,
    };
    document.servers = Some(info::servers(schema, services));
    document.external_docs = info::external_docs(schema, services);
    document.tags = Some(info::tags(schema, services));
    // An operation that says nothing of its own needs no credentials.
    document.security = writer.security.is_open().then(Vec::new);
    document.components = Some(writer.finish());
    document
}
