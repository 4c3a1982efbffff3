//! What has a page, and who uses what.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::link::Link;
use crate::emit::samples::Samples;
use crate::model::openapi;
use crate::model::{EnumId, ErrorSetId, FieldId, MessageId, MethodId, Schema, ServiceId, ValueType};

/// The definitions that have pages, each sorted by its full name.
pub(super) struct Site<'a> {
    pub(super) schema: &'a Schema,
    pub(super) title: String,
    pub(super) services: Vec<ServiceId>,
    pub(super) messages: Vec<MessageId>,
    pub(super) enums: Vec<EnumId>,
    pub(super) error_sets: Vec<ErrorSetId>,
    message_users: BTreeMap<MessageId, BTreeSet<Use>>,
    enum_users: BTreeMap<EnumId, BTreeSet<Use>>,
    samples: RefCell<Samples<'a>>,
}

/// Someone who uses a type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Use {
    /// What it is used as: `request of`, `field`.
    pub(super) what: &'static str,
    pub(super) link: Link,
}

impl<'a> Site<'a> {
    pub(super) fn new(schema: &'a Schema) -> Self {
        let is_root = |file| schema.files[file].root;
        let mut services: Vec<_> =
            schema.services.iter().filter(|(_, s)| is_root(s.file)).map(|(id, _)| id).collect();
        services.sort_by_key(|id| &schema.services[*id].full_name);
        let mut site = Self {
            schema,
            title: title(schema, &services),
            services,
            messages: Vec::new(),
            enums: Vec::new(),
            error_sets: Vec::new(),
            message_users: BTreeMap::new(),
            enum_users: BTreeMap::new(),
            samples: RefCell::new(Samples::new(schema)),
        };
        let mut found = Found::default();
        for (id, message) in schema.messages.iter().filter(|(_, message)| is_root(message.file)) {
            match message.error_set {
                Some(set) => found.error_set(schema, set),
                None => found.message(schema, id),
            }
        }
        let enums = schema.enums.iter().filter(|(_, node)| is_root(node.file)).map(|(id, _)| id);
        found.enums.extend(enums);
        for service in site.services.clone() {
            let service = &schema.services[service];
            if let Some(set) = service.error {
                found.error_set(schema, set);
            }
            for method in &service.methods {
                found.message(schema, schema.methods[*method].input);
                found.message(schema, schema.methods[*method].output);
            }
        }
        site.messages = found.messages.into_iter().collect();
        site.messages.sort_by_key(|id| &schema.messages[*id].full_name);
        site.enums = found.enums.into_iter().collect();
        site.enums.sort_by_key(|id| &schema.enums[*id].full_name);
        site.error_sets = found.error_sets.into_iter().collect();
        site.error_sets.sort_by_key(|id| &schema.messages[schema.error_sets[*id].message].full_name);
        site.note_users();
        site
    }

    fn note_users(&mut self) {
        for service in &self.services {
            for id in &self.schema.services[*service].methods {
                let (method, link) = (&self.schema.methods[*id], self.method(*id));
                let mut link = link;
                link.text.clone_from(&method.full_name);
                for (message, what) in [(method.input, "request of"), (method.output, "response of")] {
                    self.message_users.entry(message).or_default().insert(Use { what, link: link.clone() });
                }
            }
        }
        for id in &self.messages {
            for field in &self.schema.messages[*id].fields {
                let node = &self.schema.fields[*field];
                let place = Use { what: "field", link: self.message(*id).part(&node.full_name, &node.name) };
                match node.kind.value() {
                    ValueType::Message(of) | ValueType::Group(of) => {
                        self.message_users.entry(*of).or_default().insert(place);
                    }
                    ValueType::Enum(of) => {
                        self.enum_users.entry(*of).or_default().insert(place);
                    }
                    ValueType::Scalar(_) => {}
                }
            }
        }
        for id in &self.error_sets {
            let page = self.error_set(*id);
            for error in &self.schema.error_sets[*id].errors {
                let text = format!("{}.{}", page.text, error.reason);
                let link = page.part(&text, &error.reason);
                self.message_users.entry(error.payload).or_default().insert(Use { what: "error", link });
            }
        }
    }

    /// A valid example of a message, in JSON.
    pub(super) fn sample(&self, id: MessageId) -> Option<Value> {
        self.samples.borrow_mut().message(id)
    }

    /// A valid example of a request.
    pub(super) fn request(&self, id: MessageId) -> Option<Value> {
        self.samples.borrow_mut().request(id)
    }

    /// Who uses a message.
    pub(super) fn message_users(&self, id: MessageId) -> Vec<Use> {
        self.message_users.get(&id).into_iter().flatten().cloned().collect()
    }

    /// Who uses an enum.
    pub(super) fn enum_users(&self, id: EnumId) -> Vec<Use> {
        self.enum_users.get(&id).into_iter().flatten().cloned().collect()
    }

    pub(super) fn service(&self, id: ServiceId) -> Link {
        let service = &self.schema.services[id];
        Link::new(&service.name, format!("services/{}", service.full_name))
    }

    pub(super) fn method(&self, id: MethodId) -> Link {
        let method = &self.schema.methods[id];
        self.service(method.service).part(&method.name, &method.name)
    }

    pub(super) fn message(&self, id: MessageId) -> Link {
        let message = &self.schema.messages[id];
        Link::new(short(&message.full_name, &self.schema.packages[message.package].name), {
            format!("messages/{}", message.full_name)
        })
    }

    pub(super) fn enumeration(&self, id: EnumId) -> Link {
        let node = &self.schema.enums[id];
        Link::new(short(&node.full_name, &self.schema.packages[node.package].name), {
            format!("enums/{}", node.full_name)
        })
    }

    pub(super) fn error_set(&self, id: ErrorSetId) -> Link {
        let message = &self.schema.messages[self.schema.error_sets[id].message];
        Link::new(short(&message.full_name, &self.schema.packages[message.package].name), {
            format!("errors/{}", message.full_name)
        })
    }

    /// The names of fields in JSON, from the request down.
    pub(super) fn json_path(&self, fields: &[FieldId]) -> Vec<&'a str> {
        fields.iter().map(|id| self.schema.fields[*id].json_name.as_str()).collect()
    }

    /// The names of fields, from a message down: `user.name`.
    pub(super) fn path(&self, fields: &[FieldId]) -> String {
        let names: Vec<_> = fields.iter().map(|id| self.schema.fields[*id].name.as_str()).collect();
        names.join(".")
    }
}

/// A full name without its package.
fn short<'n>(full_name: &'n str, package: &str) -> &'n str {
    full_name.strip_prefix(package).and_then(|rest| rest.strip_prefix('.')).unwrap_or(full_name)
}

/// What the services say that they are called, with their version; or else their package, if they are of one.
fn title(schema: &Schema, services: &[ServiceId]) -> String {
    if let Some(said) = openapi::described(schema, services)
        && let Some(title) = &said.title
    {
        return match &said.version {
            Some(version) => format!("{title} {version}"),
            None => title.clone(),
        };
    }
    let packages: BTreeSet<_> =
        services.iter().map(|id| &*schema.packages[schema.services[*id].package].name).collect();
    match Vec::from_iter(packages)[..] {
        [name] if !name.is_empty() => format!("{name} API"),
        _ => "API reference".into(),
    }
}

/// What is reached from the roots.
#[derive(Default)]
struct Found {
    messages: BTreeSet<MessageId>,
    enums: BTreeSet<EnumId>,
    error_sets: BTreeSet<ErrorSetId>,
}

impl Found {
    fn error_set(&mut self, schema: &Schema, id: ErrorSetId) {
        if self.error_sets.insert(id) {
            for error in &schema.error_sets[id].errors {
                self.message(schema, error.payload);
            }
        }
    }

    fn message(&mut self, schema: &Schema, id: MessageId) {
        let mut left = vec![id];
        while let Some(id) = left.pop() {
            if !self.messages.insert(id) {
                continue;
            }
            for field in &schema.messages[id].fields {
                match schema.fields[*field].kind.value() {
                    ValueType::Message(of) | ValueType::Group(of) => left.push(*of),
                    ValueType::Enum(of) => {
                        self.enums.insert(*of);
                    }
                    ValueType::Scalar(_) => {}
                }
            }
        }
    }
}
