//! What a run of the generator costs, beside the compilers that read the same files: protoc, which writes descriptors, and
//! buf, which builds an image. Trees of 1, 100, 1,000 and 7,000 generated files, and one that is named.
//!
//! `cargo xtask bench codegen`, or with a tree: `cargo xtask bench codegen -- --tree ../googleapis --opt rest=false`.
#![allow(clippy::print_stdout)] // it is what a benchmark is for

mod run;
mod tree;

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser;
use run::{Cost, measure};
use tree::Tree;

/// The root of this checkout.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What a run of the generator costs
#[derive(Parser)]
struct Args {
    /// A folder with .proto files, all of which are compiled as well
    #[arg(long, value_name = "DIR")]
    tree: Option<PathBuf>,
    /// An option of the generator for that tree
    #[arg(long = "opt", value_name = "KEY=VALUE")]
    options: Vec<String>,
    /// How many files the generated trees have
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [1, 100, 1000, 7000])]
    files: Vec<usize>,
    /// How often each program runs; the least counts
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let args = Args::parse();
    let generator = generator();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("codegen");
    println!("{:22} {:>16} {:>9} {:>9} {:>9}", "", "", "seconds", "CPU", "MB");
    for files in args.files {
        let tree = Tree::generated(&folder.join(format!("{files}")), files);
        compare(&generator, &tree, &[], args.rounds);
    }
    if let Some(path) = args.tree {
        compare(&generator, &Tree::found(&path, &folder.join("named")), &args.options, args.rounds);
    }
}

/// Runs all programs on a tree.
fn compare(generator: &Path, tree: &Tree, options: &[String], rounds: usize) {
    let output = tree.work.join("out");
    let mut row = |name: &str, runs: &mut dyn FnMut() -> Cost| {
        let cost = (0..rounds).map(|_| runs()).min_by(|a, b| a.seconds.total_cmp(&b.seconds));
        let Cost { seconds, processor, megabytes } = cost.expect("at least one round");
        println!("{:22} {name:>16} {seconds:9.2} {processor:9.2} {megabytes:9.0}", tree.name);
    };
    if let Some(protoc) = std::env::var_os("PROTOC") {
        row("protoc", &mut || {
            let mut command = Command::new(&protoc);
            command.arg("-I").arg(&tree.protos).args(["--include_imports", "--include_source_info"]);
            command.arg("--descriptor_set_out").arg(tree.work.join("protoc.binpb")).args(&tree.files);
            measure(&mut command)
        });
    } else {
        println!("{:22} {:>16}", tree.name, "no protoc: PROTOC");
    }
    if let Some(buf) = std::env::var_os("BUF") {
        row("buf build", &mut || {
            let mut command = Command::new(&buf);
            command.arg("build").arg(&tree.protos).arg("-o").arg(tree.work.join("buf.binpb"));
            command.env("BUF_CACHE_DIR", tree.work.join("cache"));
            measure(&mut command)
        });
    } else {
        println!("{:22} {:>16}", tree.name, "no buf: BUF");
    }
    let generate = || {
        let mut command = Command::new(generator);
        command.args(["generate", "--out"]).arg(&output).arg("-I").arg(&tree.protos);
        for option in options {
            command.arg("--opt").arg(option);
        }
        measure(command.args(&tree.files))
    };
    row("rsvc, cold", &mut || {
        let _ = std::fs::remove_dir_all(&output);
        generate()
    });
    row("rsvc, unchanged", &mut || generate());
}

/// The generator, built for release.
fn generator() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(["build", "--quiet", "--release", "--package", "protoc-gen-rsvc", "--target-dir"])
        .arg(target);
    let built = command.current_dir(ROOT).status().expect("cargo runs");
    assert!(built.success(), "the generator does not compile");
    target.join("release").join(format!("protoc-gen-rsvc{}", std::env::consts::EXE_SUFFIX))
}
