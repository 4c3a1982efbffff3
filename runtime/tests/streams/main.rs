//! Streams over REST from end to end: servers and clients on loopback.

#![allow(clippy::unwrap_used, reason = "what fails here is a test")]

mod arriving;
mod demo;
mod formats;
mod setup;
mod silence;
#[cfg(feature = "websocket")]
mod websocket;
