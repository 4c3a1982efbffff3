//! What a user's build script does, as a program of its own: one call for each argument, a file in the folder `proto`.

use std::process::ExitCode;

fn main() -> ExitCode {
    for file in std::env::args().skip(1) {
        if let Err(errors) = protoc_gen_rsvc::compile([format!("proto/{file}")], ["own", "proto"]) {
            eprintln!("{errors}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
