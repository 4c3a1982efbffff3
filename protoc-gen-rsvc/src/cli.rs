//! The command line: `generate` and `dump`.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::diag::Errors;
use protoc_gen_rsvc::input::Source;
use protoc_gen_rsvc::options::KEYS;

/// Turns annotated .proto files into a Rust service.
///
/// Without arguments it is a plugin for protoc and buf: it reads a request from standard input.
#[derive(Parser)]
#[command(version, after_help = options_help())]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Generates Rust into a folder: a file for each package, and `mod.rs`.
    Generate {
        /// The folder to write to.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        #[command(flatten)]
        input: InputArgs,
    },
    /// Prints the resolved model: what was understood, and the Rust names chosen for it.
    Dump {
        #[command(flatten)]
        input: InputArgs,
    },
}

#[derive(Args)]
struct InputArgs {
    /// A folder in which imports are looked up; may be given more than once.
    #[arg(short = 'I', long = "include", value_name = "DIR")]
    includes: Vec<PathBuf>,
    /// Reads this `FileDescriptorSet` instead of .proto files; FILES are then names of files in it.
    #[arg(long, value_name = "FILE")]
    descriptor_set_in: Option<PathBuf>,
    /// A generator option, see below; may be given more than once.
    #[arg(long = "opt", value_name = "KEY=VALUE")]
    options: Vec<String>,
    /// The .proto files.
    files: Vec<PathBuf>,
}

fn options_help() -> String {
    let lines: Vec<_> =
        KEYS.iter().map(|(key, form, text)| format!("  {key}={form}\n      {text}")).collect();
    format!("Options (--opt, or the plugin's parameter):\n{}", lines.join("\n"))
}

pub(crate) fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Generate { out, input } => generate(&out, input),
        Command::Dump { input } => dump(input),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(errors) => {
            say(&errors.to_string());
            ExitCode::FAILURE
        }
    }
}

fn generate(out: &std::path::Path, input: InputArgs) -> Result<(), Errors> {
    let (builder, source) = input.resolve();
    let written = builder.out_dir(out).write(&source)?;
    for warning in &written.warnings {
        say(warning);
    }
    Ok(())
}

fn dump(input: InputArgs) -> Result<(), Errors> {
    let (builder, source) = input.resolve();
    let text = builder.dump(&source)?;
    // A reader that went away, as `head`, is no failure.
    let _ = io::stdout().write_all(text.as_bytes());
    Ok(())
}

fn say(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

impl InputArgs {
    fn resolve(self) -> (Builder, Source) {
        let builder = self.options.iter().fold(Builder::new(), |builder, option| {
            let (key, value) = option.split_once('=').unwrap_or((option, "true"));
            builder.option(key, value)
        });
        let source = match self.descriptor_set_in {
            Some(path) => Source::DescriptorSetFile { path, files: names(&self.files) },
            None => Source::Files { files: self.files, includes: self.includes },
        };
        (builder, source)
    }
}

fn names(files: &[PathBuf]) -> Vec<String> {
    files.iter().map(|file| file.to_string_lossy().into_owned()).collect()
}
