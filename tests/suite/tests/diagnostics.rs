//! `tests/snapshots/diag/RSVC0001_<name>/`: an input and the exact text of what is found in it.
//!
//! A folder holds `.proto` files, of which `main.proto` is compiled if there is one and else all, the folder itself
//! being the include folder. A file `args` says it otherwise, one word and a value a line: `file`, `include`, `set`
//! (a descriptor set), `request` (a plugin's), `opt` (a generator option). `expected.txt` is what the user reads. `cargo xtask bless` rewrites it.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::diag::{self, Errors};
use protoc_gen_rsvc::input::{Request, Source};

/// Seen from here, so that no path of this machine gets into a text.
const ROOT: &str = "../snapshots/diag";

/// The codes that no input brings about: a full disk, and our own mistakes.
const NOT_SHOWN: [&str; 2] = ["RSVC0901", "RSVC0902"];

fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<_> = fs::read_dir(ROOT).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

/// The name of a folder before its first `_`.
fn code_of(folder: &Path) -> String {
    folder.file_name().unwrap().to_str().unwrap().split('_').next().unwrap().to_owned()
}

fn args(folder: &Path) -> Vec<(String, PathBuf)> {
    if let Ok(text) = fs::read_to_string(folder.join("args")) {
        let path = |value: &str| if value == "." { folder.to_owned() } else { folder.join(value) };
        let words: Vec<&str> = text.lines().filter(|line| !line.starts_with("opt ")).collect();
        if words.is_empty() {
            return everything(folder);
        }
        let pair = |line: &str| line.split_once(' ').map(|(word, value)| (word.to_owned(), path(value)));
        return words.into_iter().map(|line| pair(line).expect("a word and a value")).collect();
    }
    everything(folder)
}

/// The generator options.
fn options(folder: &Path) -> Builder {
    let text = fs::read_to_string(folder.join("args")).unwrap_or_default();
    text.lines().filter_map(|line| line.strip_prefix("opt ")).fold(Builder::new(), |builder, option| {
        let (key, value) = option.split_once('=').expect("an option has a value");
        builder.option(key, value)
    })
}

fn everything(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "proto"));
    files.sort();
    let main = folder.join("main.proto");
    if files.contains(&main) {
        files = vec![main];
    }
    let include = ("include".to_owned(), folder.to_owned());
    files.into_iter().map(|file| ("file".to_owned(), file)).chain([include]).collect()
}

fn source(folder: &Path) -> Result<Source, Errors> {
    let args = args(folder);
    let all =
        |word: &str| args.iter().filter(|(w, _)| w == word).map(|(_, path)| path.clone()).collect::<Vec<_>>();
    if let [set] = all("set").as_slice() {
        return Ok(Source::DescriptorSet { bytes: fs::read(set).unwrap(), files: Vec::new() });
    }
    if let [request] = all("request").as_slice() {
        return Ok(Source::Request(Request::decode(&fs::read(request).unwrap())?));
    }
    Ok(Source::Files { files: all("file"), includes: all("include") })
}

/// All that is found, as the user reads it.
fn run(folder: &Path) -> String {
    let found = match source(folder).and_then(|source| options(folder).generate(&source)) {
        Ok(generated) => Errors::all(generated.warnings).to_string(),
        Err(errors) => errors.to_string(),
    };
    found.replace(folder.to_str().unwrap(), "proto")
}

#[test]
fn every_text_is_as_expected() {
    let bless = env::var_os("RSVC_BLESS").is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    for folder in folders() {
        let found = run(&folder);
        let file = folder.join("expected.txt");
        let expected = fs::read_to_string(&file).unwrap_or_default();
        if !found.contains(&format!("[{}]", code_of(&folder))) {
            wrong.push(format!("{} does not bring about its code:\n{found}", folder.display()));
        } else if bless {
            fs::write(&file, found).unwrap();
        } else if found != expected {
            wrong.push(format!("{}\nexpected:\n{expected}\nfound:\n{found}", folder.display()));
        }
    }
    assert!(wrong.is_empty(), "{}\nrun `cargo xtask bless` if the new texts are right", wrong.join("\n"));
}

#[test]
fn every_code_has_a_folder_and_every_folder_a_code() {
    let codes: BTreeSet<String> = diag::ALL
        .iter()
        .map(|(code, ..)| code.to_string())
        .filter(|code| !NOT_SHOWN.contains(&&**code))
        .collect();
    let shown: BTreeSet<String> = folders().iter().map(|folder| code_of(folder)).collect();
    let bare: Vec<_> = codes.difference(&shown).collect();
    assert!(bare.is_empty(), "no folder in tests/snapshots/diag for {bare:?}");
    let known: BTreeSet<String> = diag::ALL.iter().map(|(code, ..)| code.to_string()).collect();
    let stray: Vec<_> = shown.difference(&known).collect();
    assert!(stray.is_empty(), "folders for codes that do not exist: {stray:?}");
}

/// `docs/diagnostics.md`: every code with its meaning and the first example of it.
fn page() -> String {
    let mut page = String::from(
        "# Diagnostics\n\nWhat the generator says about its input, by code. A finding has the place first, so that an \
         editor can go\nthere, then the line, and what to do about it. Written by `cargo xtask bless` from the table of \
         codes and the examples\nin `tests/snapshots/diag`.\n",
    );
    let folders = folders();
    for (code, name, meaning) in diag::ALL {
        let name = name.to_lowercase().replace('_', " ");
        writeln!(page, "\n## {code}: {name}\n\n{meaning}").unwrap();
        let code = code.to_string();
        if let Some(folder) = folders.iter().find(|folder| code_of(folder) == code) {
            let text = run(folder);
            writeln!(page, "\n```text\n{}\n```", text.trim_end()).unwrap();
        }
    }
    page
}

#[test]
fn the_page_shows_every_code() {
    let file = Path::new("../../docs/diagnostics.md");
    if env::var_os("RSVC_BLESS").is_some_and(|value| value == "1") {
        fs::write(file, page()).unwrap();
    }
    let found = fs::read_to_string(file).unwrap_or_default();
    assert!(found == page(), "docs/diagnostics.md is not what the table says: run `cargo xtask bless`");
}
