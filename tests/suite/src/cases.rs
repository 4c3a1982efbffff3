//! The golden cases: `tests/snapshots/gen/<case>/` with `proto/`, `args` and `expected/`.

use std::fs;
use std::path::{Path, PathBuf};

use protoc_gen_rsvc::diag::Code;
use protoc_gen_rsvc::input::Source;
use protoc_gen_rsvc::{Builder, GeneratedFile};

/// The root of the repository.
///
/// # Panics
/// Outside of the repository.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("this package is two folders down").to_owned()
}

/// One golden case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its folder's name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The files to compile, as imported.
    pub files: Vec<String>,
    /// Why other compilers refuse the case, if they do.
    pub text_only: Option<String>,
    /// Generator options as `key=value`.
    pub options: Vec<String>,
}

impl Case {
    /// All cases, by name.
    ///
    /// # Panics
    /// On a case that is not as it should be.
    pub fn all() -> Vec<Self> {
        let folder = repository().join("tests/snapshots/gen");
        let mut cases: Vec<_> = entries(&folder).into_iter().map(|folder| Self::read(&folder)).collect();
        cases.sort_by(|a, b| a.name.cmp(&b.name));
        cases
    }

    fn read(folder: &Path) -> Self {
        let name = folder.file_name().and_then(|n| n.to_str()).expect("a case has a plain name").to_owned();
        let (mut files, mut options, mut text_only) = (Vec::new(), Vec::new(), None);
        for line in fs::read_to_string(folder.join("args")).unwrap_or_default().lines() {
            match line.split_once(' ') {
                Some(("file", file)) => files.push(file.to_owned()),
                Some(("textonly", why)) => text_only = Some(why.to_owned()),
                Some(("opt", option)) => options.push(option.replace("\\,", ",")),
                _ => panic!("{name}/args: `{line}` is none of `file PATH`, `opt KEY=VALUE`, `textonly WHY`"),
            }
        }
        let protos = folder.join("proto");
        if files.is_empty() {
            files = tree(&protos, "proto");
        }
        Self { name, folder: folder.to_owned(), files, text_only, options }
    }

    /// The folder with its protos.
    pub fn include(&self) -> PathBuf {
        self.folder.join("proto")
    }

    /// What a `build.rs` generates for it.
    pub fn generate(&self) -> Vec<GeneratedFile> {
        let builder = self.options.iter().fold(Builder::new(), |builder, option| {
            let (key, value) = option.split_once('=').expect("an option has a value");
            builder.option(key, value)
        });
        let source = Source::Files {
            files: self.files.iter().map(PathBuf::from).collect(),
            includes: vec![self.include()],
        };
        match builder.generate(&source) {
            Ok(generated) => {
                // What a document has no place for is seen in the document.
                let others: Vec<_> =
                    generated.warnings.iter().filter(|found| found.code != Code::HTTP_UNDESCRIBED).collect();
                assert!(others.is_empty(), "{}: {others:?}", self.name);
                generated.files
            }
            Err(errors) => panic!("case {}: {errors}", self.name),
        }
    }

    /// What stands in the repository for it.
    pub fn expected(&self) -> Vec<GeneratedFile> {
        read_files(&self.folder.join("expected"))
    }
}

/// The generated files of a folder, Rust and documents, ordered by name.
pub fn read_files(folder: &Path) -> Vec<GeneratedFile> {
    let mut names: Vec<String> =
        ["rs", "json", "yaml"].iter().flat_map(|extension| tree(folder, extension)).collect();
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let content = fs::read_to_string(folder.join(&name)).expect("a generated file is text");
            GeneratedFile { name, content }
        })
        .collect()
}

/// Where two sets of files first differ, for a message.
pub fn difference(expected: &[GeneratedFile], found: &[GeneratedFile]) -> Option<String> {
    let names = |files: &[GeneratedFile]| files.iter().map(|f| f.name.clone()).collect::<Vec<_>>();
    if names(expected) != names(found) {
        return Some(format!("the files are {:?}, expected {:?}", names(found), names(expected)));
    }
    expected.iter().zip(found).find(|(a, b)| a != b).map(|(a, b)| {
        let (mut old, mut new) = (a.content.lines(), b.content.lines());
        let mut number = 0;
        loop {
            number += 1;
            let (old, new) = (old.next(), new.next());
            if old != new {
                let cut = |line: Option<&str>| line.map(|l| l.chars().take(300).collect::<String>());
                return format!("{}:{number}:\n  expected {:?}\n  found    {:?}", a.name, cut(old), cut(new));
            }
            if old.is_none() {
                return format!("{}: only line ends differ", a.name);
            }
        }
    })
}

/// The paths below `folder` with the extension, relative with slashes, sorted.
pub fn tree(folder: &Path, extension: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for path in entries(&at) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                let relative = path.strip_prefix(folder).expect("below the folder");
                found.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    read.map(|entry| entry.expect("a readable folder").path()).collect()
}
