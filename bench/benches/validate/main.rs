//! Validation: generated code against checks written by hand that test the same, on valid and invalid messages.

mod hand;

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Instant;

use rsvc::Validate;

#[allow(clippy::all, clippy::pedantic, missing_docs, unreachable_pub)] // generated
mod generated {
    rsvc::include_protos!();
}

use generated::bench::validate::v1::{Cel, Formats, Item, Nested, Simple};
use hand::Check;

fn simple(age: i32) -> Simple {
    Simple { name: "Ada Lovelace".into(), age, score: 0.5, kind: "guest".into() }
}

fn nested(age: i32) -> Nested {
    Nested {
        members: (0..20).map(|_| simple(36)).chain([simple(age)]).collect(),
        limits: HashMap::from([("a".into(), 1), ("b".into(), 2), ("c".into(), 3)]),
        codes: (0..16).collect(),
    }
}

fn formats(id: &str) -> Formats {
    Formats {
        id: id.into(),
        email: "ada.lovelace@example.com".into(),
        host: "a.long.name.example.com".into(),
        ip: "192.168.17.254".into(),
    }
}

fn cel(qty: i32) -> Cel {
    let item = |qty| Item { sku: "sku-1".into(), qty, price: 100 };
    Cel {
        items: (0..20).map(|_| item(2)).chain([item(qty)]).collect(),
        first: 2,
        last: 10,
        note: "note".into(),
    }
}

/// The best of some rounds, in nanoseconds a call.
fn time<R>(mut call: impl FnMut() -> R) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..60 {
        let start = Instant::now();
        for _ in 0..2_000 {
            black_box(call());
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / 2_000.0);
    }
    best
}

#[allow(clippy::print_stdout)] // the result
fn compare<T: Validate + Check>(name: &str, valid: &T, invalid: &T) {
    assert!(valid.validate().is_ok() && valid.by_hand().is_ok());
    let (ours, theirs) =
        (invalid.validate().expect_err("it is invalid"), invalid.by_hand().expect_err("it is invalid"));
    assert_eq!(ours.len(), theirs.len(), "{name}");
    for (what, message) in [("valid", valid), ("invalid", invalid)] {
        let ours = time(|| black_box(message).validate());
        let hand = time(|| black_box(message).by_hand());
        println!("validate/{name}/{what}: rsvc {ours:.1} ns, by hand {hand:.1} ns, ratio {:.2}", ours / hand);
    }
}

fn main() {
    compare("simple", &simple(36), &simple(200));
    compare("nested", &nested(36), &nested(200));
    compare("formats", &formats("0b8a4e4e-9c4b-4c1e-8f3a-2d1c5e6f7a8b"), &formats("nothing"));
    compare("cel", &cel(2), &cel(0));
}
