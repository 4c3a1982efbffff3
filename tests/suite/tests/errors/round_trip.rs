//! Variant to status to variant: equal, for every variant and any payload.

use proptest::prelude::*;
use prost_reflect::DescriptorPool;
use prost_reflect::prost::Message as _;
use rsvc::Status;
use rsvc::codegen::http::HeaderMap;
use rsvc::error::MethodError;

use crate::arbitrary::{Source, message};
use crate::variants::{Variants, all, names, shared};

/// Over the bytes of headers, as in a call.
fn over_headers(status: &Status) -> Status {
    let mut headers = HeaderMap::new();
    status.add_header(&mut headers).unwrap();
    Status::from_header_map(&headers).unwrap()
}

fn any_error<S: Variants>() -> impl Strategy<Value = (usize, Vec<u8>)> {
    (0..S::ERRORS.len(), proptest::collection::vec(any::<u8>(), 0..600))
}

fn check<S: Variants>(index: usize, bytes: &[u8], languages: Option<&str>) -> Result<(), TestCaseError> {
    let definition = &S::ERRORS[index];
    let pool = DescriptorPool::decode(S::DESCRIPTORS).unwrap();
    let descriptor = pool.get_message_by_name(definition.payload).unwrap();
    let payload = message(&descriptor, &mut Source(bytes), 0).encode_to_vec();
    let error = S::make(index, &payload);
    prop_assert_eq!(error.which().unwrap(), index);

    let status = over_headers(&S::make(index, &payload).into_status(languages));
    prop_assert_eq!(status.code(), definition.code);
    prop_assert_eq!(status.message(), error.to_string());
    let back = S::from(status);
    prop_assert!(back.same(&error), "{:?} came back as {:?}", error, back);

    // A second time, as when a handler passes on what another service said.
    let again = S::from(over_headers(&back.into()));
    prop_assert!(again.same(&error));
    Ok(())
}

proptest! {
    #[test]
    fn of_every_kind_of_payload((index, bytes) in any_error::<all::FailingError>(), languages in ".{0,20}") {
        check::<all::FailingError>(index, &bytes, Some(&languages))?;
    }

    #[test]
    fn under_odd_names((index, bytes) in any_error::<names::Result>()) {
        check::<names::Result>(index, &bytes, None)?;
        check::<names::Err>(0, &bytes, None)?;
    }

    #[test]
    fn of_proto2((index, bytes) in any_error::<shared::CommonError>()) {
        check::<shared::CommonError>(index, &bytes, None)?;
    }

    /// What a peer sends is data: no bytes in the details break anything, and what is not ours stays as it is.
    #[test]
    fn any_details_are_survived(details in proptest::collection::vec(any::<u8>(), 0..200)) {
        let status = Status::with_details(rsvc::Code::NotFound, "m", details.clone().into());
        let error = all::FailingError::from(status);
        if let all::FailingError::Status(status) = error {
            prop_assert_eq!(status.details(), &details[..]);
        }
    }
}

/// Each variant at least once, since the ones above are drawn by lot.
#[test]
fn every_variant() {
    fn all_of<S: Variants>() {
        for index in 0..S::ERRORS.len() {
            for fill in [0, 1, 2, 97, 254, 255] {
                check::<S>(index, &[fill; 500], None).unwrap();
            }
        }
    }
    all_of::<all::FailingError>();
    all_of::<names::Result>();
    all_of::<names::Err>();
    all_of::<shared::CommonError>();
}
