//! `google.api.http` -> [`Binding`]s, by the comments of `google/api/http.proto`.

mod fields;
mod forms;
mod template;

use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, Value};

use super::finding::Finding;
use super::types::Types;
use super::{EXTENSION, annotations as options};
use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::model::http::{Binding, Body, Verb};
use crate::model::{FieldId, FieldKind, MessageId, MethodId, Schema, ValueType, WellKnown};
use crate::options::{Options, RestUse};

/// The number of the extension `google.api.http`.
const HTTP: i32 = 72_295_728;
/// `google.protobuf.MethodDescriptorProto.options`
const METHOD_OPTIONS: i32 = 4;
/// `rsvc.v1.MethodOptions.fill_update_mask`
const FILL_UPDATE_MASK: i32 = 4;

/// Adds the bindings of all methods. A rule that nothing routes by is often somebody else's, so what is wrong with it is a
/// warning where there are clients alone.
pub(super) fn resolve(types: &mut Types<'_>, options: &Options, sink: &mut Sink) {
    let rest_use = options.rest_use();
    let pool = types.schema.pool.clone();
    for id in types.schema.methods.ids() {
        let method = &types.schema.methods[id];
        let service = &types.schema.services[method.service];
        let rpc = pool
            .get_service_by_name(&service.full_name)
            .and_then(|s| s.methods().find(|rpc| rpc.name() == method.name));
        let rpc = rpc.expect("the methods are those of the pool");
        let rule = options::extension(&pool, &rpc.options(), "google.api.http");
        let fill = fill_update_mask(&pool, &rpc);
        let forms = options::extension(&pool, &rpc.options(), "rsvc.v1.method")
            .and_then(|method| options::message(&method, "forms"));
        let at = [METHOD_OPTIONS, HTTP].to_vec();
        let mut reader = HttpRuleReader { types, sink, method: id, rpc: rpc.path(), at, fill, rest_use };
        let mut bindings = rule.as_ref().map(|rule| reader.rules(rule)).unwrap_or_default();
        if rule.is_none() && fill {
            reader.nothing_to_fill();
        }
        if let Some(forms) = forms {
            reader.forms(&forms, &mut bindings);
        }
        types.schema.methods[id].bindings = bindings;
    }
}

fn fill_update_mask(pool: &DescriptorPool, rpc: &MethodDescriptor) -> bool {
    options::extension(pool, &rpc.options(), "rsvc.v1.method")
        .and_then(|method| options::field(&method, "fill_update_mask"))
        .is_some_and(|value| value.as_bool() == Some(true))
}

/// The numbers of the fields of `google.api.HttpRule`.
mod tag {
    pub(super) const BODY: i32 = 7;
    pub(super) const CUSTOM: i32 = 8;
    pub(super) const ADDITIONAL_BINDINGS: i32 = 11;
    pub(super) const RESPONSE_BODY: i32 = 12;
}

/// Reads the rules of one method.
struct HttpRuleReader<'a> {
    types: &'a Types<'a>,
    sink: &'a mut Sink,
    method: MethodId,
    /// The path of the rpc in its file.
    rpc: &'a [i32],
    /// The path of the rule that is read, from there.
    at: Vec<i32>,
    /// Whether the method asks for its update mask to be filled.
    fill: bool,
    rest_use: RestUse,
}

impl<'a> HttpRuleReader<'a> {
    fn schema(&self) -> &'a Schema {
        &self.types.schema
    }

    fn rules(&mut self, rule: &DynamicMessage) -> Vec<Binding> {
        let additional = options::field(rule, "additional_bindings");
        let additional = additional.as_ref().and_then(Value::as_list).unwrap_or(&[]);
        let mut bindings: Vec<Binding> = self.binding(rule).into_iter().collect();
        for (index, rule) in (0..).zip(additional.iter().filter_map(Value::as_message)) {
            self.at.extend([tag::ADDITIONAL_BINDINGS, index]);
            if options::field(rule, "additional_bindings").is_some() {
                let text = "an additional binding has additional bindings of its own";
                self.wrong(Code::HTTP_RULE, tag::ADDITIONAL_BINDINGS, text)
                    .help("put all of them beside each other, into the outer rule");
            }
            bindings.extend(self.binding(rule));
            self.at.truncate(self.at.len() - 2);
        }
        if self.fill {
            self.check_fill(&bindings);
        }
        bindings
    }

    fn binding(&mut self, rule: &DynamicMessage) -> Option<Binding> {
        let Pattern { verb, path, tag } = self.pattern(rule)?;
        let parsed = match template::parse(&path) {
            Ok(parsed) => parsed,
            Err(wrong) => {
                let text = format!("the path template `{path}` is not valid: {}", wrong.message);
                let way_out = (wrong.published && self.rest_use == RestUse::Servers).then_some(
                    "a service that is only called needs no routes: `rest=false` or `server=false` leaves them out",
                );
                self.wrong(Code::HTTP_TEMPLATE, tag, text).remark(way_out).help(wrong.help);
                return None;
            }
        };
        let method = &self.schema().methods[self.method];
        let (input, output) = (method.input, method.output);
        let variables = self.variables(input, tag, &parsed.variables);
        let body = self.body(rule, input);
        let response_body = self.response_body(rule, output);
        let (variables, body, response_body) = (variables?, body?, response_body.ok()?);
        if let Body::Field(field) = body
            && variables.iter().any(|v| v.fields == [field])
        {
            let name = &self.schema().fields[field].name;
            self.wrong(
                Code::HTTP_BODY,
                tag::BODY,
                format!("the body is the field `{name}`, which the path sets as well"),
            )
            .help("the path always wins, so the body would never count: leave one of them out");
            return None;
        }
        let query = match body {
            Body::Whole => Vec::new(),
            _ => self.query(input, &variables, body),
        };
        let fill_update_mask = self.fill.then(|| self.update_mask(input, body)).flatten();
        Some(Binding {
            method: self.method,
            verb,
            template: parsed.template,
            variables,
            query,
            body,
            response_body,
            fill_update_mask,
            forms: None,
            place: self.place(tag),
        })
    }

    /// The verb and the path template of a rule.
    fn pattern(&mut self, rule: &DynamicMessage) -> Option<Pattern> {
        let simple = [
            ("get", 2, Verb::Get),
            ("put", 3, Verb::Put),
            ("post", 4, Verb::Post),
            ("delete", 5, Verb::Delete),
            ("patch", 6, Verb::Patch),
        ];
        for (name, tag, verb) in simple {
            if options::field(rule, name).is_some() {
                return Some(Pattern { verb, path: text(rule, name), tag });
            }
        }
        let Some(custom) = options::message(rule, "custom") else {
            self.wrong(Code::HTTP_RULE, 0, "the rule has no path")
                .help("say which requests it takes, as `get: \"/v1/users/{user_id}\"`");
            return None;
        };
        let kind = text(&custom, "kind");
        let verb = match &*kind {
            "*" => Verb::Any,
            "GET" => Verb::Get,
            "PUT" => Verb::Put,
            "POST" => Verb::Post,
            "DELETE" => Verb::Delete,
            "PATCH" => Verb::Patch,
            "CONNECT" => {
                self.wrong(Code::HTTP_RULE, tag::CUSTOM, "CONNECT asks for a tunnel and has no path")
                    .help("choose another method");
                return None;
            }
            _ if is_token(&kind) => Verb::Custom(kind),
            _ => {
                let help = if kind.is_empty() {
                    "give `kind`, as `\"PURGE\"`, or `\"*\"` for any method"
                } else {
                    "HTTP methods are upper-case words, as `\"PURGE\"`, and are told apart by case"
                };
                self.wrong(Code::HTTP_RULE, tag::CUSTOM, format!("`{kind}` is not an HTTP method"))
                    .help(help);
                return None;
            }
        };
        Some(Pattern { verb, path: text(&custom, "path"), tag: tag::CUSTOM })
    }

    /// `body`; `None` when it is wrong.
    fn body(&mut self, rule: &DynamicMessage, input: MessageId) -> Option<Body> {
        match &*text(rule, "body") {
            "" => Some(Body::None),
            "*" => Some(Body::Whole),
            name => self.top_field(input, name, ("body", tag::BODY), "request").map(Body::Field),
        }
    }

    /// `response_body`.
    fn response_body(
        &mut self,
        rule: &DynamicMessage,
        output: MessageId,
    ) -> Result<Option<FieldId>, Reported> {
        match &*text(rule, "response_body") {
            "" => Ok(None),
            "*" => {
                self.wrong(
                    Code::HTTP_BODY,
                    tag::RESPONSE_BODY,
                    "`response_body` is `*`, which only `body` can be",
                )
                .help("leave `response_body` out to send all of the response");
                Err(Reported)
            }
            name => self
                .top_field(output, name, ("response_body", tag::RESPONSE_BODY), "response")
                .map(Some)
                .ok_or(Reported),
        }
    }

    /// The field of `message` that `option` names.
    fn top_field(
        &mut self,
        message: MessageId,
        name: &str,
        (option, tag): (&str, i32),
        what: &str,
    ) -> Option<FieldId> {
        let schema = self.schema();
        if let Some(field) = fields::named(schema, message, name) {
            return Some(field);
        }
        let node = &schema.messages[message];
        let help = if name.contains('.') {
            format!("`{option}` can only be a field of the {what} itself")
        } else {
            fields::suggestion(schema, message, name)
        };
        let text = format!("`{option}` is `{name}`, but the {what} `{}` has no such field", node.full_name);
        let origin = node.origin.place.clone();
        self.wrong(Code::HTTP_BODY, tag, text).note(origin, "this message").help(help);
        None
    }

    /// The request's `update_mask`, if the body is a field that it can tell of.
    fn update_mask(&self, input: MessageId, body: Body) -> Option<FieldId> {
        let Body::Field(_) = body else { return None };
        let mask = fields::named(self.schema(), input, "update_mask")?;
        match self.schema().fields[mask].kind {
            FieldKind::Singular(ValueType::Message(message), _)
                if self.schema().messages[message].well_known == Some(WellKnown::FieldMask) =>
            {
                Some(mask)
            }
            _ => None,
        }
    }

    fn check_fill(&mut self, bindings: &[Binding]) {
        if !bindings.is_empty() && bindings.iter().all(|b| b.fill_update_mask.is_none()) {
            self.nothing_to_fill();
        }
    }

    fn nothing_to_fill(&mut self) {
        let file = self.schema().services[self.schema().methods[self.method].service].file;
        let option = [METHOD_OPTIONS, EXTENSION, FILL_UPDATE_MASK];
        let place = self.types.option_place(file, self.rpc, &option);
        self.found(Code::HTTP_RULE, "`fill_update_mask` has nothing to fill", place).help(
            "it needs a binding whose `body` is a field, and a request with `google.protobuf.FieldMask update_mask`",
        );
    }

    /// Where the field `tag` of the rule stands, or the rule itself.
    fn place(&self, tag: i32) -> Place {
        let file = self.schema().services[self.schema().methods[self.method].service].file;
        let tag = (tag != 0).then_some(tag);
        let option: Vec<i32> = self.at.iter().copied().chain(tag).collect();
        self.types.option_place(file, self.rpc, &option)
    }

    fn wrong(&mut self, code: Code, tag: i32, message: impl Into<String>) -> Finding<'_> {
        let place = self.place(tag);
        let without = match self.rest_use {
            RestUse::Servers => None,
            RestUse::Clients => Some("clients over REST are made without this binding"),
            RestUse::Nothing => Some("nothing is made of the rule with these options"),
        };
        self.found(code, message, place).remark(without)
    }

    fn found(&mut self, code: Code, message: impl Into<String>, place: Place) -> Finding<'_> {
        let diagnostic = match self.rest_use {
            RestUse::Servers => Diagnostic::error(code, message),
            RestUse::Clients | RestUse::Nothing => Diagnostic::warning(code, message),
        };
        Finding::new(self.sink, diagnostic.at(place))
    }
}

/// It was wrong, and that was reported.
struct Reported;

/// What requests a rule takes.
struct Pattern {
    verb: Verb,
    path: String,
    /// The field of the rule that says so.
    tag: i32,
}

fn text(rule: &DynamicMessage, name: &str) -> String {
    options::field(rule, name).and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// RFC 9110 section 5.6.2, without lower-case letters: no method that is in use has one.
fn is_token(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(fits)
}
