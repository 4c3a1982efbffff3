//! Which packages are changed, and whose tests are asked about them.

/// A package that is changed.
pub(super) struct Package {
    /// As cargo knows it.
    pub(super) name: &'static str,
    folder: &'static str,
    /// What its own tests do not turn on by themselves: a package that is its own dependency for its tests has the rest.
    pub(super) features: &'static [&'static str],
    /// Whose tests are asked: its own, and those that run its code. Who has it for a build script alone does not run it.
    pub(super) tests: &'static [&'static str],
}

pub(super) const PACKAGES: [Package; 2] = [
    Package {
        name: "rsvc",
        folder: "runtime",
        features: &["rsvc/rest-client"],
        tests: &["rsvc", "suite", "conformance", "samples"],
    },
    Package {
        name: "protoc-gen-rsvc",
        folder: "protoc-gen-rsvc",
        features: &[],
        tests: &["protoc-gen-rsvc", "suite", "conformance"],
    },
];

impl Package {
    /// Whether a file is a source of it.
    pub(super) fn has(&self, file: &str) -> bool {
        file.strip_prefix(self.folder).is_some_and(|rest| rest.starts_with("/src/"))
    }

    pub(super) fn library(&self) -> String {
        format!("{}/src/lib.rs", self.folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_belongs_to_one_package() {
        let of = |file| {
            PACKAGES.iter().filter(|package| package.has(file)).map(|one| one.name).collect::<Vec<_>>()
        };
        assert_eq!(of("runtime/src/access.rs"), ["rsvc"]);
        assert_eq!(of("protoc-gen-rsvc/src/resolve/mod.rs"), ["protoc-gen-rsvc"]);
        assert!(of("runtime/tests/it/main.rs").is_empty());
        assert!(of("runtime-two/src/lib.rs").is_empty());
    }
}
