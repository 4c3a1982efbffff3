//! Validation: generated code against checks written by hand that test the same, `prost-protovalidate` (its interpreter
//! of rules, and what it generates) and `garde`, on valid and invalid messages.
//!
//! Prints nanoseconds a call and their ratio to the checks by hand, allocations, and the same of instructions where
//! there is a valgrind; less is faster. The peers are there with the feature `peers`.
#![allow(clippy::print_stdout)] // it is what a benchmark is for
#![allow(clippy::cast_precision_loss)] // made-up numbers and times

#[path = "../json/count.rs"] // one way to measure for both
mod count;
mod hand;
#[path = "../json/measure.rs"] // as above
mod measure;
#[cfg(feature = "peers")]
mod peers;

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::HashMap;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use count::Only;
use measure::{Candidate, measure};
use rsvc::Validate;

#[allow(clippy::all, clippy::pedantic, missing_docs, unreachable_pub)] // generated
mod generated {
    rsvc::include_protos!();
}

use generated::bench::validate::v1::{Cel, Formats, Item, Nested, Simple};
use hand::Check;

/// The system's allocator, counting.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

#[allow(unsafe_code)] // an allocator is unsafe by definition, and this one only counts
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What a candidate allocates in one call.
fn allocations(run: &mut dyn FnMut() -> usize) -> u64 {
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    black_box(run());
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

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

/// How much of what the checks by hand take a valid and an invalid message may take.
const VALID: f64 = 1.10;
const INVALID: f64 = 2.0;

#[cfg(feature = "peers")]
trait Sample: Validate + Check + peers::Peer {}
#[cfg(feature = "peers")]
impl<T: Validate + Check + peers::Peer> Sample for T {}
#[cfg(not(feature = "peers"))]
trait Sample: Validate + Check {}
#[cfg(not(feature = "peers"))]
impl<T: Validate + Check> Sample for T {}

/// Calls in place of one where instructions are counted: one is lost in what starting the program takes.
const TIMES: u64 = 200;

/// What is measured.
struct Run {
    /// One candidate alone, without a clock: valgrind watches.
    only: Option<Only>,
    instructions: bool,
}

/// Measures a valid and an invalid message, and says whether the limits are met.
fn case<T: Sample>(name: &str, valid: &T, invalid: &T, run: &Run) -> bool {
    assert!(valid.validate().is_ok() && valid.by_hand().is_ok());
    let (ours, theirs) =
        (invalid.validate().expect_err("it is invalid"), invalid.by_hand().expect_err("it is invalid"));
    assert_eq!(ours.len(), theirs.len(), "{name}");
    let met = row(&format!("{name}, valid"), &mut candidates(valid, true), VALID, run);
    row(&format!("{name}, invalid"), &mut candidates(invalid, false), INVALID, run) && met
}

/// A call for its result; the violations are dropped, as a service drops them once they are sent.
fn size<T>(result: &T) -> usize {
    black_box(result);
    size_of::<T>()
}

fn candidates<T: Sample>(message: &T, valid: bool) -> Vec<Candidate<'_>> {
    let ours = [
        Candidate::new("by hand", move || size(&black_box(message).by_hand())),
        Candidate::new("rsvc", move || size(&black_box(message).validate())),
    ];
    ours.into_iter().chain(peers(message, valid)).collect()
}

#[cfg(not(feature = "peers"))]
fn peers<T: Sample>(_: &T, _: bool) -> Vec<Candidate<'_>> {
    Vec::new()
}

#[cfg(feature = "peers")]
fn peers<T: Sample>(message: &T, valid: bool) -> Vec<Candidate<'_>> {
    let peers::Calls { mut run_time, generated, mut garde } = message.calls();
    assert!(run_time() == valid && garde() == valid, "the peers do not agree");
    let generated = generated.map(|mut generated| {
        assert_eq!(generated(), valid, "the peer does not agree");
        Candidate::new("protovalidate, generated", move || usize::from(generated()))
    });
    let others = [
        Candidate::new("protovalidate, run time", move || usize::from(run_time())),
        Candidate::new("garde", move || usize::from(garde())),
    ];
    generated.into_iter().chain(others).collect()
}

/// Measures the candidates of a row, the first of which is 1, and says whether the second keeps the limit and
/// allocates nothing where the first does not.
fn row(name: &str, candidates: &mut [Candidate<'_>], limit: f64, run: &Run) -> bool {
    if let Some(only) = &run.only {
        for candidate in candidates {
            for _ in 0..only.calls(name, candidate.name) * TIMES {
                black_box((candidate.run)());
            }
        }
        return true;
    }
    println!("{name}");
    let times = measure(candidates);
    let mut base = None;
    let mut allocated = Vec::new();
    for (candidate, time) in candidates.iter_mut().zip(&times) {
        let count = allocations(&mut candidate.run);
        allocated.push(count);
        print!("  {:24} {time:9.1} ns {:7.2} {count:5} allocations", candidate.name, time / times[0]);
        if run.instructions
            && let Some(count) = count::instructions(name, candidate.name)
        {
            let count = count / TIMES as f64;
            let base = *base.get_or_insert(count);
            print!(" {count:9.0} instructions {:7.2}", count / base);
        }
        println!();
    }
    let met = times[1] / times[0] <= limit && (allocated[0] > 0 || allocated[1] == 0);
    if !met {
        println!("  rsvc above {limit}, or with allocations");
    }
    met
}

fn main() {
    let only = Only::from_env();
    let instructions = only.is_none() && count::available();
    if only.is_none() {
        println!("ns a call; by hand = 1");
        if !cfg!(feature = "peers") {
            println!("skipped: the peers, which take the feature of that name and a protoc");
        }
    }
    let run = Run { only, instructions };
    let uuid = "0b8a4e4e-9c4b-4c1e-8f3a-2d1c5e6f7a8b";
    let results = [
        case("simple", &simple(36), &simple(200), &run),
        case("nested", &nested(36), &nested(200), &run),
        case("formats", &formats(uuid), &formats("nothing"), &run),
        case("CEL", &cel(2), &cel(0), &run),
    ];
    if run.only.is_none() {
        let met = results.iter().all(|met| *met);
        println!("{}", if met { "all limits met" } else { "NOT all limits met" });
    }
}
