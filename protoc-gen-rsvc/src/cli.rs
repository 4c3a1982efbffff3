//! The command line: `generate`, `openapi`, `docs`, `samples`, `protos` and `dump`.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::ValueExt as _;
use lexopt::prelude::{Long, Short, Value};
#[cfg(not(feature = "documents"))]
use protoc_gen_rsvc::diag::needs_documents;
use protoc_gen_rsvc::diag::{Diagnostic, Errors};
use protoc_gen_rsvc::input::Source;
use protoc_gen_rsvc::options::{DocsFormat, KEYS};
#[cfg(feature = "documents")]
use protoc_gen_rsvc::write_document;
use protoc_gen_rsvc::{Builder, write_annotations};

/// What stands above the options of the generator in the help.
const HELP: &str = "\
Turns annotated .proto files into a Rust service

Without arguments it is a plugin for protoc and buf: it reads a request from standard input.

Usage: protoc-gen-rsvc generate --out <DIR> [-I <DIR>]... [--opt <KEY=VALUE>]... <FILES>...
       protoc-gen-rsvc generate --out <DIR> --descriptor-set-in <FILE> [--opt <KEY=VALUE>]... [NAMES]...
       protoc-gen-rsvc openapi [--out <FILE>] [as generate]
       protoc-gen-rsvc docs --out <DIR> [--format html|markdown] [--explorer <URL>] [as generate]
       protoc-gen-rsvc samples [as generate, without --out]
       protoc-gen-rsvc protos --out <DIR>
       protoc-gen-rsvc dump [as generate, without --out]

Commands:
  generate  Generates Rust into a folder: a file for each package, and `mod.rs`
  openapi   Writes the OpenAPI document alone, or prints it: YAML if the file ends in .yaml, else JSON. With `openapi_split`
            there are several, and `--out` is their folder
  docs      Writes a reference of the services as a site of static pages: HTML, or Markdown
  samples   Prints an example of each message that fulfils its rules, as one object of JSON by the names of the messages;
            null where none was found
  protos    Writes the built-in annotations into a folder, where protoc and buf find them: google/api, google/rpc,
            buf/validate and rsvc/v1 (protoc and buf have google/protobuf themselves)
  dump      Prints the resolved model: what was understood, and the Rust names chosen for it

Arguments:
      --out <DIR>                 The folder to write to; of `openapi` the file
  -I, --include <DIR>             A folder in which imports are looked up; may be given more than once
      --descriptor-set-in <FILE>  Reads this `FileDescriptorSet` instead of .proto files; files are then names in it
      --format <html|markdown>    The form of the pages that `docs` writes (default html)
      --explorer <URL>            The pages that `docs` writes call the server at this address
      --opt <KEY=VALUE>           A generator option, see below; may be given more than once
  -h, --help                      Prints this
  -V, --version                   Prints the version

Options (--opt, or the plugin's parameter):
";

/// Everything that can be given.
#[derive(Default)]
struct Arguments {
    command: Option<Command>,
    out: Option<PathBuf>,
    includes: Vec<PathBuf>,
    descriptor_set_in: Option<PathBuf>,
    options: Vec<String>,
    format: Option<DocsFormat>,
    explorer: Option<String>,
    files: Vec<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Command {
    Generate,
    Docs,
    OpenApi,
    Samples,
    Protos,
    Dump,
    Help,
    Version,
}

impl Arguments {
    fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, lexopt::Error> {
        let mut parser = lexopt::Parser::from_args(arguments);
        let mut all = Self::default();
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => {
                    return Ok(Self { command: Some(Command::Help), ..Self::default() });
                }
                Short('V') | Long("version") => {
                    return Ok(Self { command: Some(Command::Version), ..Self::default() });
                }
                Long("out") => all.out = Some(parser.value()?.into()),
                Short('I') | Long("include") => all.includes.push(parser.value()?.into()),
                Long("descriptor-set-in") => all.descriptor_set_in = Some(parser.value()?.into()),
                Long("opt") => all.options.push(parser.value()?.string()?),
                Long("format") => {
                    let name = parser.value()?.string()?;
                    let format = DocsFormat::of(&name);
                    all.format = Some(format.ok_or("`--format` is html or markdown")?);
                }
                Long("explorer") => {
                    let url = parser.value()?.string()?;
                    if !(url.starts_with("http://") || url.starts_with("https://")) {
                        return Err("`--explorer` is the address of a server: http:// or https://".into());
                    }
                    all.explorer = Some(url);
                }
                Value(name) if all.command.is_none() => {
                    all.command = Some(match name.to_str() {
                        Some("generate") => Command::Generate,
                        Some("docs") => Command::Docs,
                        Some("openapi") => Command::OpenApi,
                        Some("samples") => Command::Samples,
                        Some("protos") => Command::Protos,
                        Some("dump") => Command::Dump,
                        Some("help") => Command::Help,
                        _ => return Err(Value(name).unexpected()),
                    });
                }
                Value(file) => all.files.push(file.into()),
                _ => return Err(argument.unexpected()),
            }
        }
        Ok(all)
    }

    fn run(self) -> Result<Result<(), Errors>, lexopt::Error> {
        let Some(command) = self.command else {
            return Err("a command is missing: generate, openapi, docs, samples, protos or dump".into());
        };
        let writes = matches!(command, Command::Generate | Command::Docs | Command::Protos);
        if self.out.is_some() && matches!(command, Command::Dump | Command::Samples) {
            return Err("`dump` and `samples` write to no folder".into());
        }
        if (self.format.is_some() || self.explorer.is_some()) && command != Command::Docs {
            return Err("`--format` and `--explorer` are for `docs`".into());
        }
        let out = match (self.out.clone(), writes) {
            (None, true) => return Err("`--out <DIR>` is missing".into()),
            (out, _) => out.unwrap_or_default(),
        };
        Ok(match command {
            Command::Generate => generate(&out, self),
            Command::Docs => docs(&out, self),
            Command::OpenApi => openapi(self),
            Command::Protos => write_annotations(&out),
            Command::Dump => show(self, Builder::dump),
            Command::Samples => show(self, Builder::examples),
            Command::Help => {
                print(&format!("{HELP}{}\n", options_help()));
                Ok(())
            }
            Command::Version => {
                print(concat!("protoc-gen-rsvc ", env!("CARGO_PKG_VERSION"), "\n"));
                Ok(())
            }
        })
    }
}

fn options_help() -> String {
    let lines: Vec<_> =
        KEYS.iter().map(|(key, form, text)| format!("  {key}={form}\n      {text}")).collect();
    lines.join("\n")
}

/// The exit code of a command line that is none.
const USAGE: u8 = 2;

pub(crate) fn run() -> ExitCode {
    match Arguments::parse(std::env::args_os().skip(1)).and_then(Arguments::run) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(errors)) => {
            say(&errors.to_string());
            ExitCode::FAILURE
        }
        Err(error) => {
            say(&format!("error: {error}\n\nFor more information, try `--help`.\n"));
            ExitCode::from(USAGE)
        }
    }
}

fn generate(out: &std::path::Path, input: Arguments) -> Result<(), Errors> {
    let (builder, source) = input.resolve();
    let written = builder.out_dir(out).write(&source)?;
    for warning in &written.warnings {
        say(warning);
    }
    Ok(())
}

#[cfg(feature = "documents")]
fn openapi(mut input: Arguments) -> Result<(), Errors> {
    let out = input.out.take();
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|e| e == "yaml" || e == "yml");
    let format = if out.as_ref().is_some_and(is_yaml) { "yaml" } else { "json" };
    // What is given as an option comes later, and counts.
    input.options.insert(0, format!("openapi={format}"));
    let (builder, source) = input.resolve();
    let documents = builder.documents(&source)?;
    for warning in &documents.warnings {
        say(&warning.to_string());
    }
    match (out, &*documents.files) {
        (Some(file), [document]) => write_document(&file, &document.content),
        (Some(folder), documents) => {
            documents.iter().try_for_each(|it| write_document(&folder.join(&it.name), &it.content))
        }
        (None, documents) => {
            for document in documents {
                print(&document.content);
            }
            Ok(())
        }
    }
}

#[cfg(feature = "documents")]
fn docs(out: &std::path::Path, mut input: Arguments) -> Result<(), Errors> {
    let (format, explorer) = (input.format.unwrap_or(DocsFormat::Html), input.explorer.take());
    let (builder, source) = input.resolve();
    for warning in builder.write_docs(&source, out, format, explorer.as_deref())? {
        say(&warning.to_string());
    }
    Ok(())
}

#[cfg(not(feature = "documents"))]
fn openapi(_: Arguments) -> Result<(), Errors> {
    Err(Errors::one(needs_documents("the command `openapi`")))
}

#[cfg(not(feature = "documents"))]
fn docs(_: &std::path::Path, _: Arguments) -> Result<(), Errors> {
    Err(Errors::one(needs_documents("the command `docs`")))
}

/// A text and the warnings.
type Shown = Result<(String, Vec<Diagnostic>), Errors>;

fn show(input: Arguments, what: fn(&Builder, &Source) -> Shown) -> Result<(), Errors> {
    let (builder, source) = input.resolve();
    let (text, warnings) = what(&builder, &source)?;
    for warning in &warnings {
        say(&warning.to_string());
    }
    print(&text);
    Ok(())
}

fn print(text: &str) {
    // A reader that went away, as `head`, is not a failure.
    let _ = io::stdout().write_all(text.as_bytes());
}

fn say(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

impl Arguments {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        Arguments::parse(line.split(' ').map(OsString::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn arguments_stand_in_any_order_and_form() {
        let all =
            parse("generate -Ia a.proto --out=gen -I b --include c --opt imports=false --opt=serde b.proto")
                .expect("parses");
        assert!(all.command == Some(Command::Generate) && all.out == Some("gen".into()));
        assert_eq!(all.includes, ["a", "b", "c"].map(PathBuf::from));
        assert_eq!(all.options, ["imports=false", "serde"]);
        assert_eq!(all.files, ["a.proto", "b.proto"].map(PathBuf::from));
        let set = parse("dump --descriptor-set-in x.binpb -- -odd.proto").expect("parses");
        assert!(
            set.descriptor_set_in == Some("x.binpb".into()) && set.files == [PathBuf::from("-odd.proto")]
        );
    }

    #[test]
    fn what_is_no_argument_is_an_error() {
        for (line, part) in [
            ("generate --ou gen", "--ou"),
            ("make --out gen", "make"),
            ("generate --out", "--out"),
            ("generate a.proto", "`--out <DIR>` is missing"),
            ("--opt serde", "a command is missing"),
            ("dump --out gen a.proto", "no folder"),
            ("docs --out gen --format pdf a.proto", "html or markdown"),
            ("docs --out gen --explorer localhost a.proto", "http:// or https://"),
            ("generate --out gen --format html a.proto", "are for `docs`"),
            ("openapi --out a.json -x", "-x"),
        ] {
            let error = match Arguments::parse(line.split(' ').map(OsString::from)).and_then(Arguments::run) {
                Ok(_) => panic!("{line} is taken"),
                Err(error) => error.to_string(),
            };
            assert!(error.contains(part), "{line}: {error}");
        }
    }
}
