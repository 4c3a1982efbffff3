//! Field masks, as validation goes by them.

use std::fmt;
use std::ops::Range;

use super::Violations;
use crate::bridge::Status;
#[cfg(any(feature = "server", feature = "client"))]
use crate::json::info::Field;
use crate::json::info::{Cardinality, MessageInfo, Type};

/// How many fields a path may name: no message that is read nests deeper.
const MAX_DEPTH: usize = 100;

/// How many paths a mask may have: each is looked up, and nobody who means something names so many.
const MAX_PATHS: usize = 10_000;

/// At the end of a path: whether the field is set at all, whatever is in it.
pub(super) const PRESENCE: u32 = 0;

/// The fields of a message that are tested, with all that is below them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mask {
    /// Numbers of fields from the message down. Sorted, and none begins with another.
    paths: Vec<Vec<u32>>,
    /// The field that the paths are about, if they are not about the message as a whole: its other fields are tested in
    /// full.
    resource: Option<u32>,
}

impl Mask {
    /// The mask of `paths` for a message that `table` describes; none where they name all of it.
    pub(crate) fn of_message(
        table: &'static MessageInfo,
        paths: &[String],
    ) -> Result<Option<Self>, InvalidPath> {
        let paths = numbers(table, &[], paths)?;
        Ok(paths.map(|paths| Self { paths, resource: None }))
    }

    /// The mask of `paths`, which are about the field `resource` of a request. What `names` the resource is in every mask.
    #[cfg(any(feature = "server", feature = "client"))]
    pub(crate) fn of_request(
        resource: &Field,
        names: &[&[u32]],
        paths: &[String],
    ) -> Result<Option<Self>, InvalidPath> {
        let Type::Message(table) = resource.ty else {
            unreachable!("generated code names a field that is a message")
        };
        let mut paths = numbers(table(), &[resource.number], paths)?;
        if let Some(paths) = &mut paths {
            paths.extend(names.iter().map(|name| name.to_vec()));
            normalize(paths);
        }
        Ok(paths.map(|paths| Self { paths, resource: Some(resource.number) }))
    }

    /// The message that the mask is of.
    pub(super) fn start(&self) -> Position {
        Position { paths: 0..self.paths.len(), depth: 0 }
    }

    fn paths(&self, at: &Position) -> &[Vec<u32>] {
        &self.paths[at.paths.clone()]
    }

    /// Whether the field is one that the mask says nothing of: it is tested in full.
    fn is_beside(&self, at: &Position, number: u32) -> bool {
        at.depth == 0 && self.resource.is_some_and(|resource| resource != number)
    }

    /// What of the field `number` is in the mask.
    pub(super) fn below(&self, at: &Position, number: u32) -> Covered {
        if self.is_beside(at, number) {
            return Covered::All;
        }
        let (paths, depth) = (self.paths(at), at.depth);
        let from = paths.partition_point(|path| path[depth] < number);
        let count = paths[from..].partition_point(|path| path[depth] == number);
        match &paths[from..from + count] {
            [] => Covered::None,
            // A path that ends here is the only one.
            [path] if path.len() == depth + 1 => Covered::All,
            _ => {
                let from = at.paths.start + from;
                Covered::Part(Position { paths: from..from + count, depth: depth + 1 })
            }
        }
    }

    /// Whether all that is at `path` is in the mask.
    pub(super) fn covers(&self, at: &Position, path: &[u32]) -> bool {
        let Some(first) = path.first() else { return false };
        // That there is a resource at all is no matter of the mask.
        if self.is_beside(at, *first)
            || (at.depth == 0 && self.resource == Some(*first) && path[1..] == [PRESENCE])
        {
            return true;
        }
        // Whatever stands between a path and one that begins with it, begins with it, too: the last one before decides.
        let (paths, depth) = (self.paths(at), at.depth);
        let after = paths.partition_point(|named| named[depth..] <= *path);
        after > 0 && path.starts_with(&paths[after - 1][depth..])
    }
}

/// A message on the way to fields in the mask: the paths that lead through it, and how far they have come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Position {
    paths: Range<usize>,
    depth: usize,
}

/// What of a field is in the mask.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Covered {
    None,
    Part(Position),
    All,
}

/// The fields that paths name, as a mask keeps them, each behind `before`; none where the message as a whole is named.
pub(crate) fn numbers(
    table: &'static MessageInfo,
    before: &[u32],
    paths: &[String],
) -> Result<Option<Vec<Vec<u32>>>, InvalidPath> {
    if paths.iter().all(|path| path == "*") {
        return Ok(None);
    }
    if let Some(path) = paths.get(MAX_PATHS) {
        return Err(InvalidPath::new(path, path, table, Fault::TooMany));
    }
    let mut names: Vec<&str> = paths.iter().map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let resolved = names.iter().filter(|name| **name != "*").map(|name| resolve(table, before, name));
    let mut resolved = resolved.collect::<Result<Vec<_>, _>>()?;
    if names.contains(&"*") {
        return Ok(None);
    }
    normalize(&mut resolved);
    Ok(Some(resolved))
}

/// Sorts paths, and leaves out those that lie in another.
fn normalize(paths: &mut Vec<Vec<u32>>) {
    paths.sort_unstable();
    paths.dedup_by(|path, before| path.starts_with(before));
}

/// The numbers of the fields that a path names.
fn resolve(table: &'static MessageInfo, before: &[u32], path: &str) -> Result<Vec<u32>, InvalidPath> {
    let mut numbers = before.to_vec();
    let mut table = table;
    let mut segments = path.split('.').peekable();
    while let Some(name) = segments.next() {
        let invalid = |fault| Err(InvalidPath::new(path, name, table, fault));
        let Some(field) = table.fields.iter().find(|field| field.proto() == name) else {
            return invalid(Fault::NoField);
        };
        numbers.push(field.number);
        if numbers.len() > MAX_DEPTH {
            return invalid(Fault::TooDeep);
        }
        if segments.peek().is_none() {
            break;
        }
        table = match (field.cardinality, field.ty) {
            (Cardinality::Repeated | Cardinality::Packed, _) => return invalid(Fault::List),
            (Cardinality::Map(_), _) => return invalid(Fault::Map),
            (_, Type::Message(inner) | Type::Group(inner)) => inner(),
            _ => return invalid(Fault::NoMessage),
        };
    }
    Ok(numbers)
}

/// As much of a text as is worth repeating to whoever has sent it.
fn shortened(text: &str) -> String {
    const MOST: usize = 200;
    let kept = text.floor_char_boundary(MOST);
    if kept == text.len() { text.to_owned() } else { [&text[..kept], "…"].concat() }
}

/// A path of a mask that names no field.
#[derive(Clone, Debug)]
pub(crate) struct InvalidPath {
    path: String,
    /// The part of the path that is wrong.
    name: String,
    /// The message in which it would have to be.
    table: &'static MessageInfo,
    fault: Fault,
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    NoField,
    NoMessage,
    List,
    Map,
    TooDeep,
    TooMany,
}

impl InvalidPath {
    #[cold]
    fn new(path: &str, name: &str, table: &'static MessageInfo, fault: Fault) -> Self {
        Self { path: shortened(path), name: shortened(name), table, fault }
    }

    /// The path, shortened if it is long.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// `INVALID_ARGUMENT`, about the field that the mask is in.
    #[cold]
    pub(crate) fn into_status(self, field: &str) -> Status {
        super::status::one(field, self.to_string())
    }
}

impl fmt::Display for InvalidPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, name, table, fault } = self;
        if !matches!(fault, Fault::TooMany) {
            write!(f, "`{path}` is not in the message: ")?;
        }
        match fault {
            Fault::TooMany => write!(f, "more than {MAX_PATHS} paths"),
            Fault::NoField => write!(f, "`{}` has no field `{name}`", table.name),
            Fault::NoMessage => write!(f, "`{name}` is not a message"),
            Fault::List => write!(f, "`{name}` is a list, which a mask names as a whole"),
            Fault::Map => write!(f, "`{name}` is a map, which a mask names as a whole"),
            Fault::TooDeep => write!(f, "more than {MAX_DEPTH} fields lie in each other"),
        }
    }
}

/// Why a message is not valid as far as a mask speaks of it.
#[derive(Clone, Debug)]
pub struct MaskedError(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Path(InvalidPath),
    Violations(Violations),
}

impl MaskedError {
    /// The violations of what is in the mask; `None` if the mask names what is not a field of the message.
    pub fn violations(&self) -> Option<&Violations> {
        match &self.0 {
            Kind::Path(_) => None,
            Kind::Violations(violations) => Some(violations),
        }
    }

    /// The path of the mask that names no field of the message, shortened if it is long; or the first that is too much.
    pub fn invalid_path(&self) -> Option<&str> {
        match &self.0 {
            Kind::Path(invalid) => Some(&invalid.path),
            Kind::Violations(_) => None,
        }
    }
}

impl From<MaskedError> for Status {
    fn from(error: MaskedError) -> Self {
        match error.0 {
            Kind::Path(invalid) => invalid.into_status("update_mask"),
            Kind::Violations(violations) => violations.into(),
        }
    }
}

impl From<InvalidPath> for MaskedError {
    fn from(invalid: InvalidPath) -> Self {
        Self(Kind::Path(invalid))
    }
}

impl From<Violations> for MaskedError {
    fn from(violations: Violations) -> Self {
        Self(Kind::Violations(violations))
    }
}

impl fmt::Display for MaskedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Path(invalid) => invalid.fmt(f),
            Kind::Violations(violations) => violations.fmt(f),
        }
    }
}

impl std::error::Error for MaskedError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Field, Json as _};
    use crate::pb::google::rpc::Help;

    static INNER: MessageInfo =
        MessageInfo::new::<()>("demo.v1.Inner", &[Field::string(",\"a\":", 1), Field::string(",\"b\":", 2)]);

    /// `Help` has a list of links.
    fn table() -> &'static MessageInfo {
        static FIELDS: [Field; 4] = [
            Field::new(",\"inner\":", 7, Type::Message(|| &INNER)).optional(),
            Field::new(",\"other\":", 3, Type::Message(|| &INNER)).optional(),
            Field::message::<Help>(",\"help\":", 4).optional(),
            Field::string(",\"text\":", 5),
        ];
        static TABLE: MessageInfo = MessageInfo::new::<()>("demo.v1.Outer", &FIELDS);
        &TABLE
    }

    fn of(paths: &[&str]) -> Mask {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        Mask::of_message(table(), &paths).expect("the paths are fields").expect("not all is named")
    }

    #[test]
    fn paths_are_sorted_and_none_lies_in_another() {
        let mask = of(&["text", "inner.b", "other", "inner.a", "other.a", "text"]);
        assert_eq!(mask.paths, [vec![3], vec![5], vec![7, 1], vec![7, 2]]);
        let start = mask.start();
        assert_eq!(mask.below(&start, 3), Covered::All);
        assert_eq!(mask.below(&start, 4), Covered::None);
        let Covered::Part(inner) = mask.below(&start, 7) else { panic!("a part of it") };
        assert_eq!((mask.below(&inner, 1), mask.below(&inner, 3)), (Covered::All, Covered::None));
        for (path, is_covered) in [
            (&[3_u32][..], true),
            (&[3, 2], true),
            (&[3, PRESENCE], true),
            (&[4], false),
            (&[7], false),
            (&[7, PRESENCE], false),
            (&[7, 2], true),
            (&[7, 2, 9], true),
            (&[7, 3], false),
            (&[8], false),
            (&[], false),
        ] {
            assert_eq!(mask.covers(&start, path), is_covered, "{path:?}");
        }
        assert!(mask.covers(&inner, &[2]) && !mask.covers(&inner, &[5]) && !mask.covers(&inner, &[]));
    }

    #[cfg(any(feature = "server", feature = "client"))]
    #[test]
    fn the_rest_of_a_request_is_tested() {
        let mask = |paths: &[&str]| {
            let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
            Mask::of_request(&table().fields[0], &[&[7, 1]], &paths).expect("the paths are fields")
        };
        let one = mask(&["b"]).expect("not all is named");
        let start = one.start();
        assert_eq!(one.paths, [[7, 1], [7, 2]]);
        assert_eq!((one.below(&start, 3), one.below(&start, 9)), (Covered::All, Covered::All));
        assert!(matches!(one.below(&start, 7), Covered::Part(_)));
        for (path, is_covered) in [
            (&[3_u32][..], true),
            (&[7], false),
            (&[7, PRESENCE], true),
            (&[7, 2], true),
            (&[7, 3], false),
            (&[], false),
        ] {
            assert_eq!(one.covers(&start, path), is_covered, "{path:?}");
        }
        assert_eq!((mask(&[]), mask(&["*"])), (None, None));
        let paths = ["text".to_owned()];
        assert!(Mask::of_request(&table().fields[0], &[], &paths).is_err(), "it is a field of the request");
    }

    #[test]
    fn a_list_is_named_as_a_whole() {
        assert_eq!(of(&["help.links"]).paths, [[4, 1]]);
        let error = Mask::of_message(Help::info(), &["links.url".to_owned()]).expect_err("it is a list");
        assert!(error.to_string().contains("`links` is a list"), "{error}");
    }
}
