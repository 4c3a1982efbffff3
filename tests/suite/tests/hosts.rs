//! `build.rs`, the command line, a descriptor set, protoc and buf give the same bytes for every golden case.
//!
//! protoc and buf come from the virtual environment that `RSVC_VENV` names; without it they are left out, which is
//! printed.

#![allow(clippy::print_stdout)] // says what was compared and what was left out

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use suite::binary::generator;
use suite::cases::{Case, difference, read_files, repository};
use suite::surroundings::{left_out, venv};

/// The host that reads `.proto` files with our own front end.
const TEXT: &str = "command line";

fn check(host: &str, mut run: impl FnMut(&Case, &Path) -> Output) {
    let (cases, others): (Vec<_>, Vec<_>) = Case::all().into_iter().partition(|case| {
        // A reason that speaks of buf alone leaves protoc in.
        host == TEXT || case.text_only.as_ref().is_none_or(|why| why.starts_with("buf ") && host != "buf")
    });
    for case in &others {
        left_out(&format!("{host}, case {}", case.name), case.text_only.as_deref().unwrap_or_default());
    }
    let mut wrong = Vec::new();
    for case in &cases {
        let out = tempfile::tempdir().expect("a folder");
        let output = run(case, out.path());
        if !output.status.success() {
            wrong.push(format!("{}: {}", case.name, String::from_utf8_lossy(&output.stderr)));
            continue;
        }
        if let Some(difference) = difference(&case.expected(), &read_files(out.path())) {
            wrong.push(format!("{}: {difference}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{host}: {} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    println!("{host}: {} cases are equal to the byte, {} left out", cases.len(), others.len());
}

fn parameter(case: &Case) -> String {
    case.options.iter().map(|option| option.replace(',', "\\,")).collect::<Vec<_>>().join(",")
}

fn protoc(venv: &Path, case: &Case) -> Command {
    let mut command = Command::new(venv.join("bin/python"));
    command.args(["-m", "grpc_tools.protoc", "--experimental_editions"]);
    command.arg("-I").arg(case.include()).arg("-I").arg(repository().join("protoc-gen-rsvc/proto"));
    command
}

#[test]
fn command_line() {
    let generator = generator();
    check(TEXT, |case, out| {
        let mut command = Command::new(&generator);
        command.arg("generate").arg("--out").arg(out).arg("-I").arg(case.include());
        for option in &case.options {
            command.arg("--opt").arg(option);
        }
        command.args(&case.files).output().expect("the generator runs")
    });
}

#[test]
fn protoc_plugin() {
    let Some(venv) = venv("protoc as a host") else { return };
    let generator = generator();
    check("protoc", |case, out| {
        let mut command = protoc(&venv, case);
        command.arg(format!("--plugin=protoc-gen-rsvc={}", generator.display()));
        command.arg(format!("--rsvc_out={}", out.display()));
        command.arg(format!("--rsvc_opt={}", parameter(case)));
        command.args(&case.files).output().expect("protoc runs")
    });
}

#[test]
fn descriptor_set() {
    let Some(venv) = venv("protoc's descriptor sets") else { return };
    let generator = generator();
    check("descriptor set", |case, out| {
        let set = out.join("set.binpb");
        let mut command = protoc(&venv, case);
        command.args(["--include_imports", "--include_source_info"]);
        command.arg(format!("--descriptor_set_out={}", set.display())).args(&case.files);
        let made = command.output().expect("protoc runs");
        if !made.status.success() {
            return made;
        }
        let mut command = Command::new(&generator);
        command.arg("generate").arg("--out").arg(out).arg("--descriptor-set-in").arg(&set);
        for option in &case.options {
            command.arg("--opt").arg(option);
        }
        command.args(&case.files).output().expect("the generator runs")
    });
}

#[test]
fn buf_generate() {
    let Some(venv) = venv("buf as a host") else { return };
    let generator = generator();
    check("buf", |case, out| {
        // A workspace of two modules: the case, and the annotations.
        let workspace = tempfile::tempdir().expect("a folder");
        let root = workspace.path();
        copy(&case.include(), &root.join("case"));
        for folder in ["google/api", "google/rpc", "buf", "rsvc"] {
            copy(
                &repository().join("protoc-gen-rsvc/proto").join(folder),
                &root.join("annotations").join(folder),
            );
        }
        fs::write(root.join("buf.yaml"), "version: v2\nmodules:\n  - path: case\n  - path: annotations\n")
            .expect("writes");
        let options: Vec<String> =
            case.options.iter().map(|o| format!("      - '{}'\n", o.replace(',', "\\,"))).collect();
        let options =
            if options.is_empty() { String::new() } else { format!("    opt:\n{}", options.concat()) };
        let template = format!(
            "version: v2\nplugins:\n  - local: {}\n    out: {}\n    strategy: all\n{options}",
            generator.display(),
            out.display()
        );
        fs::write(root.join("buf.gen.yaml"), template).expect("writes");
        let mut command = Command::new(venv.join("bin/buf"));
        command.current_dir(root).arg("generate").env("BUF_CACHE_DIR", root.join("cache"));
        for file in &case.files {
            command.arg("--path").arg(format!("case/{file}"));
        }
        command.output().expect("buf runs")
    });
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("copies");
        }
    }
}

#[test]
fn errors_go_into_the_response_and_the_exit_code_stays_zero() {
    use std::io::Write as _;
    use std::process::Stdio;
    for request in [&b"\xff\xff\xff"[..], b"", b"\x0a\x07a.proto", b"\x12\x03x=1"] {
        let mut child = Command::new(generator())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the generator runs");
        child.stdin.take().expect("piped").write_all(request).expect("writes");
        let output = child.wait_with_output().expect("ends");
        assert!(output.status.success(), "{request:?}");
        let response: prost_types::compiler::CodeGeneratorResponse =
            prost::Message::decode(&*output.stdout).expect("a response");
        if !request.is_empty() {
            assert!(response.error.is_some_and(|e| e.contains("error[RSVC")), "{request:?}");
        }
    }
}
