//! What is compared: ways to get Rust out of the same protos.

use std::path::Path;

use crate::schema::Schema;

/// Ways to compile the same messages. What two of them add, each to what there is without it, is compared.
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    /// What the programs do.
    pub(crate) about: &'static str,
    pub(crate) schema: Schema,
    /// Folders of what the schema imports, besides the built-in files of the generators.
    pub(crate) includes: &'static [&'static str],
    /// What the peer adds to.
    pub(crate) base: Candidate,
    /// What ours adds to, if that is something else.
    pub(crate) own_base: Option<Candidate>,
    pub(crate) ours: Candidate,
    pub(crate) peer: Candidate,
}

impl Suite {
    /// All of them, ours and the peer last.
    pub(crate) fn candidates(&self) -> Vec<&Candidate> {
        std::iter::once(&self.base).chain(&self.own_base).chain([&self.ours, &self.peer]).collect()
    }
}

/// One way.
pub(crate) struct Candidate {
    pub(crate) name: &'static str,
    /// The packages that generated code and programs name: those of this workspace's lock file, or `rsvc`.
    pub(crate) dependencies: &'static [&'static str],
    /// Generates into the second path; the first are the folders with the protos.
    pub(crate) generate: fn(&[&Path], &Path),
    /// The crate of messages, beside a folder `generated`.
    pub(crate) library: &'static str,
    /// Body of `fn(wire: &[u8], json: &[u8]) -> usize` that does what is to be done with a message.
    pub(crate) call: fn(&str) -> String,
}

impl Candidate {
    /// Its name as that of a crate.
    pub(crate) fn crate_name(&self) -> String {
        self.name.replace([' ', '-'], "_")
    }
}
