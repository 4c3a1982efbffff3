//! All methods of a server and how they are reached.

use std::fmt::Write as _;

use super::page::Value;
use crate::access::is_open;
use crate::method::{Access, MethodInfo, MethodKind};
use crate::server::router::Entry;

/// The methods of all services.
#[derive(Default)]
pub(in crate::server) struct Routes {
    methods: Vec<Route>,
    /// Services whose methods are not known: tonic's.
    foreign: Vec<&'static str>,
}

struct Route {
    method: &'static MethodInfo,
    /// Whether anyone may call it, in this server.
    is_open: bool,
    /// Verb and template of each.
    bindings: Vec<(&'static str, &'static str)>,
}

impl Routes {
    /// `default_deny` says whether a method that declares no access needs an authenticated caller.
    pub(in crate::server) fn new(entries: &[Entry], default_deny: bool) -> Self {
        let mut routes = Self::default();
        for entry in entries {
            let Some(service) = entry.service() else {
                routes.foreign.push(entry.name());
                continue;
            };
            let default_deny = entry.own_default_deny().unwrap_or(default_deny);
            for (index, method) in service.info().methods.iter().enumerate() {
                #[cfg(feature = "rest")]
                let bindings = {
                    let of_method =
                        |binding: &&crate::transcode::binding::Binding| usize::from(binding.method) == index;
                    let bindings = service.bindings().iter().filter(of_method);
                    bindings.map(|binding| (binding.verb, binding.template)).collect()
                };
                #[cfg(not(feature = "rest"))]
                let bindings = {
                    let _ = index;
                    Vec::new()
                };
                routes.methods.push(Route { method, is_open: is_open(method, default_deny), bindings });
            }
        }
        routes
    }

    /// A line for each method, and one for each of its bindings.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for Route { method, is_open, bindings } in &self.methods {
            let (kind, access) = (kind(method), access(method, *is_open));
            writeln!(text, "{}  {kind}  {access}", method.path).expect("text takes all");
            for (verb, template) in bindings {
                writeln!(text, "  {verb} {template}").expect("text takes all");
            }
        }
        for service in &self.foreign {
            writeln!(text, "/{service}/*").expect("text takes all");
        }
        text
    }

    pub(super) fn value(&self) -> Value {
        let methods = self.methods.iter().map(|Route { method, is_open, bindings }| {
            let bindings = bindings.iter().map(|(verb, path)| {
                Value::Object(vec![("method", (*verb).into()), ("path", (*path).into())])
            });
            let mut entries = vec![
                ("service", method.service.into()),
                ("method", method.name.into()),
                ("path", method.path.into()),
                ("kind", kind(method).into()),
                ("access", access_value(method, *is_open)),
            ];
            entries.push(("bindings", Value::List(bindings.collect())));
            Value::Object(entries)
        });
        let foreign = self.foreign.iter().map(|service| (*service).into());
        Value::Object(vec![
            ("methods", Value::List(methods.collect())),
            ("otherServices", Value::List(foreign.collect())),
        ])
    }
}

fn kind(method: &MethodInfo) -> &'static str {
    match method.kind {
        MethodKind::Unary => "unary",
        MethodKind::ClientStreaming => "client streaming",
        MethodKind::ServerStreaming => "server streaming",
        MethodKind::BidiStreaming => "bidirectional streaming",
    }
}

/// What a caller needs, in a word, and whether the method declares it.
fn needs(method: &MethodInfo, is_open: bool) -> (&'static str, bool) {
    let needs = match method.access {
        Access::Scopes { .. } => "scopes",
        _ if is_open => "public",
        _ => "authenticated",
    };
    (needs, method.access != Access::Unspecified || method.has_condition())
}

fn access(method: &MethodInfo, is_open: bool) -> String {
    let (needs, is_declared) = needs(method, is_open);
    let mut text = needs.to_owned();
    if let Access::Scopes { all_of, any_of } = method.access {
        for (what, scopes) in [("all of", all_of), ("any of", any_of)] {
            if !scopes.is_empty() {
                write!(text, ", {what} {}", scopes.join(" ")).expect("text takes all");
            }
        }
    }
    if method.has_condition() {
        text.push_str(", condition");
    }
    if !is_declared {
        text.push_str(", not declared");
    }
    text
}

fn access_value(method: &MethodInfo, is_open: bool) -> Value {
    let (needs, is_declared) = needs(method, is_open);
    // What a condition says is the server's own affair.
    let has_condition = Value::Bool(method.has_condition());
    let mut entries =
        vec![("needs", needs.into()), ("declared", Value::Bool(is_declared)), ("condition", has_condition)];
    if let Access::Scopes { all_of, any_of } = method.access {
        let list = |scopes: &[&str]| Value::List(scopes.iter().map(|scope| (*scope).into()).collect());
        entries.extend([("allOf", list(all_of)), ("anyOf", list(any_of))]);
    }
    Value::Object(entries)
}
