//! A reference of the services as a site of static pages: HTML, or Markdown for other tools.
//!
//! `site.rs` decides what has a page and who uses what. The views of `service.rs`, `types.rs` and `errors.rs` decide
//! everything that a page says, and the templates in `templates/reference/` only place it. `explorer.rs` has the data by
//! which the page calls methods.

mod access;
mod call;
mod comments;
mod errors;
mod explorer;
mod fields;
mod link;
mod overview;
mod page;
mod search;
mod service;
mod site;
mod snippets;
mod types;
mod words;

use std::fmt::Write as _;

use crate::diag::Diagnostic;
use crate::emit::internal;
use crate::model::Schema;
use crate::options::DocsFormat;
use site::Site;

/// A file of the site.
#[derive(Debug)]
pub(crate) struct SiteFile {
    /// Its path from the root of the site, as `services/shop.v1.UserService.html`.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// What every site of HTML has.
const ASSETS: [(&str, &str); 16] = [
    ("assets/icon.svg", include_str!("../../../templates/reference/assets/icon.svg")),
    ("assets/reference.css", include_str!("../../../templates/reference/assets/reference.css")),
    ("assets/reference.js", include_str!("../../../templates/reference/assets/reference.js")),
    ("assets/theme.js", include_str!("../../../templates/reference/assets/theme.js")),
    ("assets/explorer/bytes.js", include_str!("../../../templates/reference/assets/explorer/bytes.js")),
    ("assets/explorer/call.js", include_str!("../../../templates/reference/assets/explorer/call.js")),
    ("assets/explorer/connect.js", include_str!("../../../templates/reference/assets/explorer/connect.js")),
    ("assets/explorer/content.js", include_str!("../../../templates/reference/assets/explorer/content.js")),
    ("assets/explorer/dom.js", include_str!("../../../templates/reference/assets/explorer/dom.js")),
    ("assets/explorer/envelope.js", include_str!("../../../templates/reference/assets/explorer/envelope.js")),
    ("assets/explorer/errors.js", include_str!("../../../templates/reference/assets/explorer/errors.js")),
    ("assets/explorer/form.js", include_str!("../../../templates/reference/assets/explorer/form.js")),
    ("assets/explorer/grpcweb.js", include_str!("../../../templates/reference/assets/explorer/grpcweb.js")),
    ("assets/explorer/main.js", include_str!("../../../templates/reference/assets/explorer/main.js")),
    ("assets/explorer/panel.js", include_str!("../../../templates/reference/assets/explorer/panel.js")),
    ("assets/explorer/rest.js", include_str!("../../../templates/reference/assets/explorer/rest.js")),
];

/// The name of the script that says how a site is used. A server has one of its own.
const SETTINGS: &str = "assets/settings.js";

/// The first line of a packed site.
const PACKED: &str = "rsvc site 1";

/// The site of a schema. With `explorer`, the pages call methods of the server at that address.
pub(crate) fn emit(
    schema: &Schema,
    format: DocsFormat,
    explorer: Option<&str>,
) -> Result<Vec<SiteFile>, Diagnostic> {
    let site = Site::new(schema);
    let mut files = Vec::new();
    let mut add = |name: &str, text: askama::Result<String>| -> Result<(), Diagnostic> {
        let text = text.map_err(|error| internal(format!("the page {name} cannot be written: {error}")))?;
        files.push(match format {
            DocsFormat::Html => SiteFile { name: format!("{name}.html"), text },
            DocsFormat::Markdown => SiteFile { name: format!("{name}.md"), text: tidy(&text) },
        });
        Ok(())
    };
    add("index", overview::index(&site, format))?;
    add("types", overview::types(&site, format))?;
    for id in &site.services {
        add(&site.service(*id).page, service::page(&site, *id, format))?;
    }
    for id in &site.messages {
        add(&site.message(*id).page, types::message(&site, *id, format))?;
    }
    for id in &site.enums {
        add(&site.enumeration(*id).page, types::enumeration(&site, *id, format))?;
    }
    for id in &site.error_sets {
        add(&site.error_set(*id).page, errors::page(&site, *id, format))?;
    }
    if format == DocsFormat::Html {
        files.extend(ASSETS.map(|(name, text)| SiteFile { name: name.into(), text: text.into() }));
        files.push(SiteFile { name: SETTINGS.into(), text: settings(explorer) });
        files.push(SiteFile { name: "assets/search.js".into(), text: search::index(&site) });
        let data = site.services.iter().map(|id| explorer::data(&site, *id));
        files.extend(data.map(|(name, text)| SiteFile { name, text }));
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// The site as one text, for a server: the files that it does not have itself. The head has a line for each file with its
/// size in bytes and its name; behind an empty line their texts follow, one after the other.
pub(crate) fn packed(schema: &Schema) -> Result<String, Diagnostic> {
    let mut files = emit(schema, DocsFormat::Html, None)?;
    files.retain(|file| file.name != SETTINGS);
    let mut text = format!("{PACKED}\n");
    for file in &files {
        // Writing to a `String` never fails.
        let _ = writeln!(text, "{} {}", file.text.len(), file.name);
    }
    text.push('\n');
    text.extend(files.into_iter().map(|file| file.text));
    Ok(text)
}

/// How the site is used: without a server, the explorer needs the address of one.
fn settings(explorer: Option<&str>) -> String {
    let settings = serde_json::json!({ "explorer": explorer.is_some(), "base": explorer });
    format!("globalThis.rsvcReference = {settings};\n")
}

/// Markdown with at most one empty line between two others.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut empty, mut in_code) = (true, false);
    for line in text.lines().map(str::trim_end) {
        in_code ^= line.trim_start().starts_with("```");
        if line.is_empty() && empty && !in_code {
            continue;
        }
        empty = line.is_empty();
        out.push_str(line);
        out.push('\n');
    }
    out
}
