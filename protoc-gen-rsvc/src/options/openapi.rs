//! What is said about OpenAPI documents.

use super::{bad, flag};
use crate::diag::Diagnostic;

/// The options whose keys begin with `openapi`.
#[derive(Clone, Debug, Default)]
pub struct OpenApiOptions {
    /// Whether documents are written, and how.
    pub format: DocumentFormat,
    /// The version of the specification that they follow.
    pub version: OpenApiVersion,
    /// What has a document of its own.
    pub split: DocumentSplit,
    /// Whether the paths of the Connect protocol are in them.
    pub connect: bool,
}

/// How a document is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DocumentFormat {
    /// Not at all.
    #[default]
    Off,
    /// As JSON.
    Json,
    /// As YAML.
    Yaml,
}

/// A version of the OpenAPI specification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OpenApiVersion {
    /// 3.1, which most tools read.
    #[default]
    V31,
    /// 3.2, which can describe the items of a stream, and any HTTP method.
    V32,
}

/// What has a document of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DocumentSplit {
    /// All services together.
    #[default]
    All,
    /// Each package.
    Package,
    /// Each service.
    Service,
}

impl DocumentFormat {
    const NAMES: [(&'static str, Self); 3] = [("off", Self::Off), ("json", Self::Json), ("yaml", Self::Yaml)];

    /// How it is written in a text of options.
    pub(crate) fn name(self) -> &'static str {
        name(&Self::NAMES, self)
    }
}

impl OpenApiVersion {
    const NAMES: [(&'static str, Self); 2] = [("3.1", Self::V31), ("3.2", Self::V32)];

    /// How it is written in a text of options.
    pub(crate) fn name(self) -> &'static str {
        name(&Self::NAMES, self)
    }
}

impl DocumentSplit {
    const NAMES: [(&'static str, Self); 3] =
        [("all", Self::All), ("package", Self::Package), ("service", Self::Service)];

    /// How it is written in a text of options.
    pub(crate) fn name(self) -> &'static str {
        name(&Self::NAMES, self)
    }
}

/// Every key with the form of its value and its meaning.
pub(super) const KEYS: [(&str, &str, &str); 4] = [
    ("openapi", "off|json|yaml", "writes an OpenAPI document beside the code (default off)"),
    ("openapi_version", "3.1|3.2", "the version of OpenAPI that documents follow (default 3.1)"),
    (
        "openapi_split",
        "all|package|service",
        "one document for all, or one for each package or service (default all)",
    ),
    (
        "openapi_connect",
        "true|false",
        "documents have the paths of the Connect protocol too, for every unary method (default false)",
    ),
];

impl OpenApiOptions {
    /// Sets one option; `None` for a key that is of something else.
    pub(super) fn set(&mut self, key: &str, value: &str) -> Option<Result<(), Diagnostic>> {
        match key {
            "openapi" => Some(choose(key, value, &DocumentFormat::NAMES, &mut self.format)),
            "openapi_version" => Some(choose(key, value, &OpenApiVersion::NAMES, &mut self.version)),
            "openapi_split" => Some(choose(key, value, &DocumentSplit::NAMES, &mut self.split)),
            "openapi_connect" => Some(flag(key, value).map(|connect| self.connect = connect)),
            _ => None,
        }
    }
}

fn name<T: Copy + PartialEq>(names: &[(&'static str, T)], value: T) -> &'static str {
    names.iter().find(|(_, other)| *other == value).expect("every choice has a name").0
}

fn choose<T: Copy>(key: &str, value: &str, names: &[(&str, T)], place: &mut T) -> Result<(), Diagnostic> {
    let (_, chosen) = names.iter().find(|(name, _)| *name == value).ok_or_else(|| bad(key, value))?;
    *place = *chosen;
    Ok(())
}
