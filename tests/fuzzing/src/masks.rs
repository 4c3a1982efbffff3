//! A message that is validated by the mask in it.

use prost::Message as _;
use rsvc::prost_types::FieldMask;
use rsvc::validate::{MaskedError, Validator};

use crate::proto::fuzz::v1::All;

/// Protobuf: what is found by a mask is found by a larger one, and without one.
pub(crate) fn masks(data: &[u8]) {
    let Ok(message) = All::decode(data) else { return };
    let Some(FieldMask { paths }) = &message.mask else { return };
    let all = everything().validate(&message).err().unwrap_or_default().to_string();
    let (half, _) = paths.split_at(paths.len() / 2);
    let [some, more] = [half, paths].map(|paths| found(&message, paths));
    let (Ok(some), Ok(more)) = (some, more) else { return };
    // An empty mask is one of all fields.
    assert!(
        half.is_empty() || all.is_empty() || some.iter().all(|one| more.contains(one)),
        "less of a larger mask"
    );
    for mask in [some, more] {
        assert!(mask.iter().all(|one| all.contains(one)), "a mask finds what is not there: {mask:?}");
    }
    assert_eq!(found(&message, &["*".to_owned()]).unwrap_or_default().is_empty(), all.is_empty());
}

/// What is reported has no limit, so that it can be compared.
fn everything() -> Validator {
    Validator::new().max_violations(u32::MAX)
}

/// The violations, or the path that is wrong.
fn found(message: &All, paths: &[String]) -> Result<Vec<String>, String> {
    let mask = FieldMask { paths: paths.to_vec() };
    match everything().validate_masked(message, &mask) {
        Ok(()) => Ok(Vec::new()),
        Err(error) => read(&error),
    }
}

fn read(error: &MaskedError) -> Result<Vec<String>, String> {
    match (error.violations(), error.invalid_path()) {
        (Some(violations), None) => Ok(violations.iter().map(ToString::to_string).collect()),
        (None, Some(path)) => {
            assert!(path.len() <= 210, "the path is repeated as a whole");
            Err(path.to_owned())
        }
        _ => panic!("it is either"),
    }
}
