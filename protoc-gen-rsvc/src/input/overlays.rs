//! The files that `(rsvc.v1.openapi)` names: texts that are merged into documents.
#![allow(clippy::disallowed_methods)] // the border of the file system runs here: see clippy.toml

use prost_reflect::DescriptorPool;

use super::files::{self, Includes, TextOrigin};
use crate::sorted::SortedMap;

/// The overlays of files, by the name of the `.proto`: their texts, or why there is none.
pub(crate) type Overlays = SortedMap<String, Result<String, String>>;

/// The overlays that files name, as imports would name them.
pub(super) fn named(pool: &DescriptorPool, files: &[String]) -> Vec<(String, String)> {
    let Some(extension) = pool.get_extension_by_name("rsvc.v1.openapi") else { return Vec::new() };
    let overlay = |file: &String| {
        let options = pool.get_file_by_name(file)?.options();
        let value = options.get_extension(&extension);
        let path = value.as_message()?.get_field_by_name("overlay")?.as_str()?.to_owned();
        if path.is_empty() {
            return None;
        }
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let name = if folder.is_empty() { path } else { format!("{folder}/{path}") };
        Some((file.clone(), name))
    };
    files.iter().filter_map(overlay).collect()
}

/// The text of an overlay, and where it was found.
pub(super) fn read(includes: &Includes, name: &str) -> (Option<std::path::PathBuf>, Result<String, String>) {
    match includes.find(name) {
        Some(TextOrigin::Disk(path)) => {
            let text = files::read(&path).map_err(|error| error.message);
            (Some(path), text)
        }
        _ => (None, Err(format!("there is no file `{name}` in the include folders {}", includes.listed()))),
    }
}
