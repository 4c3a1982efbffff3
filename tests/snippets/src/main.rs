//! The calls in Rust that the reference of the shop shows: `snippets METHOD TARGET TOKEN` makes one of them, and
//! `snippets` prints all of them as JSON, by the names of their methods.

#![allow(clippy::print_stdout, reason = "it is what the calls do")]

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;

type Done = Result<(), Box<dyn Error>>;

#[allow(clippy::all, clippy::pedantic, reason = "the reference writes for readers")]
mod calls {
    use shop::proto;

    use super::Done;

    include!(concat!(env!("OUT_DIR"), "/calls.rs"));
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Done {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => {
            let texts: BTreeMap<_, _> = calls::TEXTS.iter().copied().collect();
            println!("{}", serde_json::to_string(&texts)?);
            Ok(())
        }
        [method, target, token] => calls::call(method, target, &format!("Bearer {token}")).await,
        _ => Err("either no arguments or a method, a server and a token".into()),
    }
}
