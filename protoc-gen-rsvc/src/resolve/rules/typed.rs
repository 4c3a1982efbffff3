//! What the checker accepts rustc accepts: expressions grown by type from the table of declarations, in one crate.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::corpus::{CORPUS, FOLDER};
use crate::cel::decls::{OVERLOADS, Overload, Ty};
use crate::cel::types::Type;
use crate::input::Source;

/// How many are grown where `RSVC_CEL_EXPRESSIONS` does not say.
const COUNT: u64 = 500;
/// Where they start, where `RSVC_CEL_SEED` does not say.
const SEED: u64 = 20_261_127;
/// Rules of one message: a function each.
const IN_A_MESSAGE: usize = 20;

const INNER: &str = "cel.v1.Inner";
const SUBJECT: &str = "cel.v1.Subject";

struct Grow {
    state: u64,
    /// Variables of the comprehensions around.
    locals: Vec<(String, Type)>,
    next: usize,
}

fn of_env(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
#[allow(clippy::print_stdout)]
fn what_is_accepted_compiles() {
    let Some(corpus) = &*CORPUS else { return };
    let (count, seed) = (of_env("RSVC_CEL_EXPRESSIONS", COUNT), of_env("RSVC_CEL_SEED", SEED));
    let mut grow = Grow { state: seed, locals: Vec::new(), next: 0 };
    let (mut accepted, mut refused) = (Vec::new(), 0_u64);
    while (accepted.len() as u64) < count {
        let depth = 1 + grow.below(4);
        let ty = if grow.one_in(8) { Type::String } else { Type::Bool };
        let expression = grow.expr(&ty, depth);
        match corpus.plan(&expression) {
            Ok(_) => accepted.push(expression),
            Err(_) => refused += 1,
        }
        assert!(refused < 20 * count + 1_000, "hardly anything is accepted");
    }
    println!("cel: seed {seed}, {count} expressions compiled, {refused} refused");
    let wrong = type_check(&accepted);
    assert!(wrong.is_empty(), "seed {seed}, {} fail in rustc:\n{}", wrong.len(), wrong.join("\n"));
}

/// The expressions that rustc does not take, with its reasons.
fn type_check(expressions: &[String]) -> Vec<String> {
    let root = Path::new(FOLDER).ancestors().nth(3).expect("the repository");
    let krate = root.join("target/cel-typed");
    std::fs::create_dir_all(krate.join("src")).expect("the output can be written");
    let generated = generate(&krate, expressions);
    let mut text = String::from("#![allow(warnings)]\n");
    text.push_str(&generated);
    std::fs::write(krate.join("Cargo.toml"), manifest(root)).expect("the output can be written");
    std::fs::copy(root.join("Cargo.lock"), krate.join("Cargo.lock")).expect("the output can be written");
    std::fs::write(krate.join("src/lib.rs"), &text).expect("the output can be written");
    let output = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--offline", "--message-format", "short", "--target-dir"])
        .arg(root.join("target"))
        .current_dir(&krate)
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<String> = std::fs::read_to_string(krate.join("src/pb/cel.v1.rs"))
        .expect("the output is there")
        .lines()
        .map(str::to_owned)
        .collect();
    let mut wrong = Vec::new();
    for message in said.lines().filter(|line| line.contains(": error")) {
        let line = message.split(':').nth(1).and_then(|n| n.parse::<usize>().ok());
        let number = line.and_then(|line| number_at(&lines, line));
        let expression = number.map_or("?", |n| expressions[n].as_str());
        wrong.push(format!("{expression}\n    {message}"));
    }
    if wrong.is_empty() && !output.status.success() {
        wrong.push(said.into_owned());
    }
    wrong.dedup_by(|a, b| a.lines().next() == b.lines().next());
    wrong
}

/// The number of the expression whose test is in a line: its id follows.
fn number_at(lines: &[String], line: usize) -> Option<usize> {
    lines.iter().skip(line.saturating_sub(1)).find_map(|text| {
        let (_, rest) = text.split_once("\"case.")?;
        rest.split('"').next()?.parse().ok()
    })
}

fn manifest(root: &Path) -> String {
    format!(
        "[package]\nname = \"cel-typed\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nrsvc = {{ path = {:?}, features = [\"time-zones\"] }}\n\n[workspace]\n",
        root.join("runtime")
    )
}

fn generate(krate: &Path, expressions: &[String]) -> String {
    let mut proto = String::from(
        "syntax = \"proto3\";\npackage cel.v1;\nimport \"buf/validate/validate.proto\";\nimport \"subject.proto\";\n",
    );
    for (at, some) in expressions.chunks(IN_A_MESSAGE).enumerate() {
        let _ = writeln!(proto, "message Case{at} {{");
        for (n, expression) in some.iter().enumerate() {
            let number = at * IN_A_MESSAGE + n;
            let quoted = expression.replace('\\', "\\\\").replace('"', "\\\"");
            let _ = writeln!(
                proto,
                "  Subject s{n} = {} [(buf.validate.field).cel = {{ id: \"case.{number}\" message: \"m\" expression: \"{quoted}\" }}];",
                n + 1
            );
        }
        proto.push_str("}\n");
    }
    let file = krate.join("cases.proto");
    std::fs::write(&file, proto).expect("the output can be written");
    let source = Source::Files { files: vec![file], includes: vec![krate.to_owned(), PathBuf::from(FOLDER)] };
    let generated = crate::Builder::new().generate(&source).unwrap_or_else(|errors| panic!("{errors}"));
    crate::write(&krate.join("src/pb"), &generated.files).expect("the output can be written");
    "pub mod pb;\n".to_owned()
}

impl Grow {
    fn below(&mut self, limit: u64) -> u64 {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % limit
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        let at = usize::try_from(self.below(all.len() as u64)).expect("it is below a length");
        all[at].clone()
    }

    fn text(&mut self, all: &[&str]) -> String {
        self.of(all).to_owned()
    }

    /// A type that `this` has something of.
    fn ty(&mut self, depth: u64) -> Type {
        use Type as T;
        let simple = [
            T::Bool,
            T::Int,
            T::Int,
            T::Uint,
            T::Double,
            T::String,
            T::String,
            T::Bytes,
            T::Timestamp,
            T::Duration,
            T::Dyn,
            T::Null,
            T::Type,
            T::Message(INNER.into()),
            T::Message(SUBJECT.into()),
            T::Wrapper(Box::new(T::Int)),
            T::Wrapper(Box::new(T::String)),
        ];
        if depth > 0 && self.one_in(3) {
            return if self.one_in(3) {
                let key = self.of(&[T::String, T::String, T::Int, T::Uint, T::Bool]);
                T::map(key, self.ty(depth - 1))
            } else {
                T::list(self.ty(depth - 1))
            };
        }
        self.of(&simple)
    }

    fn expr(&mut self, ty: &Type, depth: u64) -> String {
        if depth == 0 {
            return self.leaf(ty);
        }
        let d = depth - 1;
        match self.below(12) {
            0 => self.leaf(ty),
            1 => format!("({} ? {} : {})", self.expr(&Type::Bool, d), self.expr(ty, d), self.expr(ty, d)),
            2 => self.literal(ty, d),
            3 if self.one_in(3) => format!("dyn({})", self.expr(ty, d)),
            3 | 4 => self.comprehension(ty, d),
            5 => self.selected(ty, d),
            _ => self.call(ty, d),
        }
    }

    /// Something that is there already.
    fn leaf(&mut self, ty: &Type) -> String {
        let fitting: Vec<String> =
            self.locals.iter().filter(|(_, have)| have == ty).map(|(name, _)| name.clone()).collect();
        if !fitting.is_empty() && !self.one_in(3) {
            return self.of(&fitting);
        }
        match ty {
            Type::Null => "null".to_owned(),
            Type::Bool => self.text(&["true", "false", "this.b", "has(this.inner)", "has(this.st)"]),
            Type::Int => self.text(&[
                "0",
                "1",
                "-3",
                "this.i32",
                "this.i64",
                "this.color",
                "this.opt",
                "this.inner.n",
                "this.unset.deeper.n",
                "this.inners[0].n",
            ]),
            Type::Uint => self.text(&["0u", "1u", "this.u32", "this.u64"]),
            Type::Double => self.text(&["0.5", "this.f32", "this.f64", "1e3"]),
            Type::String => self.text(&[
                "''",
                "'a'",
                "'%s'",
                "this.s",
                "this.type",
                "this.opts",
                "this.k1",
                "this.inner.name",
                "this.k2.deeper.name",
            ]),
            Type::Bytes => self.text(&["b''", "b'a'", "this.raw"]),
            Type::Timestamp => self.text(&["now", "this.ts", "timestamp('2024-02-29T12:34:56Z')"]),
            Type::Duration => self.text(&["this.d", "duration('90s')"]),
            Type::Dyn => self.text(&[
                "this.v",
                "this.st.x",
                "this.st['list']",
                "dyn(1)",
                "dyn('a')",
                "dyn(null)",
                "dyn([])",
                "dyn({})",
                "this.packed",
                "this.unset_any",
                "this.unset_value",
                "dyn(this)",
            ]),
            Type::Type => self.text(&["int", "string", "list", "cel.v1.Inner", "type(this)", "type(null)"]),
            Type::Message(name) if name == SUBJECT => self.text(&["this", "cel.v1.Subject{}"]),
            Type::Message(_) => self.text(&[
                "this.inner",
                "this.unset",
                "this.k2",
                "cel.v1.Inner{}",
                "this.bm[true]",
                "this.inners[1]",
            ]),
            Type::Wrapper(inner) if **inner == Type::String => {
                self.text(&["this.ws", "google.protobuf.StringValue{}"])
            }
            Type::Wrapper(inner) if **inner == Type::Int => {
                self.text(&["this.w", "this.wn", "this.wrapped[0]"])
            }
            Type::Wrapper(_) => "null".to_owned(),
            Type::List(element) => {
                let own: &[&str] = match &**element {
                    Type::Int => &["this.ints", "this.colors", "this.wrapped"],
                    Type::String => &["this.strs", "this.inner.tags", "this.unset.tags"],
                    Type::Message(_) => &["this.inners"],
                    Type::Double => &["this.ds"],
                    Type::Timestamp => &["this.times"],
                    Type::Bytes => &["this.raws"],
                    Type::Wrapper(_) => &["this.wrapped"],
                    Type::Dyn => &["dyn(this.ints)", "this.st.list", "this.list", "this.unset_list"],
                    _ => &[],
                };
                if own.is_empty() || self.one_in(4) { "[]".to_owned() } else { self.text(own) }
            }
            Type::Map(key, value) => {
                let own: &[&str] = match (&**key, &**value) {
                    (Type::String, Type::Int) => &["this.m", "this.inner.counts", "this.unset.counts"],
                    (Type::String, Type::Dyn) => &["this.st", "this.unset_struct"],
                    (Type::Int, Type::String) => &["this.im"],
                    (Type::Bool, Type::Message(_)) => &["this.bm"],
                    (Type::Uint, Type::Double) => &["this.um"],
                    _ => &[],
                };
                if own.is_empty() || self.one_in(4) { "{}".to_owned() } else { self.text(own) }
            }
        }
    }

    /// A literal made of expressions.
    fn literal(&mut self, ty: &Type, depth: u64) -> String {
        match ty {
            Type::List(element) => {
                let items: Vec<String> = (0..self.below(3)).map(|_| self.expr(element, depth)).collect();
                format!("[{}]", items.join(", "))
            }
            Type::Map(key, value) => {
                let entries: Vec<String> = (0..self.below(3))
                    .map(|_| format!("{}: {}", self.expr(key, depth.min(1)), self.expr(value, depth)))
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }
            Type::Message(message) => {
                let inner = || Type::Message(INNER.into());
                let (chance, fields) = if message == SUBJECT {
                    (6, subject_fields())
                } else {
                    let fields = vec![
                        ("n", Type::Int),
                        ("name", Type::String),
                        ("tags", Type::list(Type::String)),
                        ("deeper", inner()),
                        ("counts", Type::map(Type::String, Type::Int)),
                    ];
                    (2, fields)
                };
                let mut set = Vec::new();
                for (name, ty) in fields {
                    if self.one_in(chance) {
                        set.push(format!("{name}: {}", self.expr(&ty, depth)));
                    }
                }
                format!("{message}{{{}}}", set.join(", "))
            }
            Type::Dyn => {
                let ty = self.ty(1);
                self.literal(&ty, depth)
            }
            Type::Wrapper(inner) if **inner == Type::String => {
                format!("google.protobuf.StringValue{{value: {}}}", self.expr(inner, depth))
            }
            Type::Wrapper(inner) => {
                if self.one_in(3) {
                    "null".to_owned()
                } else {
                    self.expr(inner, depth)
                }
            }
            _ => self.leaf(ty),
        }
    }

    /// Something out of a message or a map.
    fn selected(&mut self, ty: &Type, depth: u64) -> String {
        let field = match ty {
            Type::Int => "n",
            Type::String => "name",
            Type::Message(name) if name == INNER => "deeper",
            Type::List(element) if **element == Type::String => "tags",
            Type::Map(key, value) if **key == Type::String && **value == Type::Int => "counts",
            _ => {
                let map = Type::map(Type::String, ty.clone());
                return format!("{}.k", self.expr(&map, depth));
            }
        };
        format!("{}.{field}", self.expr(&Type::Message(INNER.into()), depth))
    }

    /// A body with one more variable around it.
    fn within(&mut self, ty: Type, body: impl FnOnce(&mut Self) -> String) -> (String, String) {
        let name = format!("v{}", self.next);
        self.next += 1;
        self.locals.push((name.clone(), ty));
        let body = body(self);
        self.locals.pop();
        (name, body)
    }

    fn comprehension(&mut self, ty: &Type, depth: u64) -> String {
        let element = self.ty(1);
        let over_map = self.one_in(4);
        let range = |grow: &mut Self, element: &Type| {
            if over_map {
                let value = grow.ty(1);
                grow.expr(&Type::map(element.clone(), value), depth)
            } else {
                grow.expr(&Type::list(element.clone()), depth)
            }
        };
        let element = if over_map { self.of(&[Type::String, Type::Int, Type::Bool]) } else { element };
        match ty {
            Type::Bool => {
                let range = range(self, &element);
                let name = self.text(&["all", "exists", "exists_one"]);
                let (var, body) = self.within(element, |grow| grow.expr(&Type::Bool, depth));
                if self.one_in(5) {
                    return format!("{range}.{name}({var}, w{var}, {body})");
                }
                format!("{range}.{name}({var}, {body})")
            }
            Type::List(want) if **want == element || self.one_in(2) => {
                let range = range(self, want);
                let (var, body) = self.within((**want).clone(), |grow| grow.expr(&Type::Bool, depth));
                format!("{range}.filter({var}, {body})")
            }
            Type::List(want) => {
                let range = range(self, &element);
                let filtered = self.one_in(3);
                let (var, body) = self.within(element, |grow| {
                    let filter = if filtered { grow.expr(&Type::Bool, depth) + ", " } else { String::new() };
                    filter + &grow.expr(want, depth)
                });
                format!("{range}.map({var}, {body})")
            }
            _ => self.call(ty, depth),
        }
    }

    /// A call of an overload that gives the type.
    fn call(&mut self, ty: &Type, depth: u64) -> String {
        if *ty == Type::Bool && self.one_in(5) {
            let sign = self.text(&["&&", "||"]);
            return format!("({} {sign} {})", self.expr(ty, depth), self.expr(ty, depth));
        }
        // Any type has equality, and most have nothing else.
        if *ty == Type::Bool && self.one_in(3) {
            let (of, sign) = (self.ty(2), self.text(&["==", "!="]));
            let other = if self.one_in(8) { self.ty(1) } else { of.clone() };
            return format!("({} {sign} {})", self.expr(&of, depth), self.expr(&other, depth));
        }
        if *ty == Type::Bool && self.one_in(5) {
            use Type as T;
            let of = self.of(&[
                T::Int,
                T::Uint,
                T::Double,
                T::String,
                T::Bytes,
                T::Timestamp,
                T::Duration,
                T::Bool,
                T::Dyn,
            ]);
            let sign = self.text(&["<", "<=", ">", ">="]);
            return format!("({} {sign} {})", self.expr(&of, depth), self.expr(&of, depth));
        }
        let mut fitting = Vec::new();
        for overload in OVERLOADS {
            let mut params = [None, None];
            if gives(overload.result, ty, &mut params) {
                fitting.push((overload, params));
            }
        }
        if fitting.is_empty() {
            return self.leaf(ty);
        }
        let (overload, mut params) = self.of(&fitting);
        for (at, param) in params.iter_mut().enumerate() {
            if param.is_none() {
                let key = at == 0 && overload.args.iter().any(|arg| matches!(arg, Ty::Map(..)));
                let ty = if key { self.of(&[Type::String, Type::Int, Type::Bool]) } else { self.ty(1) };
                *param = Some(ty);
            }
        }
        let args: Vec<String> =
            overload.args.iter().map(|arg| self.expr(&arg.instance(&params), depth)).collect();
        written(overload, &args)
    }
}

/// A field of every kind.
fn subject_fields() -> Vec<(&'static str, Type)> {
    use Type as T;
    let inner = || T::Message(INNER.into());
    vec![
        ("i32", T::Int),
        ("u32", T::Uint),
        ("f32", T::Double),
        ("f64", T::Double),
        ("b", T::Bool),
        ("s", T::String),
        ("raw", T::Bytes),
        ("color", T::Int),
        ("inner", inner()),
        ("ints", T::list(T::Int)),
        ("strs", T::list(T::String)),
        ("inners", T::list(inner())),
        ("m", T::map(T::String, T::Int)),
        ("im", T::map(T::Int, T::String)),
        ("bm", T::map(T::Bool, inner())),
        ("ts", T::Timestamp),
        ("d", T::Duration),
        ("w", T::Wrapper(Box::new(T::Int))),
        ("ws", T::Wrapper(Box::new(T::String))),
        ("opt", T::Int),
        ("k2", inner()),
        ("st", T::map(T::String, T::Dyn)),
        ("v", T::Dyn),
        ("list", T::list(T::Dyn)),
        ("packed", T::Dyn),
        ("ds", T::list(T::Double)),
        ("um", T::map(T::Uint, T::Double)),
        ("times", T::list(T::Timestamp)),
        ("wrapped", T::list(T::Wrapper(Box::new(T::Int)))),
        ("raws", T::list(T::Bytes)),
    ]
}

/// Whether a result of the table can be of a type, and which parameters make it so.
fn gives(result: Ty, ty: &Type, params: &mut [Option<Type>; 2]) -> bool {
    match (result, ty) {
        (Ty::A, ty) => params[0].replace(ty.clone()).is_none(),
        (Ty::B, ty) => params[1].replace(ty.clone()).is_none(),
        (Ty::List(inner), Type::List(element)) => gives(*inner, element, params),
        (Ty::List(_) | Ty::Map(..), _) => false,
        (simple, ty) => simple.instance(&[None, None]) == *ty,
    }
}

fn written(overload: &Overload, args: &[String]) -> String {
    let function = overload.function;
    let operator = function.trim_matches('_');
    match args {
        [a, b] if function == "_[_]" => format!("{a}[{b}]"),
        [a, b] if operator != function => format!("({a} {operator} {b})"),
        [a] if operator != function => format!("({operator}({a}))"),
        [target, rest @ ..] if overload.member => format!("({target}).{function}({})", rest.join(", ")),
        _ => format!("{function}({})", args.join(", ")),
    }
}
