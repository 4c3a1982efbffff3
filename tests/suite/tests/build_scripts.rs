//! Build scripts under cargo: they run again when what they have read has changed, and only then.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A crate whose build script calls the generator. The script needs no crate, so that cargo is soon done.
struct Project {
    folder: tempfile::TempDir,
    script: &'static str,
}

impl Project {
    fn new(script: &'static str, files: &[&str]) -> Self {
        let project = Self { folder: tempfile::tempdir().expect("a folder"), script };
        let manifest = format!(
            "[package]\nname = \"fixture\"\nversion = \"0.1.0\"\nedition = \"2021\"\nbuild = \"{script}\"\n[workspace]\n"
        );
        project.write("Cargo.toml", &manifest);
        let main = format!(
            "fn main() {{\n    let status = std::process::Command::new({:?}).args({files:?}).status().unwrap();\n    \
             assert!(status.success());\n}}\n",
            env!("CARGO_BIN_EXE_build-script")
        );
        project.write(script, &main);
        project.write("src/lib.rs", "");
        project.write(
            "proto/common.proto",
            "syntax = \"proto3\";\npackage common;\nmessage C { string c = 1; }\n",
        );
        // The import of `common.proto` is needed, that of `spare.proto` is warned of.
        project.write("proto/spare.proto", "syntax = \"proto3\";\npackage spare;\n");
        for name in ["one", "two"] {
            let text = format!(
                "syntax = \"proto3\";\npackage {name};\nimport \"common.proto\";\nimport \"spare.proto\";\n\
                 message M {{ common.C c = 1; }}\n"
            );
            project.write(&format!("proto/{name}.proto"), &text);
        }
        fs::create_dir(project.path("own")).expect("a folder");
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("writes");
    }

    /// Whether cargo finds that nothing is to be done, and what it prints.
    fn is_fresh(&self) -> (bool, String) {
        let output = Command::new(env!("CARGO"))
            .args(["check", "--offline", "--verbose", "--target-dir", "target"])
            .current_dir(self.folder.path())
            // Cargo tells the programs that it runs much that is not meant for another package.
            .env_remove("CARGO_MANIFEST_DIR")
            .env_remove("OUT_DIR")
            .env_remove("RUSTFLAGS")
            .output()
            .expect("cargo runs");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{}: {text}", self.script);
        let (fresh, dirty) = (text.contains("Fresh fixture"), text.contains("Running `"));
        assert!(fresh != dirty, "{}: {text}", self.script);
        (fresh, text)
    }

    fn stays_fresh(&self) {
        for _ in 0..2 {
            let (fresh, text) = self.is_fresh();
            assert!(fresh, "{}: {text}", self.script);
            // What was said of the files is said with every build.
            assert!(text.contains("warning: fixture@0.1.0"), "{}: {text}", self.script);
        }
    }
}

/// Later than cargo's last run, by the clock of the files.
fn change(path: &Path, text: &str) {
    let before = fs::metadata(path).and_then(|file| file.modified()).ok();
    loop {
        fs::write(path, text).expect("writes");
        if fs::metadata(path).and_then(|file| file.modified()).ok() != before {
            break;
        }
    }
}

#[test]
fn a_build_script_runs_again_only_when_something_has_changed() {
    let calls: [&[&str]; 2] = [&["one.proto"], &["one.proto", "two.proto"]];
    for (script, files) in
        ["build.rs", "build/main.rs", "tools/generate.rs"].into_iter().zip(calls.into_iter().cycle())
    {
        let project = Project::new(script, files);
        assert!(!project.is_fresh().0, "{script}");
        project.stays_fresh();

        // A file that was named, one that is imported, and the script itself.
        let read = |name: &str| fs::read_to_string(project.path(name)).expect("a file");
        for name in ["proto/one.proto", "proto/common.proto", script] {
            change(&project.path(name), &format!("{}// more\n", read(name)));
            assert!(!project.is_fresh().0, "{script}: {name}");
            project.stays_fresh();
        }
        // What the script does not read is nothing to it.
        change(&project.path("proto/other.proto"), "syntax = \"proto3\";\n");
        project.stays_fresh();
    }
}
