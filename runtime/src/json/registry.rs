//! The messages that an `Any` can hold.
//!
//! Generated code adds its tables at link time, so that there is nothing to call; a program can add others.
//! Tables, not functions: a message that a program only knows by name costs it no code.

use std::collections::BTreeMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use prost_types::{Any, Duration, FieldMask, ListValue, Struct, Timestamp, Value};

use super::{Json, MessageInfo};

#[cfg(all(not(target_family = "wasm"), test))]
pub use linked::RSVC_MESSAGES_TEST as GENERATED;
/// Every message of every generated tree in the program.
#[cfg(all(not(target_family = "wasm"), not(test)))]
pub use linked::RSVC_MESSAGES_V1 as GENERATED;

/// The linker knows a slice by its name alone, in the whole program: the name tells versions of this crate apart,
/// and its unit tests from the crate that they link as well.
#[cfg(not(target_family = "wasm"))]
#[allow(unsafe_code)] // linkme's: the attribute that names a link section counts as unsafe
mod linked {
    use crate::json::MessageInfo;

    /// Filled by the linker.
    #[cfg(not(test))]
    #[linkme::distributed_slice]
    pub static RSVC_MESSAGES_V1: [&'static [fn() -> &'static MessageInfo]];

    /// Filled by the linker.
    #[cfg(test)]
    #[linkme::distributed_slice]
    pub static RSVC_MESSAGES_TEST: [&'static [fn() -> &'static MessageInfo]];
}

/// No linker support there: programs call [`register`].
#[cfg(target_family = "wasm")]
pub static GENERATED: [&'static [fn() -> &'static MessageInfo]; 0] = [];

/// Adds tables to [`GENERATED`]. What differs between targets is decided here, not in generated code.
#[doc(hidden)]
#[macro_export]
macro_rules! register_messages {
    ($($message:ty),* $(,)?) => {
        const _: () = {
            #[cfg(not(target_family = "wasm"))]
            #[$crate::codegen::linkme::distributed_slice($crate::json::GENERATED)]
            #[linkme(crate = $crate::codegen::linkme)]
            static MESSAGES: &[fn() -> &'static $crate::json::MessageInfo] = &[$(<$message as $crate::json::Json>::info),*];
        };
    };
}

static WELL_KNOWN: [fn() -> &'static MessageInfo; 17] = [
    Any::info,
    bool::info,
    Vec::<u8>::info,
    f64::info,
    Duration::info,
    <()>::info,
    FieldMask::info,
    f32::info,
    i32::info,
    i64::info,
    ListValue::info,
    String::info,
    Struct::info,
    Timestamp::info,
    u32::info,
    u64::info,
    Value::info,
];

/// Tables by name. Those that a program adds come first.
static LINKED: LazyLock<BTreeMap<&'static str, &'static MessageInfo>> = LazyLock::new(|| {
    let mut known = BTreeMap::new();
    for info in WELL_KNOWN.iter().chain(GENERATED.iter().copied().flatten()) {
        known.insert(info().name, info());
    }
    known
});
static ADDED: RwLock<BTreeMap<&'static str, &'static MessageInfo>> = RwLock::new(BTreeMap::new());

/// Makes `T` known to every `Any`. Generated messages are known without it; it is for messages that were
/// written by hand, and for targets without link-time registration (WebAssembly).
pub fn register<T: Json>() {
    let mut added = ADDED.write().unwrap_or_else(PoisonError::into_inner);
    added.insert(T::info().name, T::info());
}

/// The message of a full name.
pub(crate) fn find(name: &str) -> Option<&'static MessageInfo> {
    let added = ADDED.read().unwrap_or_else(PoisonError::into_inner);
    added.get(name).or_else(|| LINKED.get(name)).copied()
}
