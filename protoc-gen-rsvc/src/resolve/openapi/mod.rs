//! `rsvc.v1.openapi`: what documents say of a package; `operations.rs` has what they say of services and methods.

mod operations;

use prost_reflect::DynamicMessage;

use super::annotations as options;
use super::types::Types;
use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::input::Loaded;
use crate::model::openapi::{Contact, License, Link, OpenApi, Overlay, SchemeKind, SecurityScheme};
use crate::model::{FileId, PackageId};
use crate::options::{DocumentFormat, Options};
use crate::sorted::SortedSet;

/// `google.protobuf.FileDescriptorProto.package`
const PACKAGE: i32 = 2;
/// `google.protobuf.FileDescriptorProto.options`
const FILE_OPTIONS: i32 = 8;

/// The numbers of the fields of `rsvc.v1.OpenApi`.
mod tag {
    pub(super) const TERMS_OF_SERVICE: i32 = 4;
    pub(super) const CONTACT: i32 = 5;
    pub(super) const LICENSE: i32 = 6;
    pub(super) const SERVERS: i32 = 7;
    pub(super) const SECURITY_SCHEMES: i32 = 8;
    pub(super) const EXTERNAL_DOCS: i32 = 9;
    pub(super) const OVERLAY: i32 = 10;
}

/// Adds to each package what its documents say of it.
pub(super) fn resolve(types: &mut Types<'_>, loaded: &Loaded, options: &Options, sink: &mut Sink) {
    for package in types.schema.packages.ids() {
        let files = types.schema.packages[package].files.clone();
        let comments = files.iter().map(|file| types.comments(*file, &[PACKAGE]));
        let comments = comments.into_iter().find(|comments| comments.leading.is_some());
        types.schema.packages[package].comments = comments.unwrap_or_default();
        self::package(types, loaded, options, package, &files, sink);
    }
    operations::resolve(types, sink);
}

fn package(
    types: &mut Types<'_>,
    loaded: &Loaded,
    options: &Options,
    package: PackageId,
    files: &[FileId],
    sink: &mut Sink,
) {
    let mut first: Option<Place> = None;
    for file in files {
        let name = types.schema.files[*file].name.clone();
        let descriptor = loaded.pool.get_file_by_name(&name).expect("the files are those of the pool");
        let annotated = options::extension(&types.schema.pool, &descriptor.options(), "rsvc.v1.openapi");
        let Some(annotated) = annotated else { continue };
        let place = types.option_place(*file, &[], &[FILE_OPTIONS, super::EXTENSION]);
        // A mistake in what is said twice is told, too.
        let mut reader = Reader::of_file(types, *file, sink);
        let mut described = reader.read(&annotated);
        if let Some(first) = &first {
            let text = format!("the package `{}` is described twice", types.schema.packages[package].name);
            sink.push(
                Diagnostic::error(Code::OPENAPI_OPTION, text)
                    .at(place)
                    .note(first.clone(), "here, too")
                    .help("say all of it in one file of the package"),
            );
            continue;
        }
        first = Some(place);
        if let Some(overlay) =
            loaded.overlays.get(&*name).filter(|_| options.openapi.format != DocumentFormat::Off)
        {
            described.overlay = Reader::of_file(types, *file, sink).overlay(overlay);
        }
        types.schema.packages[package].described = Some(described);
    }
}

struct Reader<'a, 'b> {
    types: &'a Types<'b>,
    file: FileId,
    /// The way to what the option is of.
    owner: Vec<i32>,
    /// The way from there to the option.
    option: Vec<i32>,
    sink: &'a mut Sink,
}

impl<'a, 'b> Reader<'a, 'b> {
    /// Of the option of a file.
    fn of_file(types: &'a Types<'b>, file: FileId, sink: &'a mut Sink) -> Self {
        Self { types, file, owner: Vec::new(), option: vec![FILE_OPTIONS, super::EXTENSION], sink }
    }
}

impl Reader<'_, '_> {
    fn read(&mut self, from: &DynamicMessage) -> OpenApi {
        OpenApi {
            title: text(from, "title"),
            version: text(from, "version"),
            description: text(from, "description"),
            terms_of_service: text(from, "terms_of_service")
                .inspect(|url| self.address(url, &[tag::TERMS_OF_SERVICE])),
            contact: options::message(from, "contact").map(|contact| self.contact(&contact)),
            license: options::message(from, "license").map(|license| self.license(&license)),
            servers: self.servers(from),
            security_schemes: self.schemes(from),
            external_docs: options::message(from, "external_docs")
                .map(|docs| self.link(&docs, &[tag::EXTERNAL_DOCS])),
            overlay: None,
        }
    }

    fn contact(&mut self, from: &DynamicMessage) -> Contact {
        let contact =
            Contact { name: text(from, "name"), url: text(from, "url"), email: text(from, "email") };
        if let Some(url) = &contact.url {
            self.address(url, &[tag::CONTACT, 2]);
        }
        if let Some(email) = contact.email.as_ref().filter(|email| !email.contains('@')) {
            self.wrong(
                &[tag::CONTACT, 3],
                format!("`{email}` is not an e-mail address"),
                "write it as `team@shop.example`",
            );
        }
        contact
    }

    fn license(&mut self, from: &DynamicMessage) -> License {
        let license = License {
            name: text(from, "name").unwrap_or_default(),
            identifier: text(from, "identifier"),
            url: text(from, "url"),
        };
        if license.name.is_empty() {
            self.wrong(
                &[tag::LICENSE],
                "the licence has no name".to_owned(),
                "name it, as `name: \"Apache License 2.0\"`",
            );
        }
        if license.identifier.is_some() && license.url.is_some() {
            let text = "a licence has an `identifier` or a `url`, not both".to_owned();
            self.wrong(&[tag::LICENSE], text, "keep the identifier if SPDX has one");
        }
        if let Some(url) = &license.url {
            self.address(url, &[tag::LICENSE, 3]);
        }
        license
    }

    fn servers(&mut self, from: &DynamicMessage) -> Vec<Link> {
        let servers = messages(from, "servers");
        (0..).zip(&servers).map(|(index, server)| self.link(server, &[tag::SERVERS, index])).collect()
    }

    fn link(&mut self, from: &DynamicMessage, at: &[i32]) -> Link {
        let url = text(from, "url").unwrap_or_default();
        self.address(&url, &[at, &[1]].concat());
        Link { url, description: text(from, "description") }
    }

    fn schemes(&mut self, from: &DynamicMessage) -> Vec<SecurityScheme> {
        let mut names = SortedSet::new();
        let mut schemes = Vec::new();
        for (index, scheme) in (0..).zip(messages(from, "security_schemes")) {
            let at = [tag::SECURITY_SCHEMES, index];
            let name = text(&scheme, "name").unwrap_or_default();
            let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            if name.is_empty() || !name.chars().all(fine) {
                let text = format!("`{name}` cannot be the name of a security scheme");
                self.wrong(&at, text, "use letters, digits, `.`, `_` and `-`");
            } else if !names.insert(name.clone()) {
                let text = format!("there are two security schemes `{name}`");
                self.wrong(&at, text, "give each a name of its own");
            }
            match self.kind(&scheme, &at) {
                Some(kind) => {
                    schemes.push(SecurityScheme { name, description: text(&scheme, "description"), kind });
                }
                None => self.wrong(
                    &at,
                    format!("the security scheme `{name}` does not say what it is"),
                    "add `bearer {}`, `api_key {}`, `mutual_tls {}` or `open_id_connect { url: \"…\" }`",
                ),
            }
        }
        schemes
    }

    fn kind(&mut self, scheme: &DynamicMessage, at: &[i32]) -> Option<SchemeKind> {
        let or = |from: &DynamicMessage, name, default: &str| {
            text(from, name).unwrap_or_else(|| default.to_owned())
        };
        if let Some(bearer) = options::message(scheme, "bearer") {
            return Some(SchemeKind::Bearer(or(&bearer, "format", "JWT")));
        }
        if let Some(key) = options::message(scheme, "api_key") {
            return Some(SchemeKind::ApiKey(or(&key, "header", "x-api-key")));
        }
        if let Some(provider) = options::message(scheme, "open_id_connect") {
            let url = or(&provider, "url", "");
            self.address(&url, &[at, &[6, 1]].concat());
            return Some(SchemeKind::OpenIdConnect(url));
        }
        options::message(scheme, "mutual_tls").map(|_| SchemeKind::MutualTls)
    }

    /// The content of an overlay.
    fn overlay(&mut self, read: &Result<String, String>) -> Option<Overlay> {
        let why = match read.clone().and_then(|text| parse(&text)) {
            Ok(overlay) => return Some(overlay),
            Err(why) => why,
        };
        let place = self.place(&[tag::OVERLAY]);
        let found = Diagnostic::error(Code::OPENAPI_OVERLAY, format!("the overlay cannot be used: {why}"));
        self.sink.push(found.at(place).help(
            "name a JSON or YAML file by its path from the folder of this file; where a plugin gets descriptors alone, write \
             the document with `protoc-gen-rsvc openapi`",
        ));
        None
    }

    /// Addresses may be relative to that of the document.
    fn address(&mut self, url: &str, at: &[i32]) {
        let fine = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '|');
        if url.is_empty() || !url.chars().all(fine) {
            self.wrong(at, format!("`{url}` is not an address"), "write it as `https://shop.example/help`");
        }
    }

    fn place(&self, at: &[i32]) -> Place {
        self.types.option_place(self.file, &self.owner, &[&*self.option, at].concat())
    }

    fn wrong(&mut self, at: &[i32], text: String, help: &str) {
        let place = self.place(at);
        self.sink.push(Diagnostic::error(Code::OPENAPI_OPTION, text).at(place).help(help));
    }
}

/// JSON is YAML, too.
#[cfg(feature = "documents")]
fn parse(text: &str) -> Result<Overlay, String> {
    let value: Overlay = yaml_serde::from_str(text).map_err(|error| error.to_string())?;
    if value.is_object() { Ok(value) } else { Err("it is not an object".to_owned()) }
}

/// Documents were refused before.
#[cfg(not(feature = "documents"))]
fn parse(_: &str) -> Result<Overlay, String> {
    Err("this generator was built without documents".to_owned())
}

fn text(from: &DynamicMessage, name: &str) -> Option<String> {
    let value = options::field(from, name)?;
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn messages(from: &DynamicMessage, name: &str) -> Vec<DynamicMessage> {
    let list = options::field(from, name);
    let list = list.as_ref().and_then(prost_reflect::Value::as_list).unwrap_or(&[]);
    list.iter().filter_map(|value| value.as_message().cloned()).collect()
}
