//! `validate: MASKED` -> [`MaskedFields`]: the mask of a request, and the message that it speaks of.

use prost_reflect::Value;

use super::finding::Finding;
use super::types::Types;
use super::{EXTENSION, annotations as options};
use crate::diag::{Code, Diagnostic, Sink};
use crate::model::http::Body;
use crate::model::{FieldId, FieldKind, MaskedFields, Method, MethodId, Schema, ValueType, WellKnown};
use crate::sorted;

/// `google.protobuf.MethodDescriptorProto.options`
const METHOD_OPTIONS: i32 = 4;
/// `rsvc.v1.MethodOptions.validate`
const VALIDATE: i32 = 5;
/// `rsvc.v1.MethodOptions.Validation.MASKED`
const MASKED: i32 = 1;

/// Finds the masks of all methods that go by one. It reads the bindings.
pub(super) fn resolve(types: &mut Types<'_>, sink: &mut Sink) {
    for id in types.schema.methods.ids() {
        if !says_so(&types.schema, id) {
            continue;
        }
        match fields(&types.schema, &types.schema.methods[id]) {
            Ok(fields) => types.schema.methods[id].masked = Some(fields),
            Err(Problem { text, help }) => {
                let diagnostic =
                    Diagnostic::error(Code::MASKED_REQUEST, format!("`validate: MASKED` {text}"));
                Finding::new(sink, diagnostic.at(place(types, id))).help(help);
            }
        }
    }
}

fn says_so(schema: &Schema, id: MethodId) -> bool {
    let descriptor = descriptor(schema, id);
    let method = options::extension(&schema.pool, &descriptor.options(), "rsvc.v1.method");
    let validate = method.and_then(|method| options::field(&method, "validate"));
    validate.as_ref().and_then(Value::as_enum_number) == Some(MASKED)
}

fn descriptor(schema: &Schema, id: MethodId) -> prost_reflect::MethodDescriptor {
    let method = &schema.methods[id];
    let service = schema.pool.get_service_by_name(&schema.services[method.service].full_name);
    service
        .and_then(|service| service.methods().find(|rpc| rpc.name() == method.name))
        .expect("the methods are those of the pool")
}

/// Where the option stands.
fn place(types: &Types<'_>, id: MethodId) -> crate::diag::Place {
    let file = types.schema.services[types.schema.methods[id].service].file;
    let rpc = descriptor(&types.schema, id);
    types.option_place(file, rpc.path(), &[METHOD_OPTIONS, EXTENSION, VALIDATE])
}

/// Why there is nothing to go by.
struct Problem {
    text: String,
    help: &'static str,
}

fn fields(schema: &Schema, method: &Method) -> Result<MaskedFields, Problem> {
    let request = &schema.messages[method.input];
    if request.stand_in.is_some() {
        let text = format!("has no rules to test: prost generated the crate of `{}`", request.full_name);
        return Err(Problem { text, help: "leave the option out" });
    }
    let mask = mask(schema, method)?;
    let resource = resource(schema, method)?;
    let variables = method.bindings.iter().flat_map(|binding| &binding.variables);
    let inside = variables.filter(|variable| variable.fields.first() == Some(&resource));
    let mut names: Vec<Vec<FieldId>> = inside.map(|variable| variable.fields.clone()).collect();
    sorted::sort(&mut names);
    names.dedup();
    Ok(MaskedFields { mask, resource, names })
}

fn mask(schema: &Schema, method: &Method) -> Result<FieldId, Problem> {
    let masks = messages(schema, method, |known| known == Some(WellKnown::FieldMask));
    match masks.as_slice() {
        [] => {
            let request = &schema.messages[method.input].full_name;
            let text = format!("has no mask to go by: `{request}` has no field `google.protobuf.FieldMask`");
            Err(Problem {
                text,
                help: "add `google.protobuf.FieldMask update_mask`, or leave the option out",
            })
        }
        [mask] => Ok(*mask),
        several => {
            let named = several.iter().find(|mask| schema.fields[**mask].name == "update_mask");
            named.copied().ok_or_else(|| Problem {
                text: format!("has several masks to go by: {}", names(schema, several)),
                help: "call the one that counts `update_mask`",
            })
        }
    }
}

fn resource(schema: &Schema, method: &Method) -> Result<FieldId, Problem> {
    let candidates = messages(schema, method, |known| known.is_none());
    let mut bodies: Vec<FieldId> = method
        .bindings
        .iter()
        .filter_map(|binding| match binding.body {
            Body::Field(field) if candidates.contains(&field) => Some(field),
            _ => None,
        })
        .collect();
    sorted::sort(&mut bodies);
    bodies.dedup();
    let returned: Vec<FieldId> = candidates
        .iter()
        .copied()
        .filter(|field| schema.fields[*field].kind.value() == &ValueType::Message(method.output))
        .collect();
    for choice in [&bodies, &candidates, &returned] {
        if let [resource] = choice.as_slice() {
            return Ok(*resource);
        }
    }
    if candidates.is_empty() {
        let request = &schema.messages[method.input].full_name;
        let text = format!("has nothing that the mask could speak of: `{request}` has no other message");
        return Err(Problem { text, help: "put the resource into a field of the request, beside the mask" });
    }
    let several = if bodies.is_empty() { &candidates } else { &bodies };
    let text = format!("has several messages that the mask could speak of: {}", names(schema, several));
    let help = "the resource is the field that is the `body` over REST, or the one of the type that the method returns";
    Err(Problem { text, help })
}

/// The single messages of a request.
fn messages(schema: &Schema, method: &Method, fits: impl Fn(Option<WellKnown>) -> bool) -> Vec<FieldId> {
    let is_one = |field: &FieldId| match &schema.fields[*field].kind {
        FieldKind::Singular(ValueType::Message(id), _) => fits(schema.messages[*id].well_known),
        _ => false,
    };
    schema.messages[method.input].fields.iter().copied().filter(is_one).collect()
}

fn names(schema: &Schema, fields: &[FieldId]) -> String {
    let names: Vec<String> = fields.iter().map(|field| format!("`{}`", schema.fields[*field].name)).collect();
    names.join(", ")
}
