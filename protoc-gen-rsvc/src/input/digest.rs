//! What was read, as a number: another one when anything of it has changed.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::files::{self, Includes, TextOrigin};
use super::{Source, Sources};
use crate::diag::SourceText as _;

/// A number for the files `names` as they are found now: their paths and their texts. Texts that were read already are in
/// `known`. `None` when one is not found, or for a source that is not a files.
pub(crate) fn digest(source: &Source, names: &[String], known: Option<&Sources>) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    match source {
        Source::Files { includes, .. } => {
            let includes = Includes::new(includes);
            for name in names {
                let text = known.and_then(|known| known.text(name));
                name.hash(&mut hasher);
                match includes.find(name)? {
                    TextOrigin::Disk(path) => {
                        path.hash(&mut hasher);
                        match text {
                            Some(text) => text.hash(&mut hasher),
                            None => files::read(&path).ok()?.hash(&mut hasher),
                        }
                    }
                    TextOrigin::Builtin(text) => text.hash(&mut hasher),
                }
            }
        }
        Source::DescriptorSetFile { path, .. } => std::fs::read(path).ok()?.hash(&mut hasher),
        Source::DescriptorSet { .. } | Source::Request(_) => return None,
    }
    Some(hasher.finish())
}

/// The absolute paths of files by their names; empty for those that are built in or come as descriptors.
pub(crate) fn paths(source: &Source, names: &[String]) -> Vec<(String, String)> {
    let includes = match source {
        Source::Files { includes, .. } => Some(Includes::new(includes)),
        _ => None,
    };
    let path = |name: &String| match includes.as_ref().and_then(|includes| includes.find(name)) {
        Some(TextOrigin::Disk(path)) => {
            let path = std::path::absolute(&path).unwrap_or(path);
            path.to_string_lossy().into_owned()
        }
        _ => String::new(),
    };
    names.iter().map(|name| (name.clone(), path(name))).collect()
}

/// A number for the program that runs: another one when the generator or the build script was built anew.
pub(crate) fn program() -> u64 {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    if let Ok(metadata) = std::env::current_exe().and_then(std::fs::metadata) {
        metadata.len().hash(&mut hasher);
        metadata.modified().ok().hash(&mut hasher);
    }
    hasher.finish()
}
