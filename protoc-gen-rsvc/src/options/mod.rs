//! The generator's options: one struct and one strict parser for the builder, the plugin and the command line.

mod openapi;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::diag::{Code, Diagnostic};
pub use openapi::{DocumentFormat, DocumentSplit, OpenApiOptions, OpenApiVersion};

/// Everything that can be chosen. [`KEYS`] lists the keys with their meaning.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // they are switches
pub struct Options {
    /// Proto prefix, without a leading dot, to the Rust path where its types live.
    pub extern_paths: BTreeMap<String, String>,
    /// Those of the extern paths whose types have prost's code alone.
    pub plain_externs: BTreeSet<String>,
    /// Fields of type `bytes` kept as `bytes::Bytes`.
    pub bytes: PathSet,
    /// Maps kept as `BTreeMap`.
    pub btree_map: PathSet,
    /// Fields put into a `Box`.
    pub boxed: PathSet,
    /// Attributes for messages, enums and oneofs.
    pub type_attributes: Vec<(String, String)>,
    /// Attributes for fields, variants and oneofs' fields.
    pub field_attributes: Vec<(String, String)>,
    /// Whether code is generated for imported files as well, not only for those named.
    pub imports: bool,
    /// Whether clients are generated.
    pub client: bool,
    /// Whether servers are generated.
    pub server: bool,
    /// Whether messages and enums get the traits of `serde`, by their `ProtoJSON`.
    pub serde: bool,
    /// Whether messages get `rsvc::sample::Sample`.
    pub samples: bool,
    /// Whether servers answer REST, where `google.api.http` says how.
    pub rest: bool,
    /// Whether clients over REST are generated.
    pub rest_client: bool,
    /// Whether services get a trait that can be an object.
    pub objects: bool,
    /// Whether the methods of service traits answer `UNIMPLEMENTED` by default.
    pub default_methods: bool,
    /// What is done about methods that do not declare who may call them.
    pub undeclared_access: Lint,
    /// Whether a validation rule that cannot be compiled fails at run time, not the build.
    pub defer_rule_errors: bool,
    /// Whether standard rules come from the CEL beside them, where there is some: a second opinion for tests.
    pub rules_from_cel: bool,
    /// Documents of `OpenAPI`.
    pub openapi: OpenApiOptions,
    /// Whether a reference is written beside the code.
    pub docs: bool,
}

/// The form of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocsFormat {
    /// Pages for browsers, with search and an explorer.
    Html,
    /// Pages for other tools.
    Markdown,
}

impl DocsFormat {
    const NAMES: [(&'static str, Self); 2] = [("html", Self::Html), ("markdown", Self::Markdown)];

    /// The format of this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, format)| *format)
    }
}

/// What is done about something that may be wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lint {
    /// Nothing.
    #[default]
    Off,
    /// It is a warning.
    Warn,
    /// It is an error.
    Deny,
}

impl Lint {
    const NAMES: [(&'static str, Self); 3] = [("off", Self::Off), ("warn", Self::Warn), ("deny", Self::Deny)];

    /// How it is written in a text of options.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, lint)| *lint == self).expect("every level has a name").0
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            extern_paths: BTreeMap::new(),
            plain_externs: BTreeSet::new(),
            bytes: PathSet::default(),
            btree_map: PathSet::default(),
            boxed: PathSet::default(),
            type_attributes: Vec::new(),
            field_attributes: Vec::new(),
            imports: true,
            client: true,
            server: true,
            serde: false,
            samples: false,
            rest: true,
            rest_client: false,
            objects: false,
            default_methods: false,
            undeclared_access: Lint::Off,
            defer_rule_errors: false,
            rules_from_cel: false,
            openapi: OpenApiOptions::default(),
            docs: false,
        }
    }
}

/// Every key with the form of its value and its meaning: what the parser accepts and `--help` prints.
pub const KEYS: &[(&str, &str, &str)] = &[
    ("extern_path", ".PROTO=RUST", "types below .PROTO live at the Rust path RUST and are not generated"),
    ("extern_prost", ".PROTO=RUST", "as extern_path, for a crate that prost-build or tonic generated"),
    ("bytes", "PATH", "bytes fields below PATH are bytes::Bytes instead of Vec<u8>"),
    ("btree_map", "PATH", "maps below PATH are BTreeMap instead of HashMap"),
    ("boxed", "PATH", "message fields below PATH are put into a Box"),
    ("type_attribute", "PATH=ATTRIBUTE", "adds a Rust attribute to messages, enums and oneofs below PATH"),
    ("field_attribute", "PATH=ATTRIBUTE", "adds a Rust attribute to fields and enum values below PATH"),
    ("imports", "true|false", "generates code for imported files too (default true)"),
    ("client", "true|false", "generates clients (default true)"),
    ("server", "true|false", "generates servers (default true)"),
    ("rest", "true|false", "servers answer REST where google.api.http says how (default true)"),
    (
        "rest_client",
        "true|false",
        "generates clients over REST, for which `rsvc` needs its feature `rest-client` (default false)",
    ),
    ("objects", "true|false", "services can be trait objects, as `Arc<dyn DynUserService>` (default false)"),
    (
        "default_methods",
        "true|false",
        "methods that an implementation does not have answer UNIMPLEMENTED (default false)",
    ),
    (
        "serde",
        "true|false",
        "messages and enums get serde's traits, for which `rsvc` needs its feature `serde` (default false)",
    ),
    (
        "samples",
        "true|false",
        "messages get `rsvc::sample::Sample`, for which `rsvc` needs its feature `samples` (default false)",
    ),
    (
        "undeclared_access",
        "off|warn|deny",
        "methods that do not declare who may call them are nothing, a warning or an error (default off)",
    ),
    (
        "defer_rule_errors",
        "true|false",
        "validation rules that cannot be compiled fail at run time (default false)",
    ),
    (
        "rules_from_cel",
        "true|false",
        "standard rules come from their CEL where it is given; for tests (default false)",
    ),
    ("docs", "true|false", "writes a reference of the services, for `rsvc::Server::docs` (default false)"),
    openapi::KEYS[0],
    openapi::KEYS[1],
    openapi::KEYS[2],
    openapi::KEYS[3],
];

/// What is made of `google.api.http`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RestUse {
    /// Nothing: services are called and served over other protocols alone.
    Nothing,
    /// Clients call by it.
    Clients,
    /// Servers route by it.
    Servers,
}

impl Options {
    /// What is made of `google.api.http`.
    pub(crate) fn rest_use(&self) -> RestUse {
        if self.server && self.rest {
            RestUse::Servers
        } else if self.rest_client {
            RestUse::Clients
        } else {
            RestUse::Nothing
        }
    }

    /// The option by which documents are asked for, if one does.
    pub(crate) fn asked_documents(&self) -> Option<&'static str> {
        let openapi = (self.openapi.format != DocumentFormat::Off).then_some("openapi");
        openapi.or(self.docs.then_some("docs"))
    }

    /// Whether services have their traits. They name what `rsvc` has for calls, which a crate of messages need not have.
    pub(crate) fn has_traits(&self) -> bool {
        self.server || self.client || self.rest_client || self.objects
    }

    /// Sets one option from its text form.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), Diagnostic> {
        match key {
            "extern_path" | "extern_prost" => {
                let (proto, rust) = pair(key, value)?;
                let Some(proto) = proto.strip_prefix('.') else {
                    return Err(
                        bad(key, value).help("a proto path begins with a dot: `.google.type=::types`")
                    );
                };
                if syn::parse_str::<syn::Type>(rust).is_err() {
                    return Err(bad(key, value).help("what follows `=` must be a Rust path"));
                }
                if self.extern_paths.insert(proto.to_owned(), rust.to_owned()).is_some_and(|old| old != rust)
                {
                    return Err(bad(key, value).help(format!("`.{proto}` is mapped twice")));
                }
                if key == "extern_prost" {
                    self.plain_externs.insert(proto.to_owned());
                }
            }
            "bytes" => self.bytes.add(path(key, value)?),
            "btree_map" => self.btree_map.add(path(key, value)?),
            "boxed" => self.boxed.add(path(key, value)?),
            "type_attribute" => self.type_attributes.push(attribute(key, value)?),
            "field_attribute" => self.field_attributes.push(attribute(key, value)?),
            "imports" => self.imports = flag(key, value)?,
            "client" => self.client = flag(key, value)?,
            "server" => self.server = flag(key, value)?,
            "serde" => self.serde = flag(key, value)?,
            "samples" => self.samples = flag(key, value)?,
            "rest" => self.rest = flag(key, value)?,
            "rest_client" => self.rest_client = flag(key, value)?,
            "objects" => self.objects = flag(key, value)?,
            "default_methods" => self.default_methods = flag(key, value)?,
            "undeclared_access" => self.undeclared_access = lint(key, value)?,
            "defer_rule_errors" => self.defer_rule_errors = flag(key, value)?,
            "rules_from_cel" => self.rules_from_cel = flag(key, value)?,
            "docs" => self.docs = flag(key, value)?,
            _ => {
                if let Some(set) = self.openapi.set(key, value) {
                    return set;
                }
                let known: Vec<_> = KEYS.iter().map(|(k, _, _)| *k).collect();
                return Err(Diagnostic::error(Code::BAD_PARAMETER, format!("unknown option `{key}`"))
                    .help(format!("the options are {}", known.join(", "))));
            }
        }
        Ok(())
    }

    /// Parses a plugin parameter: `key=value` pairs separated by commas, a comma in a value as `\,`.
    pub fn parse(parameter: &str) -> Result<Self, Vec<Diagnostic>> {
        let mut options = Self::default();
        let mut errors = Vec::new();
        for item in split_commas(parameter) {
            let (key, value) = item.split_once('=').unwrap_or((&item, "true"));
            if let Err(error) = options.set(key.trim(), value) {
                errors.push(error);
            }
        }
        if errors.is_empty() { Ok(options) } else { Err(errors) }
    }

    /// Paths of [`PathSet`]s that were given but matched nothing.
    pub(crate) fn unused_paths(&self) -> Vec<(&'static str, &str)> {
        let sets = [("bytes", &self.bytes), ("btree_map", &self.btree_map), ("boxed", &self.boxed)];
        sets.into_iter().flat_map(|(key, set)| set.unused().map(move |path| (key, path))).collect()
    }
}

fn split_commas(text: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&',') => {
                chars.next();
                if let Some(item) = items.last_mut() {
                    item.push(',');
                }
            }
            ',' => items.push(String::new()),
            _ => {
                if let Some(item) = items.last_mut() {
                    item.push(c);
                }
            }
        }
    }
    items.retain(|item| !item.trim().is_empty());
    items
}

fn bad(key: &str, value: &str) -> Diagnostic {
    let form = KEYS.iter().find(|(k, _, _)| *k == key).map_or("", |(_, form, _)| form);
    Diagnostic::error(Code::BAD_PARAMETER, format!("bad value `{value}` for the option `{key}`"))
        .note(None, format!("its form is `{key}={form}`"))
}

fn pair<'v>(key: &str, value: &'v str) -> Result<(&'v str, &'v str), Diagnostic> {
    value.split_once('=').filter(|(a, b)| !a.is_empty() && !b.is_empty()).ok_or_else(|| bad(key, value))
}

fn path<'v>(key: &str, value: &'v str) -> Result<&'v str, Diagnostic> {
    let inner = value.strip_prefix('.').unwrap_or(value);
    let fine = value == "." || (!inner.is_empty() && inner.split('.').all(|part| !part.is_empty()));
    if fine { Ok(value) } else { Err(bad(key, value)) }
}

fn attribute(key: &str, value: &str) -> Result<(String, String), Diagnostic> {
    let (at, text) = pair(key, value)?;
    path(key, at)?;
    if syn::parse_str::<syn::File>(&format!("{text} struct S {{}}")).is_err() {
        return Err(bad(key, value).help("what follows `=` must be a Rust attribute, as `#[derive(Ord)]`"));
    }
    Ok((at.to_owned(), text.to_owned()))
}

fn flag(key: &str, value: &str) -> Result<bool, Diagnostic> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(bad(key, value)),
    }
}

fn lint(key: &str, value: &str) -> Result<Lint, Diagnostic> {
    let found = Lint::NAMES.iter().find(|(name, _)| *name == value);
    found.map(|(_, lint)| *lint).ok_or_else(|| bad(key, value))
}

/// A set of proto paths, each with whether it ever matched.
///
/// `.` is everything, `.shop.v1.Order` that message and all below it, `Order.note` whatever ends so.
#[derive(Clone, Debug, Default)]
pub struct PathSet(Vec<(String, Used)>);

/// Whether a path ever matched; a copy begins with what was known.
#[derive(Default)]
struct Used(AtomicBool);

impl fmt::Debug for Used {
    /// Nothing: the text of options tells what was chosen.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("_")
    }
}

impl Used {
    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Clone for Used {
    fn clone(&self) -> Self {
        Self(AtomicBool::new(self.is_set()))
    }
}

impl PathSet {
    /// Adds a path.
    pub fn add(&mut self, path: impl Into<String>) {
        self.0.push((path.into(), Used::default()));
    }

    /// Whether a path of the set covers `full_name`, which has no leading dot.
    pub fn matches(&self, full_name: &str) -> bool {
        let mut any = false;
        for (path, used) in &self.0 {
            if path_matches(path, full_name) {
                used.set();
                any = true;
            }
        }
        any
    }

    fn unused(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, used)| !used.is_set()).map(|(path, _)| path.as_str())
    }
}

/// Whether `path` (absolute with a leading dot, or the end of a name) covers `full_name`.
pub(crate) fn path_matches(path: &str, full_name: &str) -> bool {
    match path.strip_prefix('.') {
        Some("") => true,
        Some(prefix) => {
            full_name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        }
        None => full_name.strip_suffix(path).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_and_bad_options_are_errors() {
        for (text, part) in [
            ("typo=1", "unknown option `typo`"),
            ("imports=maybe", "bad value `maybe` for the option `imports`"),
            ("undeclared_access=true", "bad value `true` for the option `undeclared_access`"),
            ("undeclared_access", "bad value `true` for the option `undeclared_access`"),
            ("openapi=true", "bad value `true` for the option `openapi`"),
            ("openapi_version=3.0", "bad value `3.0` for the option `openapi_version`"),
            ("openapi_split=file", "bad value `file` for the option `openapi_split`"),
            ("extern_path=google=::g", "bad value"),
            ("extern_path=.google", "bad value"),
            ("bytes=..a", "bad value"),
            ("type_attribute=.a=derive", "bad value"),
        ] {
            let errors = Options::parse(text).expect_err(text);
            assert!(errors[0].message.contains(part), "{text}: {}", errors[0].message);
        }
        assert_eq!(Options::parse("a=1,b=2").expect_err("both").len(), 2);
    }

    #[test]
    fn lints_have_levels() {
        for (text, lint) in [("off", Lint::Off), ("warn", Lint::Warn), ("deny", Lint::Deny)] {
            let options = Options::parse(&format!("undeclared_access={text}")).expect("parses");
            assert_eq!((options.undeclared_access, lint.name()), (lint, text));
        }
        assert_eq!(Options::default().undeclared_access, Lint::Off);
    }

    #[test]
    fn commas_can_be_escaped() {
        let options = Options::parse(r"type_attribute=.=#[derive(Ord\, Eq)],client=false").expect("parses");
        assert_eq!(options.type_attributes, [(".".into(), "#[derive(Ord, Eq)]".into())]);
        assert!(!options.client);
    }

    #[test]
    fn paths() {
        assert!(path_matches(".", "a.B.c"));
        assert!(
            path_matches(".a.B", "a.B.c") && path_matches(".a.B", "a.B") && !path_matches(".a.B", "a.Bc")
        );
        assert!(path_matches("B.c", "a.B.c") && !path_matches("B.c", "a.xB.c"));
    }
}
