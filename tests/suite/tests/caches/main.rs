//! HTTP caches, from the option in the `.proto` to what is on the wire: forms of responses, conditions, protocols.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

mod changes;
mod clients;
mod forms;
mod notes;
mod reads;
mod wire;
