//! Services and their rpcs, with what the `rsvc.v1` options say of them.

use std::time::Duration;

use prost_reflect::prost_types::method_options::IdempotencyLevel;
use prost_reflect::prost_types::{MethodOptions, ServiceOptions};
use prost_reflect::{DynamicMessage, MethodDescriptor, ServiceDescriptor};

use super::types::Types;
use super::{annotations as options, claims, errors};
use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::input::Loaded;
use crate::model::openapi::{Operation, Tag};
use crate::model::{
    Access, FileId, Idempotency, MessageId, Method, MethodId, MethodKind, Service, ServiceId, ServiceNames,
};
use crate::options::Options;

/// `google.protobuf.ServiceDescriptorProto.options`
const SERVICE_OPTIONS: i32 = 3;
/// `google.protobuf.MethodDescriptorProto.options`
const METHOD_OPTIONS: i32 = 4;
/// `rsvc.v1.ServiceOptions.access` and `rsvc.v1.MethodOptions.access`
const ACCESS: i32 = 2;

/// Adds the services of all files that code is generated for. What it gives are the conditions of their methods.
pub(super) fn resolve(
    loaded: &Loaded,
    _: &Options,
    types: &mut Types<'_>,
    sink: &mut Sink,
) -> Vec<ConditionSource> {
    let mut conditions = Vec::new();
    for file in types.schema.files.ids() {
        let node = &types.schema.files[file];
        if !node.generate {
            continue;
        }
        let descriptor = loaded.pool.get_file_by_name(&node.name).expect("the files are those of the pool");
        for service in descriptor.services() {
            if types.externs.key(service.full_name()).is_none() {
                self::service(types, sink, &service, file, &mut conditions);
            }
        }
    }
    conditions
}

fn service(
    types: &mut Types<'_>,
    sink: &mut Sink,
    descriptor: &ServiceDescriptor,
    file: FileId,
    conditions: &mut Vec<ConditionSource>,
) {
    let annotated = options::extension(&types.schema.pool, &descriptor.options(), "rsvc.v1.service");
    let proto = descriptor.service_descriptor_proto();
    let origin =
        types.origin(file, descriptor.path(), proto.options.as_ref().is_some_and(ServiceOptions::deprecated));
    let option =
        |number| types.option_place(file, descriptor.path(), &[SERVICE_OPTIONS, super::EXTENSION, number]);
    let (access, claims_place) = (option(ACCESS), option(claims::CLAIMS));
    let read = |a: &DynamicMessage| Defaults::read(a, &origin.place, &access, sink);
    let defaults = annotated.as_ref().map(read).unwrap_or_default();
    let claims = annotated.as_ref().map_or(Ok(None), |a| claims::of_service(types, a, &claims_place, sink));
    let error = annotated.as_ref().and_then(|a| {
        let place = types.option_place(file, descriptor.path(), &[3, super::EXTENSION, 1]);
        errors::of_service(types, a, &place, sink)
    });
    let package = types.schema.files[file].package;
    let id = types.schema.services.push(Service {
        name: descriptor.name().to_owned(),
        full_name: descriptor.full_name().to_owned(),
        file,
        package,
        methods: Vec::new(),
        error,
        openapi: Tag::default(),
        names: ServiceNames::default(),
        origin,
    });
    types.schema.packages[package].services.push(id);
    for rpc in descriptor.methods() {
        let (method, condition) = method(types, sink, &rpc, id, &defaults);
        if let (Some((expression, place)), Ok(claims)) = (condition, claims) {
            let inherited = place == access;
            conditions.push(ConditionSource { method, expression, place, inherited, claims });
        }
    }
}

/// A condition of `access` as it is written.
pub(super) struct ConditionSource {
    pub(super) method: MethodId,
    pub(super) expression: String,
    /// Of the option.
    pub(super) place: Place,
    /// Whether it is the service's.
    pub(super) inherited: bool,
    /// The message of the claims; `None` is `google.protobuf.Struct`.
    pub(super) claims: Option<MessageId>,
}

/// What `rsvc.v1.ServiceOptions` and `rsvc.v1.MethodOptions` have in common.
#[derive(Default)]
struct Defaults {
    access: Option<(Access, Option<(String, Place)>)>,
    timeout: Option<Duration>,
    /// Whether a service names an error set, be it there or not.
    names_errors: bool,
}

impl Defaults {
    /// `access` is the place of that option.
    fn read(annotation: &DynamicMessage, place: &Place, access: &Place, sink: &mut Sink) -> Self {
        let mut bad = |option: &str, why: &str| {
            sink.push(
                Diagnostic::error(Code::BAD_ANNOTATION, format!("the option `{option}` is of no use: {why}"))
                    .at(place.clone())
                    .help(match option {
                        "timeout" => "give a positive duration, as `timeout: { seconds: 5 }`",
                        _ => "say who may call: `access: { public {} }`, `{ authenticated {} }`, `{ scopes { any_of: \"…\" } }` or `{ cel: \"…\" }`",
                    }),
            );
        };
        let read = options::access(annotation, "access");
        let read = read.and_then(|read| read.map_err(|why| bad("access", why)).ok());
        let at = |expression| (expression, access.clone());
        let access = read.map(|(access, condition)| (access, condition.map(at)));
        let timeout =
            options::duration(annotation, "timeout").and_then(|t| t.map_err(|why| bad("timeout", why)).ok());
        Self { access, timeout, names_errors: options::field(annotation, "error_set").is_some() }
    }
}

fn method(
    types: &mut Types<'_>,
    sink: &mut Sink,
    descriptor: &MethodDescriptor,
    service: ServiceId,
    defaults: &Defaults,
) -> (MethodId, Option<(String, Place)>) {
    let file = types.schema.services[service].file;
    let proto = descriptor.method_descriptor_proto();
    let std_options = proto.options.as_ref();
    let origin = types.origin(file, descriptor.path(), std_options.is_some_and(MethodOptions::deprecated));
    let annotated = options::extension(&types.schema.pool, &descriptor.options(), "rsvc.v1.method");
    let access = types.option_place(file, descriptor.path(), &[METHOD_OPTIONS, super::EXTENSION, ACCESS]);
    let read = |a: &DynamicMessage| Defaults::read(a, &origin.place, &access, sink);
    let own = annotated.as_ref().map(read).unwrap_or_default();
    let (access, condition) = own.access.or_else(|| defaults.access.clone()).unwrap_or_default();
    let errors = annotated.as_ref().map_or_else(Vec::new, |a| {
        let place = types.option_place(file, descriptor.path(), &[4, super::EXTENSION, 1]);
        let set = types.schema.services[service].error;
        errors::of_method(types, set, defaults.names_errors, a, &place, sink)
    });
    let id = types.schema.methods.push(Method {
        name: descriptor.name().to_owned(),
        full_name: descriptor.full_name().to_owned(),
        service,
        input: types.messages[descriptor.input().full_name()],
        output: types.messages[descriptor.output().full_name()],
        kind: match (descriptor.is_client_streaming(), descriptor.is_server_streaming()) {
            (false, false) => MethodKind::Unary,
            (true, false) => MethodKind::ClientStreaming,
            (false, true) => MethodKind::ServerStreaming,
            (true, true) => MethodKind::BidiStreaming,
        },
        idempotency: match std_options.map(MethodOptions::idempotency_level) {
            Some(IdempotencyLevel::NoSideEffects) => Idempotency::NoSideEffects,
            Some(IdempotencyLevel::Idempotent) => Idempotency::Idempotent,
            _ => Idempotency::Unknown,
        },
        access,
        condition: None,
        timeout: own.timeout.or(defaults.timeout),
        cache: None,
        retry: None,
        errors,
        masked: None,
        bindings: Vec::new(),
        openapi: Operation::default(),
        rust_name: String::new(),
        object_name: String::new(),
        info_name: String::new(),
        origin,
    });
    types.schema.services[service].methods.push(id);
    (id, condition)
}
