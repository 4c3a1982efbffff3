//! A program of its own, whose generated module nobody else sees: what it does not use must give no warning.
#![deny(warnings)]

mod api {
    // Messages alone: where there are services, these use the descriptors.
    include!("../../../snapshots/gen/scalars/expected/mod.rs");
}

fn main() {
    let text = format!("{:?}", api::scalars::v1::Scalars::default());
    assert!(!text.is_empty());
}
