//! The trees of `.proto` files.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// How many files a package of a generated tree has.
const FILES_IN_PACKAGE: usize = 10;

/// A tree of files.
pub(crate) struct Tree {
    pub(crate) name: String,
    /// Where imports start.
    pub(crate) protos: PathBuf,
    /// A folder for what is made.
    pub(crate) work: PathBuf,
    /// The files, as imports name them.
    pub(crate) files: Vec<String>,
}

impl Tree {
    /// Writes a tree: packages of ten files that import the ones before them, with comments, and a service in each.
    pub(crate) fn generated(work: &Path, files: usize) -> Self {
        let protos = work.join("proto");
        let mut names = Vec::new();
        for number in 0..files {
            let name = name(number);
            let path = protos.join(&name);
            fs::create_dir_all(path.parent().expect("a package has a folder"))
                .expect("the folder can be made");
            fs::write(path, text(number)).expect("the file can be written");
            names.push(name);
        }
        Self { name: format!("{files} files"), protos, work: work.to_owned(), files: names }
    }

    /// All files below a folder.
    pub(crate) fn found(protos: &Path, work: &Path) -> Self {
        let protos = protos.canonicalize().expect("the tree is there");
        fs::create_dir_all(work).expect("the folder can be made");
        let mut files = Vec::new();
        add(&protos, "", &mut files);
        files.sort();
        let name = protos.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Self { name: format!("{name}, {} files", files.len()), protos, work: work.to_owned(), files }
    }
}

fn add(folder: &Path, prefix: &str, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            add(&entry.path(), &format!("{name}/"), files);
        } else if Path::new(&name).extension().is_some_and(|extension| extension == "proto") {
            files.push(name);
        }
    }
}

fn name(number: usize) -> String {
    format!("bench/p{}/v1/f{number}.proto", number / FILES_IN_PACKAGE)
}

fn text(number: usize) -> String {
    let mut text = format!(
        "syntax = \"proto3\";\n\npackage bench.p{}.v1;\n\nimport \"google/protobuf/timestamp.proto\";\n",
        number / FILES_IN_PACKAGE
    );
    let other = number.checked_sub(1).filter(|other| other / FILES_IN_PACKAGE == number / FILES_IN_PACKAGE);
    let mut add = |line: &str| writeln!(text, "{line}").expect("a string takes everything");
    if let Some(other) = other {
        add(&format!("import \"{}\";", name(other)));
    }
    add(&format!(
        "\n// Things of kind {number}, as a client sees them.\nservice Things{number}Service {{\n  \
         // Finds a thing by its name.\n  rpc Get(Thing{number}) returns (Thing{number}List);\n  \
         // Sends things as they come.\n  rpc Watch(Thing{number}) returns (stream Thing{number}List);\n}}\n"
    ));
    add(&format!("// What a thing is.\nenum Kind{number} {{"));
    for value in 0..6 {
        add(&format!("  // The value {value}.\n  KIND{number}_VALUE_{value} = {value};"));
    }
    add(&format!("}}\n\n// A thing.\nmessage Thing{number} {{"));
    let types = ["string", "int64", "double", "bytes", "bool", "repeated string", "map<string, int32>"];
    for field in 1..=20 {
        let ty = types[field % types.len()];
        add(&format!(
            "  // The field {field}, which says something about the thing.\n  {ty} field_{field} = {field};"
        ));
    }
    add(&format!("  google.protobuf.Timestamp created_at = 21;\n  Kind{number} kind = 22;"));
    if let Some(other) = other {
        add(&format!("  Thing{other} other = 23;"));
    }
    add("  oneof choice {\n    string text = 24;\n    int32 number = 25;\n  }\n}\n");
    add(&format!(
        "// Some things.\nmessage Thing{number}List {{\n  repeated Thing{number} things = 1;\n  string next = 2;\n}}"
    ));
    text
}
