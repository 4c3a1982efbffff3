//! `(rsvc.v1.method).cache` -> [`Cache`].

use prost_reflect::{DynamicMessage, MethodDescriptor};

use super::finding::Finding;
use super::types::Types;
use super::{EXTENSION, annotations as options};
use crate::diag::{Code, Diagnostic, Sink};
use crate::model::http::Verb;
use crate::model::{
    Cache, ETag, FieldId, FieldKind, Idempotency, MethodId, MethodKind, Scalar, Schema, TypePath, ValueType,
    WellKnown,
};
use crate::names;

/// `google.protobuf.MethodDescriptorProto.options`
const METHOD_OPTIONS: i32 = 4;
/// `rsvc.v1.MethodOptions.cache`
const CACHE: i32 = 6;
/// Caches take anything longer for this (RFC 9111, section 1.2.2).
const LONGEST: u64 = 1 << 31;

/// The numbers of the fields of `rsvc.v1.Cache`.
mod tag {
    pub(super) const MAX_AGE: i32 = 1;
    pub(super) const PRIVATE: i32 = 2;
    pub(super) const ETAG: i32 = 3;
    pub(super) const VARY: i32 = 4;
}

/// Adds what caches may do to all methods that say it. Their bindings are known by then.
pub(super) fn resolve(types: &mut Types<'_>, sink: &mut Sink) {
    let pool = types.schema.pool.clone();
    for method in types.schema.methods.ids() {
        let node = &types.schema.methods[method];
        let service = &types.schema.services[node.service];
        let rpc = pool
            .get_service_by_name(&service.full_name)
            .and_then(|s| s.methods().find(|rpc| rpc.name() == node.name));
        let rpc = rpc.expect("the methods are those of the pool");
        let annotated = options::extension(&pool, &rpc.options(), "rsvc.v1.method");
        let Some(cache) = annotated.as_ref().and_then(|a| options::message(a, "cache")) else { continue };
        let cache = CacheReader { types, sink, method, rpc: &rpc }.read(&cache);
        types.schema.methods[method].cache = cache;
    }
}

/// Reads the option of one method.
struct CacheReader<'a> {
    types: &'a Types<'a>,
    sink: &'a mut Sink,
    method: MethodId,
    rpc: &'a MethodDescriptor,
}

impl<'a> CacheReader<'a> {
    fn schema(&self) -> &'a Schema {
        &self.types.schema
    }

    /// `None` when it cannot stand on the method; its mistakes are reported.
    fn read(&mut self, cache: &DynamicMessage) -> Option<Cache> {
        if self.schema().methods[self.method].kind != MethodKind::Unary {
            self.wrong(Code::CACHE_METHOD, &[], "a method that streams has no responses that are cached")
                .help("leave `cache` out");
            return None;
        }
        let read = Cache {
            max_age: self.max_age(cache),
            private: options::field(cache, "private").is_some_and(|value| value.as_bool() == Some(true)),
            etag: self.etag(cache),
            vary: self.vary(cache),
        };
        if cache.fields().next().is_none() {
            self.wrong(Code::CACHE_VALUE, &[], "`cache` says nothing")
                .help("say how long a response is fresh, `max_age: { seconds: 60 }`, or what its entity tag is, `etag: { field: \"version\" }`");
            return None;
        }
        self.check_reading(&read);
        Some(read)
    }

    fn max_age(&mut self, cache: &DynamicMessage) -> Option<u32> {
        let duration = options::message(cache, "max_age")?;
        let part = |name| options::field(&duration, name);
        let seconds = part("seconds").and_then(|value| value.as_i64()).unwrap_or(0);
        let nanos = part("nanos").and_then(|value| value.as_i32()).unwrap_or(0);
        let (why, help) = match u64::try_from(seconds) {
            _ if nanos < 0 => ("it is negative", "0 makes caches ask each time"),
            Err(_) => ("it is negative", "0 makes caches ask each time"),
            Ok(_) if nanos != 0 => ("it has parts of a second", "HTTP counts the age in whole seconds"),
            Ok(LONGEST..) => ("it is too long", "a year, `seconds: 31536000`, is as good as forever"),
            Ok(seconds) => {
                return Some(u32::try_from(seconds).expect("it was compared with what fits"));
            }
        };
        self.wrong(Code::CACHE_VALUE, &[tag::MAX_AGE], &format!("`max_age` cannot be sent: {why}"))
            .help(help);
        None
    }

    fn vary(&mut self, cache: &DynamicMessage) -> Vec<String> {
        let names = options::strings(cache, "vary");
        for (index, name) in (0..).zip(&names) {
            let repeated = names[..index].iter().any(|other| other.eq_ignore_ascii_case(name));
            let (why, help) = if name == "*" {
                (
                    "`*` means that no response fits another request",
                    "name the headers that the response depends on",
                )
            } else if !is_header_name(name) {
                ("it is not the name of a header", "give one name for each element, as [\"accept-language\"]")
            } else if repeated {
                ("it is named twice", "leave one of them out")
            } else {
                continue;
            };
            let at = [tag::VARY, i32::try_from(index).expect("an option has a place for each element")];
            self.wrong(Code::CACHE_VALUE, &at, &format!("`vary` cannot name {name:?}: {why}")).help(help);
        }
        names.iter().map(|name| name.to_ascii_lowercase()).collect()
    }

    fn etag(&mut self, cache: &DynamicMessage) -> Option<ETag> {
        let etag = options::message(cache, "etag")?;
        if let Some(path) = options::field(&etag, "field") {
            let path = path.as_str().expect("the field is a string").to_owned();
            return self.field(&path).map(ETag::Field);
        }
        if options::field(&etag, "content").is_some() {
            return Some(ETag::Content);
        }
        self.wrong(Code::CACHE_ETAG, &[tag::ETAG], "`etag` does not say what it is")
            .help("name the field that is the version, `etag: { field: \"version\" }`, or take a hash of the content, `etag: { content: {} }`");
        None
    }

    /// The fields along a path of the response, the last of which is a version.
    fn field(&mut self, path: &str) -> Option<Vec<FieldId>> {
        let schema = self.schema();
        let mut message = schema.methods[self.method].output;
        let mut fields = Vec::new();
        let mut names = path.split('.').peekable();
        while let Some(name) = names.next() {
            let node = &schema.messages[message];
            // Well-known types are stored as what they stand for.
            let fields_here = if node.well_known.is_some() { &[][..] } else { &node.fields };
            let found = fields_here.iter().copied().find(|field| schema.fields[*field].name == name);
            let Some(field) = found else {
                let text =
                    format!("the entity tag `{path}` is not a field: `{}` has no `{name}`", node.full_name);
                let origin = node.origin.place.clone();
                self.wrong_field(&text)
                    .note(origin, "this message")
                    .help("give the name in the `.proto`, or a path of names, as `meta.version`");
                return None;
            };
            fields.push(field);
            let last = names.peek().is_none();
            let unfit = match &schema.fields[field].kind {
                _ if schema.fields[field].oneof.is_some() => Some("is a member of a oneof"),
                FieldKind::Repeated(_) => Some("is repeated"),
                FieldKind::Map(..) => Some("is a map"),
                FieldKind::Singular(ValueType::Group(inner) | ValueType::Message(inner), _)
                    if !last && schema.messages[*inner].well_known.is_none() =>
                {
                    message = *inner;
                    None
                }
                FieldKind::Singular(_, _) if !last => Some("has no fields"),
                FieldKind::Singular(value, _) => not_a_version(schema, value),
            };
            if let Some(unfit) = unfit {
                let text = format!("the entity tag cannot be `{path}`: `{name}` {unfit}");
                let origin = schema.fields[field].origin.place.clone();
                self.wrong_field(&text).note(origin, "this field").help(
                    "a version is a string, an integer, an enum, bytes or a google.protobuf.Timestamp; `etag: { content: {} }` needs none",
                );
                return None;
            }
        }
        Some(fields)
    }

    /// What speaks of reading needs a method that does nothing else, and says so.
    fn check_reading(&mut self, cache: &Cache) {
        let method = &self.schema().methods[self.method];
        if method.idempotency == Idempotency::NoSideEffects {
            return;
        }
        let is_read = method.bindings.iter().any(|binding| binding.verb == Verb::Get);
        let found = [
            (cache.max_age.is_some(), tag::MAX_AGE, "max_age"),
            (cache.private, tag::PRIVATE, "private"),
            (cache.etag == Some(ETag::Content), tag::ETAG, "etag.content"),
            (is_read && matches!(cache.etag, Some(ETag::Field(_))), tag::ETAG, "etag"),
            (!cache.vary.is_empty(), tag::VARY, "vary"),
        ];
        for (_, tag, name) in found.into_iter().filter(|(is_said, ..)| *is_said) {
            let text = format!("`cache.{name}` speaks of reading, and the method may have side effects");
            let help = if is_read {
                "say that it has none: `option idempotency_level = NO_SIDE_EFFECTS;`"
            } else {
                "a method without side effects says so, `option idempotency_level = NO_SIDE_EFFECTS;`; a change can have `etag.field`"
            };
            self.wrong(Code::CACHE_METHOD, &[tag], &text).help(help);
        }
    }

    /// A mistake in a part of the option.
    fn wrong(&mut self, code: Code, at: &[i32], text: &str) -> Finding<'_> {
        let file = self.schema().services[self.schema().methods[self.method].service].file;
        let option = [&[METHOD_OPTIONS, EXTENSION, CACHE], at].concat();
        let place = self.types.option_place(file, self.rpc.path(), &option);
        Finding::new(self.sink, Diagnostic::error(code, text).at(place))
    }

    fn wrong_field(&mut self, text: &str) -> Finding<'_> {
        /// `rsvc.v1.Cache.ETag.field`
        const FIELD: i32 = 2;
        self.wrong(Code::CACHE_ETAG, &[tag::ETAG, FIELD], text)
    }
}

/// Why a value is not a version, if it is none.
fn not_a_version(schema: &Schema, value: &ValueType) -> Option<&'static str> {
    match value {
        ValueType::Scalar(Scalar::Double | Scalar::Float) => Some("is a floating-point number"),
        ValueType::Scalar(Scalar::Bool) => Some("is a bool"),
        ValueType::Scalar(_) | ValueType::Enum(_) => None,
        ValueType::Message(message) if schema.messages[*message].well_known == Some(WellKnown::Timestamp) => {
            let usual = TypePath::Extern(names::well_known_path(WellKnown::Timestamp));
            (schema.messages[*message].rust != usual).then_some("is of a crate of your own")
        }
        ValueType::Message(_) | ValueType::Group(_) => Some("is a message"),
    }
}

/// A token (RFC 9110, section 5.6.2).
fn is_header_name(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}
