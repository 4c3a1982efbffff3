//! What the language allows: small files (`tests/snapshots/language/cases.txt`), accepted, refused and warned of as protoc does.
//!
//! protoc comes from the virtual environment that `RSVC_VENV` names; without it the verdicts are taken as they stand there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::input::Source;
use suite::cases::repository;
use suite::surroundings::venv;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Accept,
    Warn,
    Refuse,
}

struct LanguageCase {
    name: String,
    verdict: Verdict,
    /// Names and texts.
    files: Vec<(String, String)>,
    /// The names of those that are given, not imported.
    roots: Vec<String>,
}

fn cases() -> Vec<LanguageCase> {
    let path = repository().join("tests/snapshots/language/cases.txt");
    let text = fs::read_to_string(path).expect("the cases are there");
    let mut cases: Vec<LanguageCase> = Vec::new();
    for line in text.lines().skip_while(|line| !line.starts_with("=== ")) {
        if let Some(head) = line.strip_prefix("=== ") {
            let (verdict, name) = head.split_once(' ').expect("a verdict and a name");
            let verdict = match verdict {
                "accept" => Verdict::Accept,
                "warn" => Verdict::Warn,
                "refuse" => Verdict::Refuse,
                other => panic!("`{other}` is not a verdict"),
            };
            cases.push(LanguageCase { name: name.to_owned(), verdict, files: Vec::new(), roots: Vec::new() });
        }
        let case = cases.last_mut().expect("a case has begun");
        let file = line.strip_prefix("--- ").or_else(|| line.starts_with("=== ").then_some("main.proto+"));
        if let Some(file) = file {
            let name = file.trim_end_matches('+');
            case.files.push((name.to_owned(), String::new()));
            case.roots.extend(file.ends_with('+').then(|| name.to_owned()));
        } else {
            let (_, text) = case.files.last_mut().expect("a file has begun");
            text.push_str(line);
            text.push('\n');
        }
    }
    cases
}

/// The verdict of ours, with the first line of what it says.
fn ours(case: &LanguageCase, folder: &Path) -> (Verdict, String) {
    let source = Source::Files {
        files: case.roots.iter().map(|file| folder.join(file)).collect(),
        includes: vec![folder.to_owned()],
    };
    let (verdict, text) = match Builder::new().dump(&source) {
        Ok((_, warnings)) if warnings.is_empty() => (Verdict::Accept, String::new()),
        Ok((_, warnings)) => (Verdict::Warn, warnings[0].to_string()),
        Err(errors) => (Verdict::Refuse, errors.to_string()),
    };
    assert!(!text.contains("RSVC0902"), "{}: a mistake of ours: {text}", case.name);
    (verdict, text.lines().next().unwrap_or_default().to_owned())
}

fn protoc(case: &LanguageCase, folder: &Path, venv: &Path) -> (Verdict, String) {
    let mut command = Command::new(venv.join("bin/python"));
    command.args(["-m", "grpc_tools.protoc", "--experimental_editions", "--descriptor_set_out=/dev/null"]);
    command.arg("-I").arg(folder).args(&case.roots);
    let output = command.output().expect("protoc runs");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let verdict = match output.status.success() {
        false => Verdict::Refuse,
        true if text.contains(": warning: ") => Verdict::Warn,
        true => Verdict::Accept,
    };
    (verdict, text.lines().next().unwrap_or_default().to_owned())
}

fn check(who: &str, verdict_of: impl Fn(&LanguageCase, &Path) -> (Verdict, String)) {
    let cases = cases();
    assert!(cases.len() > 150, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in &case.files {
            let path: PathBuf = folder.path().join(name);
            fs::write(path, text).expect("writes");
        }
        let (found, text) = verdict_of(case, folder.path());
        if found != case.verdict {
            wrong.push(format!("{}: {found:?}, not {:?}: {text}", case.name, case.verdict));
        }
    }
    assert!(wrong.is_empty(), "{who}: {} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn every_verdict_is_ours() {
    check("ours", ours);
}

#[test]
fn every_verdict_is_protocs() {
    let Some(venv) = venv("protoc's verdicts") else { return };
    check("protoc", |case, folder| protoc(case, folder, &venv));
}
