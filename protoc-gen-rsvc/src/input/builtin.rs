//! The `.proto` files that every import finds, for it is here that they are compiled into the program.

macro_rules! files {
    ($($name:literal)*) => {
        /// The import names of all built-in files, sorted.
        pub(crate) const NAMES: &[&str] = &[$($name),*];

        const TEXTS: &[&str] = &[$(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/proto/", $name))),*];
    };
}

files! {
    "buf/validate/validate.proto"
    "google/api/annotations.proto"
    "google/api/field_behavior.proto"
    "google/api/field_info.proto"
    "google/api/http.proto"
    "google/api/httpbody.proto"
    "google/protobuf/any.proto"
    "google/protobuf/api.proto"
    "google/protobuf/c_sharp_features.proto"
    "google/protobuf/compiler/plugin.proto"
    "google/protobuf/cpp_features.proto"
    "google/protobuf/descriptor.proto"
    "google/protobuf/duration.proto"
    "google/protobuf/empty.proto"
    "google/protobuf/field_mask.proto"
    "google/protobuf/go_features.proto"
    "google/protobuf/java_features.proto"
    "google/protobuf/source_context.proto"
    "google/protobuf/struct.proto"
    "google/protobuf/timestamp.proto"
    "google/protobuf/type.proto"
    "google/protobuf/wrappers.proto"
    "google/rpc/code.proto"
    "google/rpc/error_details.proto"
    "google/rpc/status.proto"
    "grpc/health/v1/health.proto"
    "grpc/reflection/v1/reflection.proto"
    "grpc/reflection/v1alpha/reflection.proto"
    "rsvc/v1/rsvc.proto"
}

/// The text of a built-in file, by the name under which it is imported.
pub(crate) fn builtin(name: &str) -> Option<&'static str> {
    NAMES.binary_search(&name).ok().map(|index| TEXTS[index])
}

/// The files with annotations, by name: those that hosts of plugins do not have themselves.
pub(crate) fn annotations() -> impl Iterator<Item = (&'static str, &'static str)> {
    let all = NAMES.iter().copied().zip(TEXTS.iter().copied());
    all.filter(|(name, _)| !name.starts_with("google/protobuf/"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn names_are_sorted_and_every_file_is_there() {
        assert!(NAMES.is_sorted());
        let mut found = Vec::new();
        collect(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/proto")), "", &mut found);
        found.sort();
        assert_eq!(found, NAMES, "the files below proto/ and the list differ");
    }

    #[test]
    fn a_file_is_found_by_its_whole_name() {
        assert!(builtin("rsvc/v1/rsvc.proto").is_some_and(|text| text.contains("package rsvc.v1;")));
        assert!(builtin("rsvc.proto").is_none());
        assert!(builtin("").is_none());
    }

    fn collect(folder: &Path, prefix: &str, found: &mut Vec<String>) {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
            if path.is_dir() {
                collect(&path, &format!("{name}/"), found);
            } else {
                found.push(name);
            }
        }
    }
}
