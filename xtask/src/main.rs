//! The project's tasks: `cargo xtask test | bless | bench | conformance | attack | openapi | fuzz | mutants | compare | trees |
//! pictures | setup`.
#![allow(clippy::print_stdout)] // a task runner talks to the terminal, nothing parses this

mod attack;
mod compare;
mod conformance;
mod derived;
mod fuzz;
mod guides;
mod interop;
mod mutants;
mod npm;
mod openapi;
mod package;
mod pages;
mod pictures;
mod process;
mod protobuf_runner;
mod report;
mod scale_out;
mod serve;
mod session;
mod steps;
mod tally;
mod trees;
mod venv;
mod web;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::session::Session;

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "The project's tasks")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything that has to be green: lints, tests, conformance, real peers, docs, packages
    Test {
        /// Run these steps alone
        #[arg(long, value_name = "STEP", value_parser = steps::names())]
        only: Vec<String>,
        /// Leave these steps out
        #[arg(long, value_name = "STEP", value_parser = steps::names(), conflicts_with = "only")]
        skip: Vec<String>,
    },
    /// Rewrite the goldens and the expected diagnostics from what the generator does now
    Bless {
        /// Passed to `cargo test`, e.g. the name of one test
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Run the benchmarks
    Bench {
        /// Run these alone: rpc, json, compile and what else `bench/benches` has, or scale-out
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// Passed to the benchmarks
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Run the conformance programs against the official runners and cases
    Conformance {
        /// Run these suites alone
        #[arg(value_name = "SUITE", value_parser = conformance::names())]
        suites: Vec<String>,
    },
    /// Attack the shop and the gateway, built for release, and print what each attack cost
    Attack {
        /// Run these alone: an attack, `ATTACK/TRANSPORT`, or `row:N`
        #[arg(long, value_name = "NAME")]
        only: Vec<String>,
    },
    /// Let other tools read the `OpenAPI` documents and call the shop by its own, with more time than the step of that name
    Openapi {
        /// For how long the shop is called
        #[arg(long, value_name = "SECONDS", default_value_t = 900)]
        seconds: u64,
    },
    /// Fuzz what reads bytes from outside, with nightly, and print what each target has done
    Fuzz {
        /// Run these targets alone: programs of `fuzz/fuzz_targets`
        #[arg(value_name = "TARGET")]
        targets: Vec<String>,
        /// For how long each
        #[arg(long, value_name = "SECONDS", default_value_t = 60)]
        seconds: u64,
    },
    /// Change the runtime and the generator in many small ways, with cargo-mutants, and print which of them its tests notice
    Mutants {
        /// One of several parts: `0/8` is the first of eight
        #[arg(long, value_name = "K/N")]
        shard: Option<String>,
        /// Make only changes whose line in `target/mutants/outcomes.txt` has one of these texts
        #[arg(long, value_name = "TEXT")]
        only: Vec<String>,
        /// Change these files and folders alone
        #[arg(value_name = "PATH")]
        paths: Vec<String>,
    },
    /// Compare what we accept with what protoc accepts, for every `.proto` file below the folders
    Compare {
        /// Also print where only one of the two warns
        #[arg(long)]
        warnings: bool,
        /// A further folder for imports, behind the one that is compared
        #[arg(short = 'I', long = "include", value_name = "DIR")]
        includes: Vec<PathBuf>,
        /// The folders, each the include folder of its files
        #[arg(value_name = "DIR", required = true)]
        folders: Vec<PathBuf>,
    },
    /// Generate and type-check the trees of public repositories in `xtask/trees.txt`
    Trees {
        /// Only generate
        #[arg(long)]
        generate_only: bool,
        /// The folder with the repositories, each as OWNER/NAME or OWNER+NAME
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// These alone, as OWNER/NAME or "OWNER/NAME, PART"
        #[arg(value_name = "TREE")]
        names: Vec<String>,
    },
    /// Take the pictures of the reference in docs/images anew, with Chromium and pngquant
    Pictures,
    /// Install the tools that the tests use: Python's into target/venv, Node's into folders beside it
    Setup,
}

fn main() -> ExitCode {
    match run(Args::parse().task) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the task found nothing wrong.
fn run(task: Task) -> Result<bool> {
    let mut session = Session::load()?;
    match task {
        Task::Test { only, skip } => Ok(steps::run(&mut session, &only, &skip)),
        Task::Bless { args } => {
            derived::bless(&session)?;
            let mut command = session.cargo(["test", "--package", "suite"]);
            command
                .args(["goldens", "diagnostics", "reference", "sight"].map(|test| format!("--test={test}")));
            command.args(args).env("RSVC_BLESS", "1");
            process::run(&mut command)?;
            Ok(true)
        }
        Task::Bench { names, .. } if names == ["scale-out"] => scale_out::long(&session),
        Task::Bench { names, args } => {
            let mut command = session.cargo(["bench", "--package", "bench"]);
            // The peers of validation run a protoc when they are built.
            match venv::protoc(&session) {
                Ok(protoc) => {
                    command.args(["--features", "peers"]).env("PROTOC", protoc);
                }
                Err(error) => println!("without the peers of validation, which need a protoc: {error:#}"),
            }
            // buf is read beside the generator.
            if let Ok(venv) = venv::ensure(&session) {
                command.env("BUF", venv.program("buf"));
            }
            command.args(names.iter().flat_map(|name| ["--bench", name])).arg("--").args(args);
            process::run(&mut command)?;
            Ok(true)
        }
        Task::Conformance { suites } => {
            let report = conformance::run(&session, &suites)?;
            report.print();
            Ok(report.failed == 0)
        }
        Task::Attack { only } => {
            let report = attack::run(&session, &only)?;
            report.print();
            Ok(report.failed == 0)
        }
        Task::Openapi { seconds } => {
            let report = openapi::thorough(&session, seconds)?;
            report.print();
            Ok(report.failed == 0)
        }
        Task::Fuzz { targets, seconds } => fuzz::run(&session, &targets, seconds),
        Task::Mutants { shard, only, paths } => mutants::run(&session, shard.as_deref(), &only, &paths),
        Task::Compare { warnings, includes, folders } => {
            compare::run(&session, &folders, &includes, warnings)
        }
        Task::Trees { generate_only, folder, names } => trees::run(&session, &folder, &names, generate_only),
        Task::Pictures => pictures::run(&session).map(|()| true),
        Task::Setup => {
            println!("Python tools: {}", venv::ensure(&session)?.root().display());
            for set in &npm::SETS {
                println!("Node packages: {}", npm::ensure(&session, set)?.root().display());
            }
            println!("PostgreSQL: {}", servers::Postgres::programs()?.display());
            Ok(true)
        }
    }
}
