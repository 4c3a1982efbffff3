//! Several runs and one folder: none destroys in silence what another has made, and what has not changed is not made
//! again.

#![allow(clippy::print_stdout)] // says what was left out

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::input::Source;
use suite::binary::generator;
use suite::surroundings::venv;

/// A folder with `.proto` files of two packages that know nothing of each other, and a third that both import.
struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().expect("a folder"));
        for (name, package, import) in
            [("one", "one.v1", "common"), ("two", "two.v1", "common"), ("alone", "alone.v1", "")]
        {
            let import =
                if import.is_empty() { String::new() } else { format!("import \"{import}.proto\";\n") };
            let text = format!(
                "syntax = \"proto3\";\npackage {package};\n{import}message M {{ string x = 1; }}\n\
                 service S {{ rpc Get(M) returns (M); }}\n"
            );
            project.write(&format!("proto/{name}.proto"), &text);
        }
        project.write(
            "proto/common.proto",
            "syntax = \"proto3\";\npackage common;\nmessage C { bytes b = 1; }\n",
        );
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("writes");
    }

    fn source(&self, files: &[&str]) -> Source {
        let files = files.iter().map(|name| self.path("proto").join(name)).collect();
        Source::Files { files, includes: vec![self.path("proto")] }
    }

    /// One call of a build script.
    fn compile(&self, builder: Builder, files: &[&str]) -> Result<Vec<String>, String> {
        let written = builder.out_dir(self.path("gen")).write(&self.source(files));
        written.map(|written| written.warnings).map_err(|errors| errors.to_string())
    }

    /// The command line, in a process of its own.
    fn generate(&self, args: &[&str]) -> Output {
        let mut command = Command::new(generator());
        command.args(["generate", "--out"]).arg(self.path("gen")).args(["-I", "proto"]).args(args);
        command.current_dir(self.0.path()).output().expect("the generator runs")
    }

    fn root(&self) -> String {
        fs::read_to_string(self.path("gen/mod.rs")).expect("a root")
    }

    fn times(&self) -> Vec<std::time::SystemTime> {
        let mut files: Vec<PathBuf> = fs::read_dir(self.path("gen"))
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        files.sort();
        files.retain(|path| path.is_file());
        files.iter().map(|path| fs::metadata(path).and_then(|m| m.modified()).expect("a time")).collect()
    }
}

fn failure(output: &Output) -> String {
    assert!(!output.status.success(), "it succeeds");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn success(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

/// Includes of files and modules of a root file, in order.
fn modules(root: &str) -> Vec<&str> {
    let words = root.split_whitespace();
    let files = words.filter_map(|word| word.strip_prefix("include!(\"")?.strip_suffix("\");"));
    files.filter(|file| *file != "_descriptors.rs").collect()
}

#[test]
fn two_calls_of_a_build_script_make_one_tree() {
    let project = Project::new();
    project.compile(Builder::new(), &["one.proto"]).expect("compiles");
    project.compile(Builder::new().server(false), &["two.proto"]).expect("compiles");
    assert_eq!(modules(&project.root()), ["common.rs", "one.v1.rs", "two.v1.rs"]);
    let read = |name| fs::read_to_string(project.path(name)).expect("a file");
    assert!(
        read("gen/one.v1.rs").contains("struct SServer") && !read("gen/two.v1.rs").contains("struct SServer")
    );
    // Both are in the descriptors, and what both import is once.
    let descriptors = read("gen/_descriptors.rs");
    for (name, count) in [("one.proto", 1), ("two.proto", 1), ("common.proto", 3)] {
        assert_eq!(descriptors.matches(name).count(), count, "{name}");
    }
    // A third call, and each of them again.
    project.compile(Builder::new(), &["alone.proto"]).expect("compiles");
    let (all, times) = (project.root(), project.times());
    assert_eq!(modules(&all), ["alone.v1.rs", "common.rs", "one.v1.rs", "two.v1.rs"]);
    project.compile(Builder::new().server(false), &["two.proto"]).expect("compiles");
    project.compile(Builder::new(), &["one.proto"]).expect("compiles");
    assert_eq!((project.root(), project.times()), (all, times));
}

#[test]
fn two_calls_that_disagree_about_a_package_are_an_error() {
    let project = Project::new();
    project.compile(Builder::new(), &["one.proto"]).expect("compiles");
    let error = project.compile(Builder::new().bytes("."), &["two.proto"]).expect_err("`common` differs");
    assert!(
        error.contains("two calls of this build script generate `common.rs`, and not the same"),
        "{error}"
    );
    // Another file of a package that is there already.
    project.write("proto/more.proto", "syntax = \"proto3\";\npackage one.v1;\nmessage More {}\n");
    let error = project.compile(Builder::new(), &["more.proto"]).expect_err("`one.v1` differs");
    assert!(error.contains("generate `one.v1.rs`"), "{error}");
}

#[test]
fn a_run_refuses_the_folder_of_another() {
    let project = Project::new();
    success(&project.generate(&["one.proto"]));
    let before = project.root();
    let error = failure(&project.generate(&["alone.proto"]));
    assert!(error.contains("another run made of `one.proto`, which this run was not given"), "{error}");
    assert_eq!(project.root(), before);
    // More files, or none that are there still, are the same run, changed.
    success(&project.generate(&["one.proto", "alone.proto"]));
    assert_eq!(modules(&project.root()), ["alone.v1.rs", "common.rs", "one.v1.rs"]);
    fs::remove_file(project.path("proto/alone.proto")).expect("removes");
    let told = success(&project.generate(&["one.proto"]));
    assert!(told.contains("warning[RSVC0901]") && told.contains("alone.v1.rs"), "{told}");
    assert!(!project.path("gen/alone.v1.rs").exists());
    // So is a package that is called otherwise.
    project.write("proto/one.proto", "syntax = \"proto3\";\npackage one.v2;\n message M {}\n");
    success(&project.generate(&["one.proto"]));
    assert_eq!(modules(&project.root()), ["one.v2.rs"]);
}

#[test]
fn what_has_not_changed_is_not_made_again_and_what_has_is() {
    let project = Project::new();
    let same = |args: &[&str]| {
        let before = project.times();
        std::thread::sleep(std::time::Duration::from_millis(20));
        success(&project.generate(args));
        before == project.times()
    };
    success(&project.generate(&["one.proto", "two.proto"]));
    assert!(same(&["one.proto", "two.proto"]));
    // An option.
    assert!(!same(&["one.proto", "two.proto", "--opt", "client=false"]));
    assert!(same(&["one.proto", "two.proto", "--opt", "client=false"]));
    // An import.
    project
        .write("proto/common.proto", "syntax = \"proto3\";\npackage common;\nmessage C { bytes b = 2; }\n");
    assert!(!same(&["one.proto", "two.proto", "--opt", "client=false"]));
    // An output that was edited, and one that is gone.
    for name in ["gen/common.rs", "gen/mod.rs", "gen/_descriptors.rs", "gen/one.v1.rs"] {
        let whole = fs::read_to_string(project.path(name)).expect("a file");
        project.write(name, &format!("{whole}// edited\n"));
        assert!(!same(&["one.proto", "two.proto", "--opt", "client=false"]), "{name}");
        assert_eq!(fs::read_to_string(project.path(name)).expect("a file"), whole);
        fs::remove_file(project.path(name)).expect("removes");
        success(&project.generate(&["one.proto", "two.proto", "--opt", "client=false"]));
        assert_eq!(fs::read_to_string(project.path(name)).expect("a file"), whole);
    }
    // A file that an earlier folder has now.
    fs::create_dir(project.path("first")).expect("a folder");
    let args = ["-I", "first", "one.proto", "two.proto"];
    success(&project.generate(&args));
    project.write("proto/nobody.proto", "syntax = \"proto3\";\n");
    assert!(same(&args));
    // A record that is not a record is none.
    project.write("gen/.rsvc/record", "rsvc record 1\nroot x");
    success(&project.generate(&args));
}

#[test]
fn what_was_said_is_said_again() {
    let project = Project::new();
    let args = ["-I", "not_there", "one.proto"];
    let first = success(&project.generate(&args));
    assert!(first.contains("the include folder `not_there` does not exist"), "{first}");
    assert_eq!(success(&project.generate(&args)), first);
}

/// `buf generate` with a template for this plugin.
fn buf(venv: &Path, project: &Project, lines: &str) -> Output {
    project.write("buf.yaml", "version: v2\nmodules:\n  - path: proto\n");
    let template =
        format!("version: v2\nplugins:\n  - local: {}\n    out: gen\n{lines}", generator().display());
    project.write("buf.gen.yaml", &template);
    let mut command = Command::new(venv.join("bin/buf"));
    command.current_dir(project.0.path()).arg("generate").env("BUF_CACHE_DIR", project.path("cache"));
    command.output().expect("buf runs")
}

#[test]
fn buf_is_asked_for_one_call() {
    let Some(venv) = venv("buf's strategies") else { return };
    let project = Project::new();
    for name in ["a", "b"] {
        let text = format!("syntax = \"proto3\";\npackage {name}.v1;\nmessage M {{}}\n");
        project.write(&format!("proto/{name}/v1/{name}.proto"), &text);
    }
    for lines in ["", "    strategy: directory\n"] {
        let error = failure(&buf(&venv, &project, lines));
        assert!(error.contains("buf.gen.yaml:3:1") && error.contains("\n    strategy: all"), "{error}");
        assert!(!project.path("gen/mod.rs").exists());
    }
    success(&buf(&venv, &project, "    strategy: all\n"));
    let root = project.root();
    let all = ["a.v1.rs", "alone.v1.rs", "b.v1.rs", "common.rs", "one.v1.rs", "two.v1.rs"];
    assert_eq!(modules(&root), all);
}
