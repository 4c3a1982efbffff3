//! Entries of the fuzz targets: readers of bytes from a peer that are private otherwise, each with what must hold
//! whatever the bytes are. The module exists for fuzzers and tests alone; `docs/fuzzing.md` says how they run.

mod compression;
mod envelopes;
mod errors;
#[cfg(feature = "multipart")]
mod forms;
mod input;
mod pieces;
mod responses;
pub(crate) mod routes;
#[cfg(feature = "jwt")]
mod tokens;

/// Takes any bytes, and panics where something does not hold.
pub type Target = fn(&[u8]);

/// The targets here, by name.
pub const TARGETS: &[(&str, Target)] = &[
    ("connect_error", errors::connect_error),
    ("decompress", compression::decompress),
    ("end_stream", errors::end_stream),
    ("envelope", envelopes::envelope),
    ("events", pieces::events),
    #[cfg(feature = "multipart")]
    ("form", forms::form),
    ("grpc_status", errors::grpc_status),
    #[cfg(feature = "jwt")]
    ("jwt", tokens::jwt),
    ("metadata", errors::metadata),
    ("responses", responses::responses),
    ("routes", routes::routes),
    ("split", pieces::split),
];

/// Runs a target of [`TARGETS`].
///
/// # Panics
/// If there is none of this name, or something does not hold.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    let (_, target) = target.unwrap_or_else(|| panic!("no target is named {name}"));
    target(data);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// What fuzzers have found goes on to hold.
    #[test]
    fn the_corpora_hold() {
        for (name, target) in super::TARGETS {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(name);
            let files =
                std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
            let mut count = 0;
            for file in files {
                let path = file.unwrap().path();
                println!("{}", path.display());
                target(&std::fs::read(path).unwrap());
                count += 1;
            }
            assert!((1..=40).contains(&count), "{name} has {count} files");
        }
    }
}
