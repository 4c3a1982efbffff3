//! The paths of a document: each binding of `google.api.http` as an operation.

use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem,
    PathItemBuilder, Paths,
};
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::{ResponseBuilder, ResponsesBuilder};

use crate::model::http::{Binding, PathTemplate, PathVariable, Segment, Verb};
use crate::model::{Method, Schema, ServiceId};
use crate::options::OpenApiOptions;

/// All operations of the services.
pub(super) fn paths(schema: &Schema, _: &OpenApiOptions, services: &[ServiceId]) -> Paths {
    let mut paths = Paths::new();
    for service in services {
        for method in &schema.services[*service].methods {
            let method = &schema.methods[*method];
            for (index, binding) in method.bindings.iter().enumerate() {
                let Some(verb) = verb(&binding.verb) else { continue };
                let item = PathItemBuilder::new().operation(verb, operation(schema, method, index));
                add(&mut paths, path(schema, binding), item.build());
            }
        }
    }
    paths
}

fn add(paths: &mut Paths, path: String, item: PathItem) {
    paths.paths.entry(path).or_default().merge_operations(item);
}

fn verb(verb: &Verb) -> Option<HttpMethod> {
    Some(match verb {
        Verb::Get => HttpMethod::Get,
        Verb::Put => HttpMethod::Put,
        Verb::Post => HttpMethod::Post,
        Verb::Delete => HttpMethod::Delete,
        Verb::Patch => HttpMethod::Patch,
        Verb::Custom(_) | Verb::Any => return None,
    })
}

fn operation(schema: &Schema, method: &Method, index: usize) -> Operation {
    let service = &schema.services[method.service];
    let id = match index {
        0 => format!("{}_{}", service.name, method.name),
        _ => format!("{}_{}_{}", service.name, method.name, index + 1),
    };
    let ok = ResponseBuilder::new().description("OK").build();
    let binding = &method.bindings[index];
    let parameters: Vec<Parameter> = binding.variables.iter().map(|v| variable(schema, v)).collect();
    OperationBuilder::new()
        .tag(&service.name)
        .operation_id(Some(id))
        .parameters((!parameters.is_empty()).then_some(parameters))
        .responses(ResponsesBuilder::new().response("200", ok))
        .build()
}

fn variable(schema: &Schema, variable: &PathVariable) -> Parameter {
    ParameterBuilder::new()
        .name(name(schema, variable))
        .parameter_in(ParameterIn::Path)
        .required(utoipa::openapi::Required::True)
        .schema(Some(Object::with_type(Type::String)))
        .build()
}

/// The name of a variable: the path of its fields, as in the template.
fn name(schema: &Schema, variable: &PathVariable) -> String {
    let names: Vec<&str> = variable.fields.iter().map(|field| &*schema.fields[*field].name).collect();
    names.join(".")
}

/// The path as OpenAPI writes it: `/v1/{name}:cancel`.
fn path(schema: &Schema, binding: &Binding) -> String {
    let PathTemplate { segments, verb, .. } = &binding.template;
    let mut path = String::new();
    let mut at = 0;
    while let Some(segment) = segments.get(at) {
        path.push('/');
        if let Some(variable) = binding.variables.iter().find(|variable| variable.start == at) {
            path.extend(["{", &name(schema, variable), "}"]);
            at = variable.end.max(at + 1);
            continue;
        }
        match segment {
            Segment::Literal(text) => path.push_str(text),
            Segment::Single => path.push_str("{segment}"),
            Segment::Rest => path.push_str("{rest}"),
        }
        at += 1;
    }
    if path.is_empty() {
        path.push('/');
    }
    if let Some(verb) = verb {
        path.push(':');
        path.push_str(verb);
    }
    path
}
