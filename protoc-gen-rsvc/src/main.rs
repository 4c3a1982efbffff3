//! protoc-gen-rsvc as a plugin of `protoc` and `buf`, and as a command line.

mod cli;
mod plugin;

use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args_os().len() > 1 { cli::run() } else { plugin::run() }
}
