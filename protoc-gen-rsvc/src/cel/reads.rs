//! What of a message an expression reads.

use super::check::{Member, Typed, TypedKind};
use crate::sorted;

/// At the end of a path: whether the field is set at all, whatever is in it. The runtime has the same.
pub const PRESENCE: u32 = 0;

/// The fields that an expression reads of its variable `var`, as paths of their numbers: sorted, and without those that lie
/// in another. An empty path is the whole value.
pub fn reads(rule: &Typed, var: usize) -> Vec<Vec<u32>> {
    let mut found = Vec::new();
    collect(rule, var, &mut found);
    normalize(&mut found);
    found
}

/// Sorts paths, and leaves out those that lie in another.
fn normalize(paths: &mut Vec<Vec<u32>>) {
    sorted::sort(paths);
    paths.dedup_by(|path, before| path.starts_with(before));
}

fn collect(expr: &Typed, var: usize, found: &mut Vec<Vec<u32>>) {
    if let Some(path) = path(expr, var) {
        found.push(path);
        return;
    }
    if let TypedKind::Has { operand, member: Member::Field { number, .. } } = &expr.kind
        && let Some(mut path) = path(operand, var)
    {
        path.extend([*number, PRESENCE]);
        found.push(path);
        return;
    }
    for part in parts(expr) {
        collect(part, var, found);
    }
}

/// The fields from the variable to the value, if nothing but fields lie between them.
fn path(expr: &Typed, var: usize) -> Option<Vec<u32>> {
    match &expr.kind {
        TypedKind::Var(index) if *index == var => Some(Vec::new()),
        TypedKind::Select { operand, member: Member::Field { number, .. } } => {
            let mut path = path(operand, var)?;
            path.push(*number);
            Some(path)
        }
        _ => None,
    }
}

/// The expressions that one is made of.
fn parts(expr: &Typed) -> Vec<&Typed> {
    match &expr.kind {
        TypedKind::Literal(_) | TypedKind::Var(_) | TypedKind::Local(_) | TypedKind::TypeValue(_) => {
            Vec::new()
        }
        TypedKind::Select { operand, .. } | TypedKind::Has { operand, .. } => vec![operand],
        TypedKind::Call { args, .. } => args.iter().collect(),
        TypedKind::Compare { left, right, .. } => vec![left, right],
        TypedKind::And(parts) | TypedKind::Or(parts) | TypedKind::List(parts) => parts.iter().collect(),
        TypedKind::Conditional { cond, then, otherwise } => vec![cond, then, otherwise],
        TypedKind::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
        TypedKind::Message { fields, .. } => fields.iter().map(|(_, value)| value).collect(),
        TypedKind::Macro(it) => [&it.range, &it.body].into_iter().chain(&it.filter).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cel::check::{Var, check};
    use crate::cel::parse;
    use crate::cel::types::{FieldType, Type, TypeProvider};

    /// Messages `a.M` with an int `n`, a string `s`, a message `o`, lists and a map of messages, a wrapper and an `Any`.
    struct Types;

    impl TypeProvider for Types {
        fn field(&self, message: &str, field: &str) -> Option<FieldType> {
            let this = || Type::Message("a.M".into());
            let (number, ty) = match field {
                _ if message != "a.M" => return None,
                "n" => (1, Type::Int),
                "s" => (2, Type::String),
                "o" => (3, this()),
                "list" => (4, Type::list(this())),
                "map" => (5, Type::map(Type::String, this())),
                "wrapped" => (6, Type::of_message("google.protobuf.Int32Value")),
                "any" => (7, Type::Dyn),
                _ => return None,
            };
            Some(FieldType { number, ty })
        }

        fn fields(&self, message: &str) -> Option<Vec<String>> {
            (message == "a.M").then(Vec::new)
        }

        fn enum_value(&self, _: &str) -> Option<i32> {
            None
        }
    }

    fn read(text: &str) -> Vec<Vec<u32>> {
        let this = Var { name: "this", ty: Type::Message("a.M".into()) };
        let now = Var { name: "now", ty: Type::Timestamp };
        reads(&check(&parse(text).expect(text), &[this, now], &Types).expect(text), 0)
    }

    #[test]
    fn fields_are_read() {
        for (text, paths) in [
            ("this.n > 1", "1"),
            ("this.s == 'a' || this.n < this.o.n", "1 2 3.1"),
            ("this.o.o.o.s == this.o.o.s", "3.3.2 3.3.3.2"),
            // What is within another path.
            ("this.o.n == 1 && this.o == this.o.o", "3"),
            // Whether it is set.
            ("has(this.o) ? this.o.n == 1 : true", "3.0 3.1"),
            ("has(this.o.o.n)", "3.3.1.0"),
            ("has(this.n) && this.n > 1", "1"),
            // What is in lists, maps, and what no type is known of, is a part of its field.
            ("this.list.all(i, i.n > 1 && i.o.s != '')", "4"),
            ("this.list[0].o.n == this.list.size()", "4"),
            ("this.map.key.n == 1 || has(this.map.other) || 'x' in this.map", "5"),
            ("this.map.all(key, key != this.s)", "2 5"),
            ("this.list.exists(i, i.n == this.o.n)", "3.1 4"),
            ("this.list.map(this, this.n)[0] == 1", "4"),
            ("this.any.some.thing == 1 || has(this.any.more)", "7"),
            ("this.wrapped == null || this.wrapped > 1", "6"),
            // Of what was chosen, all.
            ("(this.n > 1 ? this.o : this.list[0]).s == ''", "1 3 4"),
            ("[this.o].all(o, o.n == 1)", "3"),
            ("{this.s: this.n}.all(k, k != '')", "1 2"),
            ("a.M{n: this.n}.n == 1", "1"),
            ("!(this.n in [1, 2]) && -this.n < 3 && string(this.n).size() > 0", "1"),
            ("this.s.matches('a') && this.s.startsWith('b')", "2"),
        ] {
            let path = |path: Vec<u32>| path.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
            let found: Vec<String> = read(text).into_iter().map(path).collect();
            assert_eq!(found.join(" "), paths, "{text}");
        }
    }

    #[test]
    fn all_or_nothing_is_read() {
        for text in
            ["this == this", "this != a.M{}", "[this].size() == 1", "dyn(this).n == 1 && this.s == ''"]
        {
            assert_eq!(read(text), [Vec::<u32>::new()], "{text}");
        }
        for text in ["true", "now > timestamp('2020-01-01T00:00:00Z')", "[1].all(this, this > 0)"] {
            assert!(read(text).is_empty(), "{text}");
        }
    }
}
