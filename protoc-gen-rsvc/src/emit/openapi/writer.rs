//! What the parts of a document share while it is written.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::header::Header;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::schema::Components as DocumentComponents;
use utoipa::openapi::{Ref, RefOr, Response, Schema};

use super::schemas::Components;
use super::security::Security;
use crate::model::{ErrorSetId, Schema as Model, ServiceId};
use crate::options::OpenApiOptions;
use crate::samples::Samples;

/// A document under construction.
pub(super) struct Writer<'a> {
    pub(super) schema: &'a Model,
    pub(super) options: &'a OpenApiOptions,
    /// The schemas of messages, and others.
    pub(super) components: Components<'a>,
    pub(super) samples: Samples<'a>,
    pub(super) security: Security,
    /// Schemas that are not those of messages, by what they are for, with the names of their components.
    common: BTreeMap<&'static str, String>,
    /// The errors of sets that have a component.
    pub(super) errors: BTreeMap<(ErrorSetId, usize), String>,
    operations: BTreeSet<String>,
    responses: BTreeMap<String, RefOr<Response>>,
    parameters: BTreeMap<String, RefOr<Parameter>>,
    headers: BTreeMap<String, RefOr<Header>>,
    /// With those that could not be made.
    examples: BTreeMap<String, Option<RefOr<Example>>>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(schema: &'a Model, options: &'a OpenApiOptions, services: &[ServiceId]) -> Self {
        Self {
            schema,
            options,
            components: Components::new(schema),
            samples: Samples::new(schema),
            security: Security::new(schema, services),
            common: BTreeMap::new(),
            errors: BTreeMap::new(),
            operations: BTreeSet::new(),
            responses: BTreeMap::new(),
            parameters: BTreeMap::new(),
            headers: BTreeMap::new(),
            examples: BTreeMap::new(),
        }
    }

    /// A reference to a schema that is not a message's; `make` makes it when it is asked for the first time.
    pub(super) fn common(
        &mut self,
        name: &'static str,
        make: impl FnOnce(&mut Self) -> RefOr<Schema>,
    ) -> RefOr<Schema> {
        if let Some(name) = self.common.get(name) {
            return Ref::from_schema_name(name.clone()).into();
        }
        let free = self.components.reserve(name);
        self.common.insert(name, free.clone());
        let schema = make(self);
        self.components.insert(free.clone(), schema);
        Ref::from_schema_name(free).into()
    }

    /// An operation id that no other operation has. Names with underscores can come out the same: `A_B.C` and `A.B_C`.
    pub(super) fn operation_id(&mut self, wanted: &str) -> String {
        let mut id = wanted.to_owned();
        while !self.operations.insert(id.clone()) {
            id.push('_');
        }
        id
    }

    /// A reference to a response that several operations have.
    pub(super) fn shared_response(
        &mut self,
        name: &str,
        make: impl FnOnce(&mut Self) -> Response,
    ) -> RefOr<Response> {
        if !self.responses.contains_key(name) {
            let response = make(self);
            self.responses.insert(name.to_owned(), RefOr::T(response));
        }
        RefOr::Ref(Ref::from_response_name(name))
    }

    /// A reference to a parameter that several operations have.
    pub(super) fn shared_parameter(
        &mut self,
        name: &str,
        make: impl FnOnce(&mut Self) -> Parameter,
    ) -> RefOr<Parameter> {
        if !self.parameters.contains_key(name) {
            let parameter = make(self);
            self.parameters.insert(name.to_owned(), RefOr::T(parameter));
        }
        RefOr::Ref(Ref::new(format!("#/components/parameters/{name}")))
    }

    /// A reference to a header that several responses have.
    pub(super) fn shared_header(&mut self, name: &str, make: impl FnOnce() -> Header) -> RefOr<Header> {
        self.headers.entry(name.to_owned()).or_insert_with(|| RefOr::T(make()));
        RefOr::Ref(Ref::new(format!("#/components/headers/{name}")))
    }

    /// A reference to an example that several responses have, if it can be made.
    pub(super) fn shared_example(
        &mut self,
        name: &str,
        make: impl FnOnce(&mut Self) -> Option<Value>,
    ) -> Option<RefOr<Example>> {
        if !self.examples.contains_key(name) {
            let example = make(self).map(|value| ExampleBuilder::new().value(Some(value)).into());
            self.examples.insert(name.to_owned(), example);
        }
        self.examples[name].as_ref().map(|_| RefOr::Ref(Ref::new(format!("#/components/examples/{name}"))))
    }

    /// All that operations refer to.
    pub(super) fn finish(self) -> DocumentComponents {
        let mut components = DocumentComponents::new();
        components.security_schemes = self.security.schemes();
        components.schemas = self.components.finish();
        components.responses = self.responses;
        components.parameters = self.parameters;
        components.headers = self.headers;
        components.examples =
            self.examples.into_iter().filter_map(|(name, example)| Some((name, example?))).collect();
        components
    }
}
