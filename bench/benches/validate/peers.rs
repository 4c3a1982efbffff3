//! The same rules by `prost-protovalidate`, at run time and generated, and by `garde`.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost::Message;
use prost_protovalidate::Validator;
use prost_reflect::DescriptorPool;

use crate::hand;

pub(crate) static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let bytes: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/validate.bin"));
    DescriptorPool::decode(bytes).expect("the descriptors of the samples")
});

/// prost's structs once more, with prost-protovalidate's impls.
#[allow(missing_docs, clippy::all, clippy::pedantic, dead_code, unreachable_pub, unused)]
mod generated {
    pub mod bench {
        pub mod validate {
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/protovalidate/bench.validate.v1.rs"));
            }
        }
    }
    include!(concat!(env!("OUT_DIR"), "/validate_impl.rs"));
}
use generated::bench::validate::v1 as pb;

/// What peers do with a message; `None` where one cannot do it.
pub(crate) struct Calls {
    pub(crate) run_time: Box<dyn FnMut() -> bool>,
    pub(crate) generated: Option<Box<dyn FnMut() -> bool>>,
    pub(crate) garde: Box<dyn FnMut() -> bool>,
}

/// A message of the benchmark as the peers have it.
pub(crate) trait Peer: Message {
    fn calls(&self) -> Calls;
}

fn run_time<T: prost_reflect::ReflectMessage + 'static>(message: T) -> Box<dyn FnMut() -> bool> {
    let validator = Validator::new();
    Box::new(move || validator.validate(&message).is_ok())
}

fn built<T: prost_protovalidate::Validate + 'static>(message: T) -> Option<Box<dyn FnMut() -> bool>> {
    Some(Box::new(move || message.validate().is_ok()))
}

fn garde<T: garde::Validate<Context = ()> + 'static>(message: T) -> Box<dyn FnMut() -> bool> {
    Box::new(move || message.validate().is_ok())
}

fn read<T: Message + Default>(from: &impl Message) -> T {
    T::decode(from.encode_to_vec().as_slice()).expect("the same message")
}

impl Peer for crate::Simple {
    fn calls(&self) -> Calls {
        Calls {
            run_time: run_time(read::<pb::Simple>(self)),
            generated: built(read::<pb::Simple>(self)),
            garde: garde(Simple::from(self)),
        }
    }
}

impl Peer for crate::Nested {
    fn calls(&self) -> Calls {
        let message = Nested {
            members: self.members.iter().map(Simple::from).collect(),
            limits: self.limits.clone(),
            codes: self.codes.clone(),
        };
        Calls {
            run_time: run_time(read::<pb::Nested>(self)),
            generated: built(read::<pb::Nested>(self)),
            garde: garde(message),
        }
    }
}

impl Peer for crate::Formats {
    fn calls(&self) -> Calls {
        let Self { id, email, host, ip } = self.clone();
        Calls {
            run_time: run_time(read::<pb::Formats>(self)),
            generated: built(read::<pb::Formats>(self)),
            garde: garde(Formats { id, email, host, ip }),
        }
    }
}

impl Peer for crate::Cel {
    fn calls(&self) -> Calls {
        let items = self.items.iter().map(|i| Item { sku: i.sku.clone(), qty: i.qty, price: i.price });
        let message =
            Cel { items: items.collect(), first: self.first, last: self.last, note: self.note.clone() };
        // Its generator leaves messages with CEL to its interpreter.
        Calls { run_time: run_time(read::<pb::Cel>(self)), generated: None, garde: garde(message) }
    }
}

#[derive(garde::Validate)]
struct Simple {
    #[garde(length(chars, min = 1, max = 64))]
    name: String,
    #[garde(range(min = 0, max = 150))]
    age: i32,
    #[garde(range(min = 0.0, max = 1.0))]
    score: f64,
    #[garde(custom(is_kind))]
    kind: String,
}

impl From<&crate::Simple> for Simple {
    fn from(from: &crate::Simple) -> Self {
        Self { name: from.name.clone(), age: from.age, score: from.score, kind: from.kind.clone() }
    }
}

#[derive(garde::Validate)]
struct Nested {
    #[garde(length(min = 1, max = 100), dive)]
    members: Vec<Simple>,
    #[garde(custom(entries))]
    limits: HashMap<String, i32>,
    #[garde(custom(unique))]
    codes: Vec<u32>,
}

#[derive(garde::Validate)]
struct Formats {
    #[garde(custom(uuid))]
    id: String,
    #[garde(email)]
    email: String,
    #[garde(custom(hostname))]
    host: String,
    #[garde(ipv4)]
    ip: String,
}

#[derive(garde::Validate)]
struct Item {
    #[garde(length(chars, min = 1))]
    sku: String,
    #[garde(range(min = 1))]
    qty: i32,
    #[garde(range(min = 0))]
    price: i64,
}

#[derive(garde::Validate)]
struct Cel {
    #[garde(dive)]
    items: Vec<Item>,
    #[garde(custom(is_range(self.last)))]
    first: i64,
    #[garde(skip)]
    last: i64,
    #[garde(custom(is_note(&self.items)))]
    note: String,
}

fn tell(holds: bool, text: &str) -> garde::Result {
    if holds { Ok(()) } else { Err(garde::Error::new(text)) }
}

fn is_kind(kind: &str, (): &()) -> garde::Result {
    tell(matches!(kind, "user" | "admin" | "guest"), "must be in list [user, admin, guest]")
}

#[allow(clippy::ptr_arg)] // as garde calls it
fn entries(limits: &HashMap<String, i32>, (): &()) -> garde::Result {
    tell(limits.keys().all(|key| !key.is_empty()), "must be at least 1 characters")?;
    tell(limits.values().all(|value| *value > 0), "must be greater than 0")
}

fn unique(codes: &[u32], (): &()) -> garde::Result {
    tell(hand::is_unique(codes), "repeated value must contain unique items")
}

fn uuid(id: &str, (): &()) -> garde::Result {
    tell(hand::is_uuid(id), "must be a valid UUID")
}

fn hostname(host: &str, (): &()) -> garde::Result {
    tell(hand::is_hostname(host), "must be a valid hostname")
}

fn is_range(last: i64) -> impl FnOnce(&i64, &()) -> garde::Result {
    move |first, ()| {
        let even = last.checked_sub(*first).is_some_and(|span| span % 2 == 0);
        tell(*first <= last && even, "the range is empty")
    }
}

fn is_note(items: &[Item]) -> impl FnOnce(&str, &()) -> garde::Result {
    move |note, ()| tell(note.starts_with('n') || items.iter().any(|i| i.sku == note), "bad note")
}
