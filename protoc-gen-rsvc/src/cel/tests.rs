//! The front end by itself: what parses, what type-checks, and that nothing panics.

use proptest::prelude::*;

use super::check::{Var, check};
use super::error::Stage;
use super::types::{FieldType, Type, TypeProvider};
use super::{MAX_COLLECTIONS, MAX_DEPTH, MAX_SIZE, parse};

/// Messages `a.M` with an int `n`, a string `s`, a list `l` of `a.M`, a map `m` and a wrapper `w`; one enum value.
struct Types;

impl TypeProvider for Types {
    fn field(&self, message: &str, field: &str) -> Option<FieldType> {
        let this = || Type::Message("a.M".into());
        let ty = match field {
            _ if message != "a.M" => return None,
            "n" => Type::Int,
            "s" => Type::String,
            "l" => Type::list(this()),
            "m" => Type::map(Type::String, Type::Uint),
            "w" => Type::of_message("google.protobuf.Int32Value"),
            _ => return None,
        };
        Some(FieldType { number: 1, ty })
    }

    fn fields(&self, message: &str) -> Option<Vec<String>> {
        (message == "a.M").then(|| ["n", "s", "l", "m", "w"].map(String::from).to_vec())
    }

    fn enum_value(&self, name: &str) -> Option<i32> {
        (name == "a.E.ONE").then_some(1)
    }
}

fn type_of(text: &str) -> Result<String, String> {
    let vars =
        [Var { name: "this", ty: Type::Message("a.M".into()) }, Var { name: "now", ty: Type::Timestamp }];
    let expr = parse(text).map_err(|e| e.to_string())?;
    check(&expr, &vars, &Types).map(|t| t.ty.to_string()).map_err(|e| e.to_string())
}

#[test]
fn types() {
    let cases = [
        ("1 + 2", "int"),
        ("1u", "uint"),
        ("-9223372036854775808", "int"),
        ("1.5 * 2.0", "double"),
        ("'a' + \"b\"", "string"),
        ("b'a'", "bytes"),
        ("[1, 2]", "list(int)"),
        ("[1, 'a']", "list(dyn)"),
        ("{'a': 1u}", "map(string, uint)"),
        ("this.l.map(x, x.n)", "list(int)"),
        ("this.l.filter(x, x.s != '')", "list(a.M)"),
        ("this.m['k']", "uint"),
        ("this.m.k", "uint"),
        ("this.w", "wrapper(int)"),
        ("this.w == null", "bool"),
        ("this.w + 1", "int"),
        ("has(this.s) ? this.n : 0", "int"),
        ("a.E.ONE", "int"),
        ("now - duration('1s')", "timestamp"),
        ("now - now", "duration"),
        ("type(this.n) == int", "bool"),
        ("a.M{n: 1}", "a.M"),
        ("dyn(this.n)", "dyn"),
        ("this.n < 1.5 && 1u <= this.n", "bool"),
        ("true || false && !true", "bool"),
        ("this.l.all(x, x.l.exists(y, y.n == x.n))", "bool"),
        ("math.greatest(1, 2)", "int"),
        ("math.greatest([1, 2])", "int"),
        ("math.least(1u)", "uint"),
        // A variable hides a type of its name.
        ("[1].all(int, int == 1)", "bool"),
        ("['a'].map(string, size(string))", "list(int)"),
        ("[1].all(x, type(x) == int)", "bool"),
        ("r'\\d'", "string"),
    ];
    for (text, ty) in cases {
        assert_eq!(type_of(text).as_deref(), Ok(ty), "{text}");
    }
}

#[test]
fn mistakes() {
    let cases = [
        ("", "expected an expression, found the end of the expression"),
        ("1 +", "expected an expression, found the end of the expression"),
        ("(1", "expected `)`, found the end of the expression"),
        ("1 2", "expected an operator or the end, found a number"),
        ("'abc", "the string is not closed"),
        ("1m", "bad number `1m`"),
        ("a ? b", "expected `:`, found the end of the expression"),
        ("for", "`for` is a reserved word"),
        ("99999999999999999999", "the number does not fit in 64 bits"),
        ("9223372036854775808", "the number does not fit in an int; a uint ends in `u`"),
        ("has(1)", "has() needs a field, as in has(this.name)"),
        ("this.l.all(1, true)", "the first argument must be the name of a variable"),
        ("this.x", "message `a.M` has no field `x`"),
        ("that", "unknown name `that`"),
        ("1 + 'a'", "`+` is not defined on int and string"),
        ("1 == 'a'", "`==` is not defined on int and string"),
        ("1 == 1.0", "`==` is not defined on int and double"),
        ("!1", "`!` is not defined on int"),
        ("1 && true", "an operand of `&&` must be bool, but is int"),
        ("true ? 1 : 'a'", "the branches of `?:` have different types, int and string"),
        ("this.n.all(x, true)", "cannot iterate over int"),
        ("this.l.all(x, x.n)", "the condition must be bool, but is int"),
        ("this.s.nope()", "unknown function `nope`"),
        ("this.s.startsWith(1)", "no `startsWith(int)` is defined on string"),
        ("a.M{n: 'a'}", "field `n` must be int, but is string"),
        ("b.N{}", "unknown message type `b.N`"),
        ("'\\q'", "unknown escape `\\q`"),
        // A variable hides all that its name begins.
        ("this.l.all(a, a.M)", "message `a.M` has no field `M`"),
        ("this.l.all(a, a.E.ONE == 1)", "message `a.M` has no field `E`"),
        ("math.greatest()", "no `math.greatest()` is defined"),
        ("math.least()", "no `math.least()` is defined"),
        ("math.greatest('a')", "no `math.greatest(string)` is defined"),
        ("[1].all(int, type(1) == int)", "`==` is not defined on type and int"),
    ];
    for (text, message) in cases {
        assert_eq!(type_of(text).unwrap_err(), message, "{text}");
    }
}

#[test]
fn places_are_bytes_of_the_source() {
    let error = parse("true &&\n  'é' = 1").unwrap_err();
    assert_eq!((error.span.start, error.span.end), (15, 16));
}

/// `before` and `after` around something, so many times.
fn nested(count: usize, before: &str, inner: &str, after: &str) -> String {
    [&before.repeat(count), inner, &after.repeat(count)].concat()
}

/// Each of these nests by as many levels as it is asked for.
const NESTED: &[fn(usize) -> String] = &[
    |n| nested(n, "(", "this.n", ")"),
    |n| nested(n, "!", "true", ""),
    |n| nested(n, "-", "this.n", ""),
    |n| nested(n, "this.n - (", "1", ")"),
    |n| nested(n, "(", "1", " % 2)"),
    |n| nested(n, "dyn(", "1", ")"),
    |n| nested(n, "true ? 1 : ", "2", ""),
    |n| nested(n, "(", "true", " ? true : false)"),
    |n| nested(n, "(true && ", "true", ")"),
    |n| nested(n, "true && !(false || ", "true", ")"),
    |n| nested(n, "this.l[", "0", "].n"),
    |n| nested(n, "a.M{n: ", "1", "}.n"),
    |n| vec!["1"; n + 1].join(" + "),
    |n| format!("this{}", ".w".repeat(n)),
    |n| format!("this.s{}", ".trim()".repeat(n)),
    |n| format!("this.l{}", "[0]".repeat(n)),
    |n| format!("has(this{})", ".w".repeat(n)),
];

/// Each of these puts as many collections around each other.
const COLLECTIONS: &[fn(usize) -> String] = &[
    |n| nested(n, "[", "1", "]"),
    |n| nested(n, "{'a': ", "1", "}"),
    |n| nested(n, "this.l.all(x, ", "true", ")"),
    |n| nested(n, "this.l.exists(x, x.n > 0 && ", "true", ")"),
    |n| nested(n, "this.l.exists_one(x, ", "true", ")"),
    |n| nested(n, "this.l.map(x, ", "1", ")"),
    |n| nested(n, "this.l.all(i, x, ", "true", ")"),
    |n| format!("this.l{}", ".filter(x, true)".repeat(n)),
    |n| format!("this.l{}", ".map(x, x)".repeat(n)),
    |n| nested(n / 2, "[this.l.map(x, ", "1", ")]"),
];

#[test]
fn depth_is_bounded_and_length_is_not() {
    let many = vec!["this.n > 1"; 10_000].join(" && ");
    assert_eq!(type_of(&many).as_deref(), Ok("bool"));
    let limit = |text: &str| match parse(text) {
        Err(error) => error.stage == Stage::Limit,
        Ok(_) => false,
    };
    for make in NESTED {
        for beyond in [MAX_DEPTH + 1, 10_000] {
            assert!(limit(&make(beyond)), "{beyond} of {}", make(1));
        }
        for within in [1, MAX_DEPTH / 3 - 2] {
            assert!(parse(&make(within)).is_ok(), "{within} of {}", make(1));
        }
    }
    for make in COLLECTIONS {
        for beyond in [MAX_COLLECTIONS + 2, 1_000] {
            assert!(limit(&make(beyond)), "{beyond} of {}", make(1));
        }
        assert!(parse(&make(MAX_COLLECTIONS)).is_ok(), "{}", make(1));
    }
    for (join, (before, after)) in [(" && ", ("", "")), (" || ", ("", "")), (", ", ("[", "]"))] {
        let of = |count| format!("{before}{}{after}", vec!["true"; count].join(join));
        assert!(parse(&of(MAX_SIZE - 1)).is_ok() && limit(&of(MAX_SIZE)), "{join}");
    }
    for unclosed in ["(", "[", "{", "!", "a(", "this.l.all(x, ", "true ? ", "-", "a.M{n: ", "a["] {
        assert!(parse(&unclosed.repeat(20_000)).is_err(), "{unclosed}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        let _ = type_of(&text);
    }

    #[test]
    fn no_tokens_panic(tokens in prop::collection::vec(prop::sample::select(TOKENS.to_vec()), 0..40)) {
        let _ = type_of(&tokens.join(" "));
        let _ = type_of(&tokens.concat());
    }

    #[test]
    fn no_pattern_panics(pattern in "\\PC{0,30}") {
        if let Ok(pattern) = rsvc_common::re2::translate(&pattern) {
            let _ = regex::Regex::new(&pattern);
        }
    }
}

const TOKENS: [&str; 48] = [
    "this",
    "now",
    "x",
    ".n",
    ".s",
    ".l",
    ".m",
    ".w",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "?",
    "+",
    "-",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "<",
    ">=",
    "&&",
    "||",
    "!",
    " in ",
    "1",
    "2u",
    "1.5",
    "'a'",
    "b'\\x00'",
    "null",
    "true",
    "has(",
    ".all(x,",
    ".map(x,",
    ".size()",
    ".matches(",
    "dyn(",
    "duration(",
    "a.M{",
    "a.E.ONE",
    "[]",
    "-9223372036854775808",
];
