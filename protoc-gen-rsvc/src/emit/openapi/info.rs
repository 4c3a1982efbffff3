//! What a document says of itself, and of each service.

use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{Info, InfoBuilder};

use crate::emit::docs;
use crate::model::{Schema, ServiceId};

/// The version of an interface that says none.
const UNVERSIONED: &str = "0.0.0";

/// The title is what the services have in common: their package, or their names.
pub(super) fn info(schema: &Schema, services: &[ServiceId]) -> Info {
    InfoBuilder::new().title(title(schema, services)).version(UNVERSIONED).build()
}

fn title(schema: &Schema, services: &[ServiceId]) -> String {
    let mut packages: Vec<&str> =
        services.iter().map(|id| schema.packages[schema.services[*id].package].name.as_str()).collect();
    packages.dedup();
    match (services, &*packages) {
        ([service], _) => schema.services[*service].full_name.clone(),
        (_, [package]) if !package.is_empty() => (*package).to_owned(),
        _ => "API".to_owned(),
    }
}

/// A tag for each service.
pub(super) fn tags(schema: &Schema, services: &[ServiceId]) -> Vec<Tag> {
    let tag = |id: &ServiceId| {
        let service = &schema.services[*id];
        let description = docs::markdown(&service.origin.comments);
        TagBuilder::new().name(&service.name).description(description).build()
    };
    services.iter().map(tag).collect()
}
