//! Expressions as deep, and some as long, as the generator takes them: what it makes of them must compile.

use protoc_gen_rsvc::cel::{MAX_COLLECTIONS, parse};

/// `before` and `after` around something, so many times.
fn nested(count: usize, before: &str, inner: &str, after: &str) -> String {
    [&before.repeat(count), inner, &after.repeat(count)].concat()
}

fn chain(count: usize, term: impl Fn(usize) -> String, sign: &str) -> String {
    (0..count).map(term).collect::<Vec<_>>().join(sign)
}

/// All expressions, each true of a subject with `b`.
pub(crate) fn expressions() -> Vec<String> {
    let deep: &[fn(usize) -> String] = &[
        |n| nested(n, "(", "this.i32", ")") + " == 0",
        |n| nested(n, "!", "this.b", ""),
        |n| nested(n, "-(", "this.i32", ")") + " == 0",
        |n| nested(n, "(", "this.i32", " + 1)") + " == 0",
        |n| nested(n, "(this.i32 - ", "this.i32", ")") + " == 0",
        |n| nested(n, "(this.i32 / ", "this.i32", ")") + " == 0",
        |n| nested(n, "(dyn(1) + ", "dyn(this.i32)", ")") + " == 0",
        |n| nested(n, "(this.i32 == 1 && ", "this.b", ")"),
        |n| nested(n, "(this.i32 == 1 || this.b && ", "this.b", ")"),
        |n| nested(n, "(1 / this.i32 == 1 || 2 / this.i32 == 1 && ", "this.b", ")"),
        |n| nested(n, "(", "this.b", " ? true : false)"),
        |n| nested(n, "this.i32 == 1 ? (", "this.b", ") : false"),
        |n| nested(n, "this.i32 == 1 ? true : ", "this.b", ""),
        |n| nested(n, "1 / this.i32 == 1 ? true : ", "this.b", ""),
        |n| nested(n, "(this.i32 == 1 ? this.s : ", "this.s", ")") + " == ''",
        |n| nested(n, "('a' + ", "this.s", ")") + " == ''",
        |n| nested(n, "int(string(", "this.i32", "))") + " == 0",
        |n| nested(n, "string(size(", "this.s", "))") + " == ''",
        |n| nested(n, "timestamp(string(", "this.ts", "))") + " == this.ts",
        |n| nested(n, "math.greatest(this.i32, ", "this.i32", ")") + " == 0",
        |n| nested(n, "(", "this.b", " == true)"),
        |n| nested(n, "this.ints[", "0", "]") + " == 0",
        |n| nested(n, "cel.v1.Inner{deeper: ", "cel.v1.Inner{}", "}") + ".n == 0",
        |n| nested(n, "cel.v1.Inner{deeper: ", "cel.v1.Inner{}", "}") + " == this.inner",
        |n| format!("this.inner{}.n == 0", ".deeper".repeat(n)),
        |n| format!("has(this.inner{}.n)", ".deeper".repeat(n)),
        |n| format!("this.s{} == ''", ".trim()".repeat(n)),
        |n| format!("this.s{} == ''", ".substring(1)".repeat(n)),
        |n| format!("this.s{} == ''", ".split('a').join('b')".repeat(n)),
        |n| format!("this.ts{} == this.ts", " + duration('1s')".repeat(n)),
    ];
    let wide: &[fn(usize) -> String] = &[
        |n| nested(n - 1, "[", "this.i32", "]") + " == []",
        |n| nested(n - 1, "[", "this.i32", "]") + " == " + &nested(n - 1, "[", "this.i32", "]"),
        |n| nested(n, "{'a': ", "this.i32", "}") + ".size() == 0",
        |n| nested(n, "[", "this.i32", "][0]") + " == 0",
        |n| nested(n / 2, "'%s'.format([", "this.s", "])") + " == ''",
        |n| nested(n, "this.ints.all(x, x > 0 && ", "this.b", ")"),
        |n| nested(n, "this.ints.exists(x, 1 / x > 1 || ", "this.b", ")"),
        |n| nested(n, "this.inners.exists_one(x, x.n > 0 && ", "this.b", ")"),
        |n| nested(n, "this.ints.all(i, x, i < x && ", "this.b", ")"),
        |n| nested(n / 2, "this.inners.map(x, x.tags).exists(y, y.size() > 0 && ", "this.b", ")"),
        |n| format!("this.ints{}.size() == 0", ".filter(x, x > 1)".repeat(n)),
        |n| format!("this.ints{}.size() == 0", ".filter(x, 1 / x > 1)".repeat(n)),
        |n| format!("this.ints{}.size() == 0", ".map(x, x + 1)".repeat(n)),
        |n| nested(n - 4, "this.ints.map(x, ", "this.i32", ")") + ".size() == 0",
        |n| nested(n - 4, "this.ints.map(x, ", "1 / this.i32", ")") + ".size() == 0",
    ];
    let long = [
        chain(6_000, |n| format!("this.i32 > {n}"), " && "),
        chain(6_000, |n| format!("this.i32 == {n}"), " || "),
        chain(500, |n| format!("1 / this.i32 > {n}"), " && "),
        format!("this.i32 in [{}]", chain(3_000, |n| n.to_string(), ", ")),
        format!("this.i32 in [{}]", chain(500, |n| format!("this.i64 + {n}"), ", ")),
        format!("this.s in {{{}}}", chain(1_000, |n| format!("'{n}': this.i32"), ", ")),
    ];
    let deep = deep.iter().copied().map(deepest);
    let wide = wide.iter().map(|make| make(MAX_COLLECTIONS));
    // Whatever it says, the subject is right; an error is absorbed.
    deep.chain(wide).chain(long).map(|text| format!("({text}) || this.b")).collect()
}

/// The last one that is not too deep.
fn deepest(make: fn(usize) -> String) -> String {
    let takes = |text: &String| parse(&format!("({text}) || this.b")).is_ok();
    (10..10_000).map(make).take_while(takes).last().expect("ten levels are not too deep")
}
