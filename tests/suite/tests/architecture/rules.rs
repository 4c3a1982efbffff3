//! The borders of the design as a table: what may stand where.

use crate::source::{Fact, Source};

/// Something that only some files may do.
pub(crate) struct Rule {
    /// What a failure is called.
    pub(crate) name: &'static str,
    /// Where the rule holds: prefixes of paths from the root.
    pub(crate) within: &'static [&'static str],
    /// The files and folders below that may do it.
    pub(crate) allowed: &'static [&'static str],
    /// What is looked for. A path stands for everything below it, with `::` at its end not for itself (a variable
    /// may have the name); `*::name` stands for a name on any path.
    pub(crate) paths: &'static [&'static str],
    pub(crate) macros: &'static [&'static str],
    pub(crate) methods: &'static [&'static str],
    /// Parts of string literals.
    pub(crate) texts: &'static [&'static str],
    /// Whether paths, macros and methods are looked for in the output (`quote!`) or in what the generator does.
    pub(crate) quoted: bool,
    /// Where it belongs instead.
    pub(crate) help: &'static str,
    /// A source that breaks the rule.
    pub(crate) example: &'static str,
}

const GENERATOR: &str = "protoc-gen-rsvc/src/";

const STORAGE: &[&str] = &["protoc-gen-rsvc/src/storage/"];

/// How a shape looks in code that is made as text. An `Option` has many other uses: whether a field is one can be
/// learned from `Shape` alone, which has a rule of its own.
pub(crate) const SHAPES: &[&str] = &["Box<", "Box::new(", "HashMap<", "BTreeMap<"];

/// All borders.
pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "case conversion",
        within: &[GENERATOR],
        allowed: &["protoc-gen-rsvc/src/names/"],
        paths: &["heck"],
        macros: &[],
        methods: &[
            "to_snake_case",
            "to_upper_camel_case",
            "to_pascal_case",
            "to_shouty_snake_case",
            "to_lower_camel_case",
        ],
        texts: &[],
        quoted: false,
        help: "a name is a value on the model node: names/ decides it",
        example: "use heck::ToSnakeCase as _;",
    },
    Rule {
        name: "file and environment access",
        within: &[GENERATOR],
        allowed: &[
            "protoc-gen-rsvc/src/input/",
            "protoc-gen-rsvc/src/output/",
            "protoc-gen-rsvc/src/main.rs",
            "protoc-gen-rsvc/src/cli.rs",
            "protoc-gen-rsvc/src/plugin.rs",
        ],
        paths: &[
            "std::fs",
            "std::env",
            "std::process",
            "std::net",
            "*::stdin",
            "*::stdout",
            // Clippy finds the methods, such as `Path::exists`, where nothing allows it: protoc-gen-rsvc/clippy.toml.
            "clippy::disallowed_methods",
        ],
        macros: &[],
        methods: &[],
        texts: &[],
        quoted: false,
        help: "read in input/, write in output/; everything between is a function of its arguments",
        example: "#[allow(clippy::disallowed_methods)] fn f(p: &Path) -> bool { p.exists() }",
    },
    Rule {
        name: "file access in the binary",
        within: &[
            "protoc-gen-rsvc/src/main.rs",
            "protoc-gen-rsvc/src/cli.rs",
            "protoc-gen-rsvc/src/plugin.rs",
        ],
        allowed: &[],
        paths: &[
            "std::fs",
            "std::net",
            "std::process::Command",
            "std::process::exit",
            "clippy::disallowed_methods",
        ],
        macros: &[],
        methods: &[],
        texts: &[],
        quoted: false,
        help: "the binary reads its arguments and standard input, no more",
        example: "fn f() { std::fs::read(\"x\"); }",
    },
    Rule {
        name: "tokens",
        within: &[GENERATOR],
        allowed: &[
            "protoc-gen-rsvc/src/emit/",
            "protoc-gen-rsvc/src/cel/emit/",
            "protoc-gen-rsvc/src/storage/",
            "protoc-gen-rsvc/src/tokens.rs",
        ],
        paths: &["quote::", "proc_macro2", "*::TokenStream", "TokenStream"],
        macros: &["quote", "quote_spanned", "parse_quote", "format_ident"],
        methods: &["to_token_stream"],
        texts: &[],
        quoted: false,
        help: "only emitters make tokens: everything else decides",
        example: "fn f() -> Code { quote! { 1 } }",
    },
    Rule {
        name: "templates",
        within: &[GENERATOR],
        allowed: &["protoc-gen-rsvc/src/emit/"],
        paths: &["askama"],
        macros: &[],
        methods: &[],
        texts: &[],
        quoted: false,
        help: "a template and its view struct belong to an emitter",
        example: "#[derive(askama::Template)] struct View;",
    },
    Rule {
        name: "the shape of prost's structs in the output",
        within: &[GENERATOR],
        allowed: STORAGE,
        paths: &["Box", "*::Box", "HashMap", "*::HashMap", "BTreeMap", "*::BTreeMap"],
        macros: &[],
        methods: &[],
        texts: SHAPES,
        quoted: true,
        help: "storage/ knows what is boxed, optional or a map: ask it for the type or the expression",
        example: "fn f() -> T { quote! { ::std::boxed::Box::new(#x) } }",
    },
    Rule {
        name: "a decision about the shape of prost's structs",
        within: &[GENERATOR],
        allowed: &[
            "protoc-gen-rsvc/src/storage/",
            "protoc-gen-rsvc/src/model/",
            // It tells prost-build what storage/ decided, and checks that prost-build did it.
            "protoc-gen-rsvc/src/emit/messages/mod.rs",
            "protoc-gen-rsvc/src/emit/verify.rs",
        ],
        paths: &["Shape", "*::Shape"],
        macros: &[],
        methods: &[],
        texts: &[],
        quoted: false,
        help: "storage/ knows what is boxed, optional or a map: ask it for the type or the expression",
        example: "fn f(field: &Field) -> bool { field.storage.shape == storage::Shape::Option }",
    },
    Rule {
        name: "a default for what is always there",
        // Behind the barrier, or decided by us: nothing is missing here but by a mistake of ours.
        within: &[
            "protoc-gen-rsvc/src/emit/",
            "protoc-gen-rsvc/src/cel/",
            "protoc-gen-rsvc/src/model/",
            "protoc-gen-rsvc/src/names/",
            "protoc-gen-rsvc/src/storage/",
            "protoc-gen-rsvc/src/tokens.rs",
            "protoc-gen-rsvc/src/output/mod.rs",
        ],
        allowed: &[],
        paths: &["Result::ok", "*::unwrap_or_default"],
        macros: &[],
        methods: &["unwrap_or_default", "ok"],
        texts: &[],
        quoted: false,
        help: "`expect` it with the reason, or report `emit::internal`; a default that is meant is written out: \
               `unwrap_or(\"\")`",
        example: "fn f(text: &str) -> TokenStream { text.parse().unwrap_or_default() }",
    },
    Rule {
        name: "a default where nothing can be missing",
        // What is decoded, split or looked up here was made here. The rest of the runtime reads what peers send.
        within: &[
            "runtime/src/client/",
            "runtime/src/protocol/client/",
            "runtime/src/protocol/compression/",
            "runtime/src/protocol/connect/client.rs",
            "runtime/src/protocol/connect/unary.rs",
            "runtime/src/protocol/grpc/client.rs",
            "runtime/src/protocol/rest/client/",
            "runtime/src/cel/",
            "runtime/src/error/",
            "runtime/src/validate/",
        ],
        allowed: &[],
        paths: &["*::unwrap_or_default"],
        macros: &[],
        methods: &["unwrap_or_default"],
        texts: &[],
        quoted: false,
        help: "`expect` what we made, answer a peer's mistake with a status; a default that is meant is written out",
        example: "fn f(body: &[u8]) -> HttpBody { HttpBody::decode(body).unwrap_or_default() }",
    },
    Rule {
        name: "tonic",
        within: &["runtime/src/"],
        allowed: &["runtime/src/bridge.rs"],
        paths: &["tonic::", "tonic_types::"],
        macros: &[],
        methods: &[],
        texts: &[],
        quoted: false,
        help: "one file names it, so that another library in its place is a change of one file: use crate::bridge",
        example: "use tonic::Status;",
    },
    Rule {
        name: "a status made by hand",
        within: &["examples/shop/src/services/", "examples/shop/src/db/"],
        allowed: &[],
        paths: &["Status", "rsvc::Status", "tonic::Status"],
        macros: &[],
        methods: &[],
        texts: &[],
        quoted: false,
        help: "a service speaks its own error set: name the error in the .proto and return it",
        example: "fn f() -> Status { Status::not_found(\"x\") }",
    },
    Rule {
        name: "printing",
        within: &[GENERATOR, "runtime/src/"],
        allowed: &["protoc-gen-rsvc/src/main.rs"],
        paths: &[],
        macros: &["print", "println", "eprint", "eprintln", "dbg"],
        methods: &[],
        texts: &[],
        quoted: false,
        help: "standard output is the plugin protocol; a finding goes into the sink, an event to tracing",
        example: "fn f() { println!(\"x\"); }",
    },
    Rule {
        name: "unfinished code",
        within: &[GENERATOR, "runtime/src/", "examples/", "xtask/src/", "bench/", "tests/conformance/"],
        allowed: &[],
        paths: &[],
        macros: &["todo", "unimplemented"],
        methods: &[],
        texts: &[],
        quoted: false,
        help: "finish it, or give a diagnostic",
        example: "fn f() { todo!() }",
    },
];

impl Rule {
    /// Whether the rule says anything about this file.
    pub(crate) fn covers(&self, file: &str) -> bool {
        let under = |prefixes: &[&str]| prefixes.iter().any(|prefix| file.starts_with(prefix));
        under(self.within) && !under(self.allowed)
    }

    /// Every place where the file breaks the rule.
    pub(crate) fn check(&self, file: &str, source: &Source) -> Vec<String> {
        if !self.covers(file) {
            return Vec::new();
        }
        let broken = source.found.iter().filter_map(|found| {
            let what = match &found.fact {
                Fact::Text(text) if self.texts.iter().any(|wanted| text.contains(wanted)) => text.clone(),
                _ if found.quoted != self.quoted => return None,
                Fact::Path(path) if self.paths.iter().any(|wanted| is_below(path, wanted)) => path.clone(),
                Fact::Macro(name) if self.macros.contains(&name.as_str()) => format!("{name}!"),
                Fact::Method(name) if self.methods.contains(&name.as_str()) => format!(".{name}()"),
                _ => return None,
            };
            Some(format!("{file}:{}: {what}: {} is not allowed here; {}", found.line, self.name, self.help))
        });
        broken.collect()
    }
}

fn is_below(path: &str, wanted: &str) -> bool {
    if let Some(name) = wanted.strip_prefix("*::") {
        return path.split("::").skip(1).any(|segment| segment == name);
    }
    let rest = path.strip_prefix(wanted);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::") || wanted.ends_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_can_fail() {
        for rule in RULES {
            let source = Source::parse(rule.example).unwrap();
            let file = if rule.within[0].ends_with('/') { "some/file.rs" } else { "" };
            let file = format!("{}{file}", rule.within[0]);
            assert!(!rule.check(&file, &source).is_empty(), "{} finds nothing in its own example", rule.name);
            for allowed in rule.allowed {
                assert!(rule.check(allowed, &source).is_empty(), "{} forbids in {allowed}", rule.name);
            }
            assert!(rule.check("elsewhere/file.rs", &source).is_empty(), "{} holds everywhere", rule.name);
        }
    }

    #[test]
    fn every_exception_exists() {
        let places = RULES.iter().flat_map(|rule| rule.within.iter().chain(rule.allowed));
        for place in places {
            assert!(
                crate::tree::root().join(place).exists(),
                "{place}: a rule names it, and it is not there"
            );
        }
    }

    #[test]
    fn a_path_covers_what_is_below_it() {
        assert!(is_below("std::fs", "std::fs") && is_below("std::fs::File", "std::fs"));
        assert!(!is_below("std::fsx", "std::fs") && !is_below("fs", "std::fs"));
        assert!(is_below("quote::quote", "quote::") && !is_below("quote", "quote::"));
        assert!(is_below("io::stdin", "*::stdin") && !is_below("stdin", "*::stdin"));
    }

    #[test]
    fn innocent_code_is_let_through() {
        let source =
            Source::parse("use std::path::Path; fn f(x: &Names) -> Names { x.names(env!(\"X\")) }").unwrap();
        for rule in RULES {
            let found = rule.check(&format!("{GENERATOR}resolve/mod.rs"), &source);
            assert!(found.is_empty(), "{found:?}");
        }
    }
}
