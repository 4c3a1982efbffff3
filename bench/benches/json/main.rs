//! ProtoJSON against hand-written serde structs with `serde_json`, pbjson and prost-reflect, in one run; reading
//! against the same code by hand on jiter too.
//!
//! Prints nanoseconds a call and their ratio to hand-written serde, and the same of instructions where there is a
//! valgrind; less is faster.
#![allow(clippy::print_stdout)] // it is what a benchmark is for
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_lossless,
    clippy::cast_possible_wrap
)] // made-up numbers and times

mod by_hand;
mod by_jiter;
mod count;
mod measure;
mod samples;

use count::Only;
use measure::{Candidate, measure};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use rsvc::json::Json;
use serde::Serialize;
use serde::de::DeserializeOwned;

#[allow(missing_docs, clippy::all, clippy::pedantic, dead_code, unreachable_pub)]
mod tree {
    include!(concat!(env!("OUT_DIR"), "/json/mod.rs"));
}
use tree::json_bench as pb;

/// prost's structs once more, with pbjson's impls.
#[allow(missing_docs, clippy::all, clippy::pedantic, dead_code, unreachable_pub)]
mod peer {
    include!(concat!(env!("OUT_DIR"), "/pbjson/json_bench.rs"));
    include!(concat!(env!("OUT_DIR"), "/pbjson/json_bench.serde.rs"));
}

/// What hand-written serde takes is 1; at most this much of it may be taken.
struct Limits {
    write: f64,
    read: f64,
}

fn main() {
    let only = Only::from_env();
    let pool = DescriptorPool::decode(tree::FILE_DESCRIPTOR_SET).expect("the descriptors of the samples");
    let descriptor = |name: &str| pool.get_message_by_name(name).expect("a sample");
    let instructions = only.is_none() && count::available();
    if only.is_none() {
        println!("ns a call{}; by hand = 1", if instructions { " and instructions a call" } else { "" });
        if !instructions {
            println!("skipped: instructions, which take a valgrind");
        }
    }
    let run = Run { only, instructions };
    let plain = Limits { write: 1.0, read: 1.0 };
    let order = Limits { write: 0.65, read: 0.80 };
    let results = [
        case::<_, by_hand::Order, peer::Order>(
            "order",
            &samples::order(),
            &descriptor("json_bench.Order"),
            &order,
            &run,
        ),
        case::<_, by_hand::Small, peer::Small>(
            "small fields",
            &samples::small(),
            &descriptor("json_bench.Small"),
            &plain,
            &run,
        ),
        case::<_, by_hand::Numbers, peer::Numbers>(
            "numbers",
            &samples::numbers(),
            &descriptor("json_bench.Numbers"),
            &plain,
            &run,
        ),
        case::<_, by_hand::Strings, peer::Strings>(
            "strings",
            &samples::strings(),
            &descriptor("json_bench.Strings"),
            &plain,
            &run,
        ),
    ];
    if run.only.is_none() {
        let met = results.iter().all(|met| *met);
        println!("{}", if met { "all limits met" } else { "NOT all limits met" });
    }
}

/// What is measured.
struct Run {
    /// One candidate alone, without a clock: valgrind watches.
    only: Option<Only>,
    instructions: bool,
}

/// Measures one message, and says whether its limits are met.
fn case<M, H, P>(name: &str, message: &M, descriptor: &MessageDescriptor, limits: &Limits, run: &Run) -> bool
where
    M: Json + Message + Default + PartialEq + by_jiter::Read,
    H: Serialize + DeserializeOwned,
    P: Serialize + DeserializeOwned + Message + Default,
{
    let bytes = message.encode_to_vec();
    let json = rsvc::json::to_vec(message).expect("a sample has JSON");
    let text = std::str::from_utf8(&json).expect("JSON is text");
    let back: M = rsvc::json::from_slice(&json).expect("it can be read back");
    assert!(back == *message, "{name} does not survive");
    let back: M = by_jiter::from_slice(&json).expect("jiter reads the same JSON");
    assert!(back == *message, "{name} does not survive jiter");
    let by_hand: H = serde_json::from_slice(&json).expect("serde reads the same JSON");
    let peer = P::decode(&bytes[..]).expect("the same message");
    let dynamic = DynamicMessage::decode(descriptor.clone(), &bytes[..]).expect("the same message");

    let mut write = [
        Candidate::new("by hand", || serde_json::to_vec(&by_hand).expect("JSON").len()),
        Candidate::new("rsvc", || rsvc::json::to_vec(message).expect("JSON").len()),
        Candidate::new("pbjson", || serde_json::to_vec(&peer).expect("JSON").len()),
        Candidate::new("prost-reflect", || serde_json::to_vec(&dynamic).expect("JSON").len()),
    ];
    let write = row(&format!("{name}, {} bytes: write", json.len()), &mut write, limits.write, run);
    let mut read = [
        Candidate::new("by hand", || size(&serde_json::from_slice::<H>(&json).expect("a message"))),
        Candidate::new("rsvc", || size(&rsvc::json::from_slice::<M>(&json).expect("a message"))),
        Candidate::new("pbjson", || size(&serde_json::from_slice::<P>(&json).expect("a message"))),
        Candidate::new("prost-reflect", || {
            let mut deserializer = serde_json::Deserializer::from_str(text);
            size(&DynamicMessage::deserialize(descriptor.clone(), &mut deserializer).expect("a message"))
        }),
        Candidate::new("jiter by hand", || size(&by_jiter::from_slice::<M>(&json).expect("a message"))),
    ];
    let read = row(&format!("{name}, {} bytes: read", json.len()), &mut read, limits.read, run);
    write && read
}

/// Keeps a value alive until it was made.
fn size<T>(value: &T) -> usize {
    std::hint::black_box(value);
    size_of::<T>()
}

/// Measures the candidates of a row, the first of which is 1, and says whether the second keeps the limit.
fn row(name: &str, candidates: &mut [Candidate<'_>], limit: f64, run: &Run) -> bool {
    if let Some(only) = &run.only {
        for candidate in candidates {
            for _ in 0..only.calls(name, candidate.name) {
                std::hint::black_box((candidate.run)());
            }
        }
        return true;
    }
    println!("{name}");
    let times = measure(candidates);
    let counts: Vec<_> = candidates
        .iter()
        .map(|candidate| run.instructions.then(|| count::instructions(name, candidate.name)).flatten())
        .collect();
    for ((candidate, time), count) in candidates.iter().zip(&times).zip(&counts) {
        print!("  {:16} {time:9.0} ns {:5.2}", candidate.name, time / times[0]);
        if let (Some(count), Some(base)) = (count, counts[0]) {
            print!(" {count:11.0} instructions {:5.2}", count / base);
        }
        println!();
    }
    let met = times[1] / times[0] <= limit;
    if !met {
        println!("  {} above {limit}", candidates[1].name);
    }
    met
}
