//! The runtime from end to end: servers and clients on loopback.

mod access;
mod calls;
mod demo;
mod endings;
mod limits;
mod metadata;
mod mounted;
mod serving;
mod setup;
