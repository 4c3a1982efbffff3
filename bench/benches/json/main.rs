//! ProtoJSON against hand-written serde structs with `serde_json`, pbjson and prost-reflect, in one run.
//!
//! Prints nanoseconds a call and the ratio to hand-written serde; less is faster.
#![allow(clippy::print_stdout)] // it is what a benchmark is for
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_lossless,
    clippy::cast_possible_wrap
)] // made-up numbers and times

mod by_hand;
mod measure;
mod samples;

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
    let pool = DescriptorPool::decode(tree::FILE_DESCRIPTOR_SET).expect("the descriptors of the samples");
    let descriptor = |name: &str| pool.get_message_by_name(name).expect("a sample");
    println!(
        "{:24} {:>14} {:>14} {:>14} {:>14}   ns (ratio)",
        "", "by hand", "rsvc", "pbjson", "prost-reflect"
    );
    let plain = || Limits { write: 1.0, read: 1.0 };
    let order = Limits { write: 0.65, read: 0.80 };
    let results = [
        case::<_, by_hand::Order, peer::Order>(
            "order",
            &samples::order(),
            &descriptor("json_bench.Order"),
            &order,
        ),
        case::<_, by_hand::Small, peer::Small>(
            "many small fields",
            &samples::small(),
            &descriptor("json_bench.Small"),
            &plain(),
        ),
        case::<_, by_hand::Numbers, peer::Numbers>(
            "numbers",
            &samples::numbers(),
            &descriptor("json_bench.Numbers"),
            &plain(),
        ),
        case::<_, by_hand::Strings, peer::Strings>(
            "strings",
            &samples::strings(),
            &descriptor("json_bench.Strings"),
            &plain(),
        ),
    ];
    if results.iter().all(|met| *met) {
        println!("all limits met");
    } else {
        println!("NOT all limits met");
    }
}

/// Measures one message, and says whether its limits are met.
fn case<M, H, P>(name: &str, message: &M, descriptor: &MessageDescriptor, limits: &Limits) -> bool
where
    M: Json + Message + Default + PartialEq,
    H: Serialize + DeserializeOwned,
    P: Serialize + DeserializeOwned + Message + Default,
{
    let bytes = message.encode_to_vec();
    let json = rsvc::json::to_vec(message).expect("a sample has JSON");
    let text = std::str::from_utf8(&json).expect("JSON is text");
    let back: M = rsvc::json::from_slice(&json).expect("it can be read back");
    assert!(back == *message, "{name} does not survive");
    let by_hand: H = serde_json::from_slice(&json).expect("serde reads the same JSON");
    let peer = P::decode(&bytes[..]).expect("the same message");
    let dynamic = DynamicMessage::decode(descriptor.clone(), &bytes[..]).expect("the same message");

    println!("{name}: {} bytes", json.len());
    let mut write = [
        Candidate::new("by hand", || serde_json::to_vec(&by_hand).expect("JSON").len()),
        Candidate::new("rsvc", || rsvc::json::to_vec(message).expect("JSON").len()),
        Candidate::new("pbjson", || serde_json::to_vec(&peer).expect("JSON").len()),
        Candidate::new("prost-reflect", || serde_json::to_vec(&dynamic).expect("JSON").len()),
    ];
    let write = row("  write", &mut write, limits.write);
    let mut read = [
        Candidate::new("by hand", || size(&serde_json::from_slice::<H>(&json).expect("a message"))),
        Candidate::new("rsvc", || size(&rsvc::json::from_slice::<M>(&json).expect("a message"))),
        Candidate::new("pbjson", || size(&serde_json::from_slice::<P>(&json).expect("a message"))),
        Candidate::new("prost-reflect", || {
            let mut deserializer = serde_json::Deserializer::from_str(text);
            size(&DynamicMessage::deserialize(descriptor.clone(), &mut deserializer).expect("a message"))
        }),
    ];
    let read = row("  read", &mut read, limits.read);
    write && read
}

/// Keeps a value alive until it was made.
fn size<T>(value: &T) -> usize {
    std::hint::black_box(value);
    size_of::<T>()
}

fn row(name: &str, candidates: &mut [Candidate<'_>], limit: f64) -> bool {
    let times = measure(candidates);
    let base = times[0];
    print!("{name:24}");
    for time in &times {
        print!(" {time:7.0} ({:4.2})", time / base);
    }
    let (ours, rsvc) = (times[1] / base, candidates[1].name);
    let met = ours <= limit;
    println!("{}", if met { String::new() } else { format!("   {rsvc} above {limit}") });
    met
}
