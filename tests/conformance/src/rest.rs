//! The service behind the recorded REST requests, generated from the corpus.

#![allow(missing_docs, unreachable_pub)] // generated

include!(concat!(env!("OUT_DIR"), "/rest/mod.rs"));
