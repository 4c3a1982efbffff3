//! The schema as text, for `protoc-gen-rsvc dump`: what the generator understood, with the names that it chose.

use std::fmt::{self, Display, Formatter, Write as _};

use super::http::{Binding, Body, Forms};
use super::{
    Access, Cache, ETag, EnumId, ErrorSet, ErrorVariant, FieldId, FieldKind, Idempotency, MaskedFields,
    MessageId, Method, MethodKind, Presence, Schema, TypePath, ValueType,
};

impl Display for Schema {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (_, package) in self.packages.iter() {
            writeln!(
                f,
                "package {:?} -> {} in {}",
                package.name,
                package.module.join("::"),
                package.file_name
            )?;
            for id in &package.files {
                let file = &self.files[*id];
                let generate = if file.generate { "" } else { " (not generated)" };
                writeln!(f, "  file {} {:?}{generate}", file.name, file.syntax)?;
            }
            for id in &package.messages {
                message(self, *id, 1, f)?;
            }
            for id in &package.enums {
                enumeration(self, *id, 1, f)?;
            }
            for id in &package.services {
                let service = &self.services[*id];
                let names = &service.names;
                writeln!(
                    f,
                    "  service {} -> {}, {}, {}",
                    service.name, names.service_trait, names.server, names.client
                )?;
                if let Some(set) = service.error {
                    let message = &self.messages[self.error_sets[set].message];
                    writeln!(f, "    fails with {}", message.full_name)?;
                }
                for id in &service.methods {
                    method(self, &self.methods[*id], f)?;
                }
            }
        }
        Ok(())
    }
}

impl Display for TypePath {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Extern(path) => f.write_str(path),
            Self::Local { module, name } => {
                module.iter().try_for_each(|part| write!(f, "{part}::"))?;
                f.write_str(name)
            }
        }
    }
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

fn message(schema: &Schema, id: MessageId, depth: usize, f: &mut Formatter<'_>) -> fmt::Result {
    let node = &schema.messages[id];
    writeln!(f, "{}message {} -> {} at {}", indent(depth), node.name, node.rust, node.origin.place)?;
    if !node.is_local() {
        return Ok(());
    }
    if let Some(set) = node.error_set {
        error_set(&schema.error_sets[set], schema, depth + 1, f)?;
    }
    for id in node.fields.iter().filter(|_| node.is_generated()) {
        field(schema, *id, depth + 1, f)?;
    }
    for id in &node.messages {
        message(schema, *id, depth + 1, f)?;
    }
    for id in &node.enums {
        enumeration(schema, *id, depth + 1, f)?;
    }
    Ok(())
}

fn error_set(set: &ErrorSet, schema: &Schema, depth: usize, f: &mut Formatter<'_>) -> fmt::Result {
    writeln!(f, "{}error set of {}", indent(depth), set.domain)?;
    for error in &set.errors {
        let variant = &schema.fields[error.field].rust_name;
        let boxed = if error.boxed { " boxed" } else { "" };
        let ErrorVariant { reason, code, http_status, constructor, .. } = error;
        let payload = &schema.messages[error.payload].full_name;
        writeln!(
            f,
            "{}{reason} {} {http_status} {payload} -> {variant}{boxed}, {constructor}()",
            indent(depth + 1),
            code.name
        )?;
    }
    Ok(())
}

fn field(schema: &Schema, id: FieldId, depth: usize, f: &mut Formatter<'_>) -> fmt::Result {
    let node = &schema.fields[id];
    let mut text = match &node.kind {
        FieldKind::Singular(value, presence) => {
            let label = match presence {
                Presence::Implicit => "",
                Presence::Explicit => "optional ",
                Presence::Required => "required ",
            };
            format!("{label}{}", value_name(schema, value))
        }
        FieldKind::Repeated(value) => format!("repeated {}", value_name(schema, value)),
        FieldKind::Map(key, value) => format!("map<{key:?}, {}>", value_name(schema, value)),
    };
    if let Some(oneof) = node.oneof {
        write!(text, " in oneof {}", schema.oneofs[oneof].name)?;
    }
    let boxed = if node.storage.boxed { " boxed" } else { "" };
    writeln!(
        f,
        "{}{} = {} {text} -> {} {:?}{boxed}",
        indent(depth),
        node.name,
        node.number,
        node.rust_name,
        node.storage.shape
    )
}

fn value_name(schema: &Schema, value: &ValueType) -> String {
    match value {
        ValueType::Scalar(scalar) => format!("{scalar:?}").to_lowercase(),
        ValueType::Enum(id) => schema.enums[*id].full_name.clone(),
        ValueType::Message(id) => schema.messages[*id].full_name.clone(),
        ValueType::Group(id) => format!("group {}", schema.messages[*id].full_name),
    }
}

fn enumeration(schema: &Schema, id: EnumId, depth: usize, f: &mut Formatter<'_>) -> fmt::Result {
    let node = &schema.enums[id];
    let closed = if node.closed { " closed" } else { "" };
    writeln!(f, "{}enum {}{closed} -> {} at {}", indent(depth), node.name, node.rust, node.origin.place)?;
    for value in node.values.iter().filter(|_| node.is_generated()) {
        writeln!(f, "{}{} = {} -> {}", indent(depth + 1), value.name, value.number, value.rust_name)?;
    }
    Ok(())
}

fn method(schema: &Schema, node: &Method, f: &mut Formatter<'_>) -> fmt::Result {
    let stream = |yes: bool| if yes { "stream " } else { "" };
    write!(
        f,
        "    rpc {}({}{}) returns ({}{}) -> {}",
        node.name,
        stream(matches!(node.kind, MethodKind::ClientStreaming | MethodKind::BidiStreaming)),
        schema.messages[node.input].full_name,
        stream(matches!(node.kind, MethodKind::ServerStreaming | MethodKind::BidiStreaming)),
        schema.messages[node.output].full_name,
        node.rust_name
    )?;
    if node.idempotency != Idempotency::Unknown {
        write!(f, ", {:?}", node.idempotency)?;
    }
    if node.access != Access::Unspecified {
        write!(f, ", access {:?}", node.access)?;
    }
    if node.condition.is_some() {
        f.write_str(" with a condition")?;
    }
    if let Some(timeout) = node.timeout {
        write!(f, ", timeout {timeout:?}")?;
    }
    if let Some(cache) = &node.cache {
        self::cache(schema, cache, f)?;
    }
    if let Some(retry) = &node.retry {
        write!(f, ", retried {retry:?}")?;
    }
    if let Some(MaskedFields { mask, resource, .. }) = &node.masked {
        write!(f, ", tests {} by {}", schema.fields[*resource].name, schema.fields[*mask].name)?;
    }
    writeln!(f)?;
    node.bindings.iter().try_for_each(|binding| self::binding(schema, binding, f))
}

fn cache(schema: &Schema, node: &Cache, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_str(", cached")?;
    if let Some(seconds) = node.max_age {
        write!(f, " for {seconds}s")?;
    }
    if node.private {
        f.write_str(" privately")?;
    }
    match &node.etag {
        None => {}
        Some(ETag::Content) => f.write_str(" by content")?,
        Some(ETag::Field(path)) => {
            let names: Vec<_> = path.iter().map(|field| schema.fields[*field].name.as_str()).collect();
            write!(f, " by {}", names.join("."))?;
        }
    }
    if !node.vary.is_empty() {
        write!(f, " for each {}", node.vary.join(", "))?;
    }
    Ok(())
}

fn binding(schema: &Schema, node: &Binding, f: &mut Formatter<'_>) -> fmt::Result {
    let name = |field: &FieldId| schema.fields[*field].name.as_str();
    write!(f, "      {} {}", node.verb.name(), node.template.text)?;
    match &node.body {
        Body::None => {}
        Body::Whole => f.write_str(", body *")?,
        Body::Field(field) => write!(f, ", body {}", name(field))?,
    }
    if !node.query.is_empty() {
        let fields: Vec<_> = node.query.iter().map(name).collect();
        write!(f, ", query {}", fields.join(" "))?;
    }
    if let Some(field) = &node.response_body {
        write!(f, ", answers {}", name(field))?;
    }
    if node.fill_update_mask.is_some() {
        f.write_str(", fills update_mask")?;
    }
    if let Some(Forms { urlencoded, multipart, files }) = &node.forms {
        let path = |path: &[FieldId]| path.iter().map(name).collect::<Vec<_>>().join(".");
        let forms = [("urlencoded", *urlencoded), ("multipart", *multipart)];
        for (form, _) in forms.iter().filter(|(_, taken)| *taken) {
            write!(f, ", takes {form}")?;
        }
        for file in files {
            write!(f, ", file {}", path(&file.content))?;
            for (kind, field) in [("filename", &file.filename), ("media_type", &file.media_type)] {
                if let Some(field) = field {
                    write!(f, " {kind} {}", path(field))?;
                }
            }
        }
    }
    writeln!(f)
}
