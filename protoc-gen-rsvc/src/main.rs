//! protoc-gen-rsvc as a plugin of `protoc` and `buf`, and as a command line.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
