//! Code that makes a call, in several languages, with the sample request filled in.

use serde_json::{Map, Value};

use super::access;
use super::call::{self, CallBody};
use super::site::Site;
use crate::model::{MessageId, Method, MethodId, MethodKind, Schema, TypePath};

/// Where a server is, for the examples. A page that a server sends puts its own address there.
const HOST: &str = "localhost:8080";

/// A call in a language.
pub(super) struct Snippet {
    pub(super) label: &'static str,
    /// As Markdown names it.
    pub(super) language: &'static str,
    pub(super) code: String,
}

/// The calls of a method.
pub(super) fn snippets(site: &Site<'_>, id: MethodId) -> Vec<Snippet> {
    let method = &site.schema.methods[id];
    let request = site.request(method.input).unwrap_or_else(|| Value::Object(Map::new()));
    let call = Call { site, method, request, is_open: access::access(method).is_open };
    let curl = call.curl().map(|code| Snippet { label: "curl", language: "sh", code });
    let others = [
        Snippet { label: "buf curl", language: "sh", code: call.buf() },
        Snippet { label: "Rust", language: "rust", code: call.rust() },
        Snippet { label: "Python", language: "python", code: call.python() },
        Snippet { label: "TypeScript", language: "ts", code: call.typescript() },
    ];
    curl.into_iter().chain(others).collect()
}

/// JSON with an indent of two spaces.
pub(super) fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

struct Call<'a, 's> {
    site: &'a Site<'s>,
    method: &'a Method,
    request: Value,
    is_open: bool,
}

impl Call<'_, '_> {
    /// Over REST; over Connect where there is no binding. Connect's streams are in envelopes, which nobody types.
    fn curl(&self) -> Option<String> {
        let Some(binding) = self.method.bindings.first() else {
            return (self.method.kind == MethodKind::Unary).then(|| self.curl_connect());
        };
        let call = call::call(self.site, binding, self.method.input, &self.request);
        let (client_streams, server_streams) =
            (self.method.kind.client_streams(), self.method.kind.server_streams());
        let mut lines = vec![format!("curl {}", shell(&format!("http://{HOST}{}", call.target)))];
        if server_streams {
            lines[0].insert_str(4, " -N");
            lines.push(format!("-H {}", shell("accept: application/x-ndjson")));
        }
        self.authorize(&mut lines);
        let mut before = String::new();
        let mut implied = "GET";
        match call.body {
            CallBody::None => {}
            CallBody::Raw if client_streams => {
                (implied, before) = ("PUT", String::new());
                lines.push(format!("-H {}", shell("content-type: application/octet-stream")));
                lines.push("-T FILE".into());
            }
            CallBody::Raw => {
                implied = "POST";
                lines.push(format!("-H {}", shell("content-type: application/octet-stream")));
                lines.push("--data-binary @FILE".into());
            }
            CallBody::Json(body) if client_streams => {
                (implied, before) = ("PUT", format!("echo {} |\n", shell(&body.to_string())));
                lines.push(format!("-H {}", shell("content-type: application/x-ndjson")));
                lines.push("-T -".into());
            }
            CallBody::Json(body) => {
                implied = "POST";
                lines.push(format!("-H {}", shell("content-type: application/json")));
                lines.push(format!("-d {}", shell(&pretty(&body))));
            }
        }
        if call.verb != implied {
            lines[0].insert_str(4, &format!(" -X {}", call.verb));
        }
        Some(before + &lines.join(" \\\n  "))
    }

    fn curl_connect(&self) -> String {
        let mut lines = vec![format!("curl {}", shell(&self.url()))];
        self.authorize(&mut lines);
        lines.push(format!("-H {}", shell("content-type: application/json")));
        lines.push(format!("-d {}", shell(&pretty(&self.request))));
        lines.join(" \\\n  ")
    }

    fn buf(&self) -> String {
        let mut lines = vec!["buf curl --protocol grpc --http2-prior-knowledge".to_owned()];
        self.authorize(&mut lines);
        lines.push(format!("-d {}", shell(&pretty(&self.request))));
        lines.push(self.url());
        lines.join(" \\\n  ")
    }

    fn authorize(&self, lines: &mut Vec<String>) {
        if !self.is_open {
            lines.push(format!("-H {}", shell("authorization: Bearer TOKEN")));
        }
    }

    fn url(&self) -> String {
        let service = &self.site.schema.services[self.method.service];
        format!("http://{HOST}{}", self.method.path(service))
    }

    fn rust(&self) -> String {
        let schema = self.site.schema;
        let service = &schema.services[self.method.service];
        let (client, name) = (&service.names.client, &self.method.rust_name);
        let module = schema.packages[service.package].module.join("::");
        let module = if module.is_empty() { "proto".to_owned() } else { format!("proto::{module}") };
        let input = rust_type(schema, self.method.input);
        let context = if self.is_open {
            "Context::new()".to_owned()
        } else {
            "Context::new().with_metadata(\"authorization\", \"Bearer TOKEN\")?".to_owned()
        };
        let (requests, uses) = if self.method.kind.client_streams() {
            ("RequestStream::from_iter([request])", "{Context, RequestStream}")
        } else {
            ("request", "Context")
        };
        let call = format!("client.{name}({context}, {requests}).await?");
        let rest = if self.method.kind.server_streams() {
            format!(
                "let mut responses = {call};\nwhile let Some(response) = responses.message().await? {{\n    println!(\"{{response:?}}\");\n}}"
            )
        } else {
            format!("let response = {call};\nprintln!(\"{{response:?}}\");")
        };
        let json = raw(&pretty(&self.request));
        format!(
            "// mod proto {{ rsvc::include_protos!(); }}\nuse {module}::{{{}, {client}}};\nuse rsvc::{uses};\n\n\
             let client = {client}::connect(\"http://{HOST}\").await?;\n\
             let request: {input} = rsvc::json::from_str({json})?;\n{rest}",
            service.names.service_trait
        )
    }

    fn python(&self) -> String {
        let schema = self.site.schema;
        let service = &schema.services[self.method.service];
        let (service_folder, service_module) = python_module(&schema.files[service.file].name);
        let input = &schema.messages[self.method.input];
        let (folder, module) = python_module(&schema.files[input.file].name);
        let package = &schema.packages[input.package].name;
        let class = input.full_name.strip_prefix(package.as_str()).unwrap_or(&input.full_name);
        let class = class.trim_start_matches('.');
        let import = |folder: &str, modules: &str| match folder {
            "" => format!("import {modules}\n"),
            folder => format!("from {folder} import {modules}\n"),
        };
        let imports = if folder == service_folder {
            let grpc = format!("{service_module}_grpc");
            import(&folder, &format!("{module}, {grpc}"))
        } else {
            import(&folder, &module) + &import(&service_folder, &format!("{service_module}_grpc"))
        };
        let argument = if self.method.kind.client_streams() { "iter([request])" } else { "request" };
        let metadata = if self.is_open { "" } else { ", metadata=[(\"authorization\", \"Bearer TOKEN\")]" };
        let call = format!("stub.{}({argument}{metadata})", self.method.name);
        let rest = if self.method.kind.server_streams() {
            format!("for response in {call}:\n    print(response)")
        } else {
            format!("print({call})")
        };
        format!(
            "import grpc\nfrom google.protobuf import json_format\n{imports}\n\
             stub = {service_module}_grpc.{}Stub(grpc.insecure_channel(\"{HOST}\"))\n\
             request = json_format.ParseDict({}, {module}.{class}())\n{rest}",
            service.name,
            literal(&self.request, 0)
        )
    }

    fn typescript(&self) -> String {
        let schema = self.site.schema;
        let service = &schema.services[self.method.service];
        let input = &schema.messages[self.method.input];
        let package = &schema.packages[input.package].name;
        let class = input.full_name.strip_prefix(package.as_str()).unwrap_or(&input.full_name);
        let class = format!("{}Schema", class.trim_start_matches('.').replace('.', "_"));
        let file = |file: &str| format!("./gen/{}_pb.js", file.strip_suffix(".proto").unwrap_or(file));
        let service_file = file(&schema.files[service.file].name);
        let imports = if input.well_known.is_some() {
            format!(
                "import {{ {class} }} from \"@bufbuild/protobuf/wkt\";\n\
                 import {{ {} }} from \"{service_file}\";",
                service.name
            )
        } else if input.file == service.file {
            format!("import {{ {class}, {} }} from \"{service_file}\";", service.name)
        } else {
            let input_file = file(&schema.files[input.file].name);
            format!(
                "import {{ {class} }} from \"{input_file}\";\nimport {{ {} }} from \"{service_file}\";",
                service.name
            )
        };
        // Browsers cannot stream requests: connect-web has no such calls.
        let (transport, library) = if self.method.kind.client_streams() {
            ("createGrpcTransport", "@connectrpc/connect-node")
        } else {
            ("createConnectTransport", "@connectrpc/connect-web")
        };
        let mut name = self.method.name.clone();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        let options = if self.is_open { "" } else { ", { headers: { authorization: \"Bearer TOKEN\" } }" };
        let argument = if self.method.kind.client_streams() { "requests()" } else { "request" };
        let call = format!("client.{name}({argument}{options})");
        let requests = if self.method.kind.client_streams() {
            "async function* requests() {\n  yield request;\n}\n"
        } else {
            ""
        };
        let rest = if self.method.kind.server_streams() {
            format!("for await (const response of {call}) {{\n  console.log(response);\n}}")
        } else {
            format!("console.log(await {call});")
        };
        format!(
            "import {{ fromJson }} from \"@bufbuild/protobuf\";\n\
             import {{ createClient }} from \"@connectrpc/connect\";\n\
             import {{ {transport} }} from \"{library}\";\n{imports}\n\n\
             const transport = {transport}({{ baseUrl: \"http://{HOST}\" }});\n\
             const client = createClient({}, transport);\n\
             const request = fromJson({class}, {});\n{requests}{rest}",
            service.name,
            pretty(&self.request)
        )
    }
}

/// The path of a message from the crate that has the generated tree in `proto`.
fn rust_type(schema: &Schema, id: MessageId) -> String {
    match &schema.messages[id].rust {
        TypePath::Local { module, name } => {
            let path: Vec<_> = ["proto"].into_iter().chain(module.iter().map(String::as_str)).collect();
            format!("{}::{name}", path.join("::"))
        }
        TypePath::Extern(path) => path.trim_start_matches("::").to_owned(),
    }
}

/// The folder of a module of Python, with dots, and its name.
fn python_module(file: &str) -> (String, String) {
    let path = file.strip_suffix(".proto").unwrap_or(file).replace('-', "_");
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
    (folder.replace('/', "."), format!("{name}_pb2"))
}

/// A word of a shell.
fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A raw string of Rust.
fn raw(text: &str) -> String {
    let mut marks = String::from("#");
    while text.contains(&format!("\"{marks}")) {
        marks.push('#');
    }
    format!("r{marks}\"{text}\"{marks}")
}

/// A value of JSON as a literal of Python.
fn literal(value: &Value, depth: usize) -> String {
    let (inner, outer) = ("    ".repeat(depth + 1), "    ".repeat(depth));
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Array(items) if !items.is_empty() => {
            let items: Vec<_> =
                items.iter().map(|item| format!("{inner}{},\n", literal(item, depth + 1))).collect();
            format!("[\n{}{outer}]", items.concat())
        }
        Value::Object(fields) if !fields.is_empty() => {
            let name = |name: &str| Value::String(name.to_owned()).to_string();
            let fields: Vec<_> = fields
                .iter()
                .map(|(key, value)| format!("{inner}{}: {},\n", name(key), literal(value, depth + 1)))
                .collect();
            format!("{{\n{}{outer}}}", fields.concat())
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_as_each_language_has_them() {
        assert_eq!(shell("it's"), r"'it'\''s'");
        assert_eq!(raw("a\"#b"), "r##\"a\"#b\"##");
        let value = json!({"a": true, "b": [null, "x"], "c": {}});
        assert_eq!(
            literal(&value, 0),
            "{\n    \"a\": True,\n    \"b\": [\n        None,\n        \"x\",\n    ],\n    \"c\": {},\n}"
        );
    }
}
