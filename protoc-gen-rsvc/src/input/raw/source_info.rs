//! Changes to a `SourceCodeInfo` that stays bytes: it is the largest part of a file.

use prost::Message as _;
use prost::encoding::{self, DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost_types::source_code_info::Location;

/// The number of `location` in `SourceCodeInfo`, and of `path` in it.
const LOCATION: u32 = 1;
const PATH: u32 = 1;

/// Gives locations another path where `change` says one. Only paths with the number `with` are shown.
pub(crate) fn change_paths(
    info: &mut Vec<u8>,
    with: i32,
    change: &mut dyn FnMut(&[i32]) -> Option<Vec<i32>>,
) {
    let mut out = Vec::with_capacity(info.len());
    let mut rest = info.as_slice();
    while !rest.is_empty() {
        let start = rest;
        let Ok((number, wire_type)) = decode_key(&mut rest) else { return };
        let value = rest;
        if skip_field(wire_type, number, &mut rest, DecodeContext::default()).is_err() {
            return;
        }
        let changed = (number == LOCATION && wire_type == WireType::LengthDelimited)
            .then(|| changed(&value[..value.len() - rest.len()], with, change))
            .flatten();
        match changed {
            Some(location) => encoding::message::encode(LOCATION, &location, &mut out),
            None => out.extend_from_slice(&start[..start.len() - rest.len()]),
        }
    }
    *info = out;
}

fn changed(
    mut value: &[u8],
    with: i32,
    change: &mut dyn FnMut(&[i32]) -> Option<Vec<i32>>,
) -> Option<Location> {
    decode_varint(&mut value).ok()?;
    let path = path(value)?;
    let new = path.contains(&with).then(|| change(&path)).flatten()?;
    let location = Location::decode(value).ok()?;
    Some(Location { path: new, ..location })
}

/// The path, which comes first.
fn path(mut location: &[u8]) -> Option<Vec<i32>> {
    let (number, wire_type) = decode_key(&mut location).ok()?;
    let mut path = Vec::new();
    if number != PATH {
        return None;
    }
    encoding::int32::merge_repeated(wire_type, &mut path, &mut location, DecodeContext::default()).ok()?;
    Some(path)
}

#[cfg(test)]
mod tests {
    use prost_types::SourceCodeInfo;

    use super::*;

    #[test]
    fn only_the_paths_that_are_asked_for_change() {
        let location = |path: &[i32]| Location {
            path: path.to_vec(),
            span: vec![1, 2, 3],
            leading_comments: Some(" x".to_owned()),
            ..Location::default()
        };
        let before = [location(&[4, 0, 7, 999, 0]), location(&[4, 0]), location(&[4, 999])];
        let mut bytes = SourceCodeInfo { location: before.to_vec() }.encode_to_vec();
        change_paths(&mut bytes, 999, &mut |path| (path.len() == 5).then(|| vec![4, 0, 7, 50_001]));
        let after = SourceCodeInfo::decode(bytes.as_slice()).unwrap().location;
        assert_eq!(after, [location(&[4, 0, 7, 50_001]), location(&[4, 0]), location(&[4, 999])]);
    }
}
