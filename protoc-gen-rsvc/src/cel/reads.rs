//! What of a message an expression reads.

use super::check::{Member, Typed, TypedKind};

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
pub fn normalize(paths: &mut Vec<Vec<u32>>) {
    paths.sort_unstable();
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

    #[test]
    fn what_lies_in_another_is_left_out() {
        let mut paths = vec![vec![3, 2], vec![1], vec![3], vec![1, PRESENCE], vec![2, 4]];
        normalize(&mut paths);
        assert_eq!(paths, [vec![1], vec![2, 4], vec![3]]);
        let mut whole = vec![vec![1], vec![]];
        normalize(&mut whole);
        assert_eq!(whole, [vec![]]);
    }
}
