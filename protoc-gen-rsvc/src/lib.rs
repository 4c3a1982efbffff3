//! Turns annotated `.proto` files into a Rust service.
//!
//! In a `build.rs`:
//!
//! ```no_run
//! protoc_gen_rsvc::compile(["proto/shop.proto"], ["proto"]).unwrap();
//! ```
//!
//! and in the crate, which needs `rsvc` and nothing else:
//!
//! ```ignore
//! rsvc::include_protos!();
//! ```
//!
//! [`Builder`] has the options. The binary of this crate is the same generator as a plugin for `protoc` and `buf`
//! and as a command line; all three give the same bytes.
#![allow(rustdoc::private_intra_doc_links)] // whoever works on the generator follows them

#[doc(hidden)]
#[allow(missing_docs)] // for the tests and fuzzers; described where it is not plain
pub mod cel;
mod check;
pub mod diag;
#[cfg(feature = "documents")]
mod documents;
mod emit;
#[doc(hidden)]
pub mod input;
#[doc(hidden)]
#[allow(missing_docs)] // plain data, described where it is not plain
pub mod model;
mod names;
pub mod options;
mod output;
mod resolve;
mod samples;
mod sorted;
mod storage;
mod threads;
mod tokens;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use diag::{Diagnostic, Errors, Sink};
use input::{Loaded, Source};
use model::Schema;
use options::{DocumentFormat, DocumentSplit, Lint, OpenApiVersion, Options};
use output::{Folder, RunRecord};

pub use output::{Generated, GeneratedFile, Written};

/// Generates code for `.proto` files from a `build.rs`, with the default options.
///
/// # Errors
/// Every finding, with its place; `Debug` prints them in full, so that `unwrap` shows them.
pub fn compile<F, I>(
    files: impl IntoIterator<Item = F>,
    includes: impl IntoIterator<Item = I>,
) -> Result<(), Errors>
where
    F: Into<PathBuf>,
    I: Into<PathBuf>,
{
    Builder::new().compile(files, includes)
}

/// Options of a run.
///
/// ```no_run
/// protoc_gen_rsvc::Builder::new()
///     .bytes(".shop.v1.Chunk.data")
///     .extern_path(".google.type", "::google_types")
///     .compile(["proto/shop.proto"], ["proto"])
///     .unwrap();
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct Builder {
    options: Options,
    errors: Vec<Diagnostic>,
    prost: Option<SharedProstHook>,
    out_dir: Option<PathBuf>,
}

/// The features that [`Builder::by_features`] looks for, with their options.
const FEATURES: [(&str, &str); 6] = [
    ("server", "server"),
    ("client", "client"),
    ("rest", "rest"),
    ("rest-client", "rest_client"),
    ("serde", "serde"),
    ("samples", "samples"),
];

type SharedProstHook = Arc<dyn Fn(&mut prost_build::Config) + Send + Sync>;

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("options", &self.options)
            .field("prost", &self.prost.is_some())
            .field("out_dir", &self.out_dir)
            .finish_non_exhaustive()
    }
}

impl Builder {
    /// The default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts from options that were parsed, as the plugin and the command line do.
    pub fn with_options(options: Options) -> Self {
        Self { options, ..Self::default() }
    }

    /// Sets an option by its key, see [`options::KEYS`]. A wrong one is reported by the run.
    pub fn option(mut self, key: &str, value: &str) -> Self {
        if let Err(error) = self.options.set(key, value) {
            self.errors.push(error);
        }
        self
    }

    fn switch(self, key: &str, yes: bool) -> Self {
        self.option(key, if yes { "true" } else { "false" })
    }

    /// The types below `proto` (as `.google.type`) live at the Rust path `rust`, in a crate that was made by this generator
    /// too, and are not generated. For other crates there is [`Builder::extern_prost`].
    pub fn extern_path(self, proto: &str, rust: &str) -> Self {
        self.option("extern_path", &format!("{proto}={rust}"))
    }

    /// As [`Builder::extern_path`], for a crate that prost-build or tonic generated.
    ///
    /// Its messages have neither JSON nor rules. Their JSON is made here by tables, so that whatever holds them has JSON and
    /// REST; their rules are not tested, and a warning says where that matters.
    pub fn extern_prost(self, proto: &str, rust: &str) -> Self {
        self.option("extern_prost", &format!("{proto}={rust}"))
    }

    /// `bytes` fields below `path` are `bytes::Bytes` instead of `Vec<u8>`; `.` is all of them.
    pub fn bytes(self, path: &str) -> Self {
        self.option("bytes", path)
    }

    /// Maps below `path` are `BTreeMap` instead of `HashMap`; `.` is all of them.
    pub fn btree_map(self, path: &str) -> Self {
        self.option("btree_map", path)
    }

    /// Message fields below `path` are put into a `Box`. Recursive ones are, in any case.
    pub fn boxed(self, path: &str) -> Self {
        self.option("boxed", path)
    }

    /// Adds a Rust attribute to the messages, enums and oneofs below `path`.
    pub fn type_attribute(self, path: &str, attribute: &str) -> Self {
        self.option("type_attribute", &format!("{path}={attribute}"))
    }

    /// Adds a Rust attribute to the fields and enum values below `path`.
    pub fn field_attribute(self, path: &str, attribute: &str) -> Self {
        self.option("field_attribute", &format!("{path}={attribute}"))
    }

    /// Whether code is generated for imported files too; on by default.
    pub fn imports(self, yes: bool) -> Self {
        self.switch("imports", yes)
    }

    /// Whether clients are generated; on by default. Without clients and servers there are no service traits either.
    pub fn client(self, yes: bool) -> Self {
        self.switch("client", yes)
    }

    /// Whether servers are generated; on by default.
    pub fn server(self, yes: bool) -> Self {
        self.switch("server", yes)
    }

    /// Whether messages and enums also get `serde::Serialize` and `serde::Deserialize`, by the same ProtoJSON as
    /// `rsvc::json`; off by default. The crate `rsvc` needs its feature `serde` for it.
    pub fn serde(self, yes: bool) -> Self {
        self.switch("serde", yes)
    }

    /// Whether messages also get `rsvc::sample::Sample`: valid and invalid messages for tests; off by default. The crate
    /// `rsvc` needs its feature `samples` for it. `docs/samples.md` says more.
    pub fn samples(self, yes: bool) -> Self {
        self.switch("samples", yes)
    }

    /// Whether servers answer REST too, where `google.api.http` says how; on by default. It needs the feature `rest`
    /// of the runtime.
    pub fn rest(self, yes: bool) -> Self {
        self.switch("rest", yes)
    }

    /// Whether there are clients over REST too, for methods with `google.api.http`; off by default. They need the
    /// feature `rest-client` of the runtime.
    pub fn rest_client(self, yes: bool) -> Self {
        self.switch("rest_client", yes)
    }

    /// Whether each service gets a second trait that can be an object; off by default.
    ///
    /// `Arc<dyn DynUserService>` then is a `UserService`, and every `UserService` can be put into one: for programs that
    /// decide at run time which implementation they use. A call through it costs one allocation.
    pub fn objects(self, yes: bool) -> Self {
        self.switch("objects", yes)
    }

    /// Whether the methods of service traits have a body that answers `UNIMPLEMENTED`; off by default, so that the compiler
    /// finds a method that nobody has written. With it a new rpc breaks no implementation and no mock.
    pub fn default_methods(self, yes: bool) -> Self {
        self.switch("default_methods", yes)
    }

    /// What is done about methods of the named files that do not declare who may call them (`access` of
    /// `rsvc/v1/rsvc.proto`): nothing, which is the default, a warning, or an error.
    pub fn undeclared_access(self, lint: Lint) -> Self {
        self.option("undeclared_access", lint.name())
    }

    /// Whether an OpenAPI document is written beside the code, and how; off by default. The generated root then has it as the
    /// constant `OPENAPI`. `docs/openapi.md` says what is in it.
    pub fn openapi(self, format: DocumentFormat) -> Self {
        self.option("openapi", format.name())
    }

    /// The version of OpenAPI that documents follow; 3.1 by default.
    pub fn openapi_version(self, version: OpenApiVersion) -> Self {
        self.option("openapi_version", version.name())
    }

    /// Whether there is one document for all, which is the default, or one for each package (`OPENAPI_SHOP_V1`) or service.
    pub fn openapi_split(self, split: DocumentSplit) -> Self {
        self.option("openapi_split", split.name())
    }

    /// Whether documents have the paths of the Connect protocol too, for every unary method; off by default.
    pub fn openapi_connect(self, yes: bool) -> Self {
        self.switch("openapi_connect", yes)
    }

    /// Chooses by the features of the crate that is built, in its build script: `server`, `client`, `rest`, `rest-client`,
    /// `serde` and `samples` are each on if the crate has such a feature and it is enabled, and else off.
    ///
    /// So one crate of messages and services is a server's for one user and a client's for another. Without any of them
    /// there are messages, errors and descriptions of services, for which `rsvc` needs no feature. What is said behind it
    /// counts: `.by_features().rest(true)`.
    ///
    /// ```toml
    /// [dependencies]
    /// rsvc = { version = "0.1", default-features = false }
    ///
    /// [features]
    /// server = ["rsvc/server"]
    /// client = ["rsvc/client"]
    /// rest = ["server", "rsvc/rest"]
    /// ```
    pub fn by_features(mut self) -> Self {
        for (feature, option) in FEATURES {
            let Some(enabled) = input::is_enabled(feature) else {
                let found =
                    Diagnostic::error(diag::Code::BAD_PARAMETER, "there are no features to choose by");
                self.errors.push(found.help("call `by_features` in a build script, or name the options"));
                break;
            };
            self = self.switch(option, enabled);
        }
        self
    }

    /// Writes a reference of the services beside the code, as one file `docs.site`; off by default. It is the constant `DOCS`
    /// of the generated tree as well, which `rsvc::Server::docs` serves: pages for browsers, with search and an explorer.
    pub fn docs(self, yes: bool) -> Self {
        self.switch("docs", yes)
    }

    /// Reaches prost-build's own configuration, for what has no method here (`message_attribute`,
    /// `skip_debug`, …). What changes the type of a field has to go through [`Builder::bytes`],
    /// [`Builder::btree_map`] and [`Builder::boxed`]; else the run fails and says so.
    ///
    /// The closure is called once for each part of the output, from several threads.
    pub fn prost(mut self, configure: impl Fn(&mut prost_build::Config) + Send + Sync + 'static) -> Self {
        self.prost = Some(Arc::new(configure));
        self
    }

    /// Where the files go; the default is `$OUT_DIR/rsvc`, where `rsvc::include_protos!()` finds them.
    pub fn out_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(folder.into());
        self
    }

    /// Generates code for `.proto` files, looking imports up in the folders `includes` and then among the
    /// built-in files, and writes it. Under cargo it also prints what a build script has to print.
    ///
    /// # Errors
    /// See [`compile`].
    pub fn compile<F, I>(
        self,
        files: impl IntoIterator<Item = F>,
        includes: impl IntoIterator<Item = I>,
    ) -> Result<(), Errors>
    where
        F: Into<PathBuf>,
        I: Into<PathBuf>,
    {
        let source = Source::Files {
            files: files.into_iter().map(Into::into).collect(),
            includes: includes.into_iter().map(Into::into).collect(),
        };
        self.compile_source(&source)
    }

    /// As [`Builder::compile`], for any source.
    ///
    /// # Errors
    /// See [`compile`].
    #[doc(hidden)]
    pub fn compile_source(self, source: &Source) -> Result<(), Errors> {
        output::tell_cargo(&self.write(source)?);
        Ok(())
    }

    /// As [`Builder::compile_source`], outside of a build script.
    ///
    /// # Errors
    /// See [`compile`].
    #[doc(hidden)]
    pub fn write(&self, source: &Source) -> Result<Written, Errors> {
        let folder = Folder::new(self.out_dir.as_deref()).map_err(Errors::one)?;
        let key = output::digest((input::program(), format!("{source:?} {self:?}")));
        if self.errors.is_empty()
            && let Some(run) = folder.unchanged(key, |names| input::digest(source, names, None))
        {
            return Ok(Written { warnings: run.warnings, read: run.read });
        }
        on_large_stack(|| self.write_anew(source, &folder, key))
    }

    fn write_anew(&self, source: &Source, folder: &Folder, key: u64) -> Result<Written, Errors> {
        let mut sink = Sink::default();
        let (loaded, schema) = self.resolve(source, &mut sink)?;
        let roots = input::paths(source, &loaded.roots).into_iter().collect();
        let writing = folder.begin(key, &roots).map_err(Errors::one)?;
        let existing = writing.existing().map_err(Errors::one)?;
        let emitter = emit::Emitter::new(&schema, &self.options, self.prost_hook(), existing);
        output::print(&emitter, &|file| writing.write(&file)).map_err(Errors::one)?;
        let read: Vec<String> = loaded.read.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        let names: Vec<String> = loaded.files.into_iter().chain(loaded.overlay_names).collect();
        let inputs = input::digest(source, &names, Some(&loaded.sources));
        let warnings: Vec<String> = sink.finish(&loaded.sources).iter().map(ToString::to_string).collect();
        let run = RunRecord {
            key,
            // Without a number for what was read, nothing is ever found unchanged.
            inputs: inputs.unwrap_or(0),
            names,
            read: read.clone(),
            roots,
            warnings: warnings.clone(),
            ..RunRecord::default()
        };
        let told = writing.finish(run).map_err(Errors::one)?;
        Ok(Written {
            warnings: warnings.into_iter().chain(told.iter().map(ToString::to_string)).collect(),
            read,
        })
    }

    fn prost_hook(&self) -> Option<emit::ProstHook<'_>> {
        self.prost.as_deref().map(|hook| hook as emit::ProstHook<'_>)
    }

    /// Generates without writing.
    ///
    /// # Errors
    /// See [`compile`].
    #[doc(hidden)]
    pub fn generate(&self, source: &Source) -> Result<Generated, Errors> {
        let builder = self.clone();
        on_large_stack(move || builder.run(source))
    }

    fn run(&self, source: &Source) -> Result<Generated, Errors> {
        let mut sink = Sink::default();
        let (loaded, schema) = self.resolve(source, &mut sink)?;
        let emitter = emit::Emitter::new(&schema, &self.options, self.prost_hook(), None);
        let files = Mutex::new(Vec::new());
        let keep = |file| {
            threads::lock(&files).push(file);
            Ok(())
        };
        output::print(&emitter, &keep).map_err(Errors::one)?;
        let warnings = sink.finish(&loaded.sources);
        let mut files: Vec<GeneratedFile> = files.into_inner().unwrap_or_else(PoisonError::into_inner);
        sorted::sort_by(&mut files, |a, b| a.name.cmp(&b.name));
        Ok(Generated { files, warnings, read: loaded.read })
    }

    /// An example of each message in ProtoJSON, `null` where none was found, and the warnings.
    ///
    /// # Errors
    /// See [`compile`].
    #[doc(hidden)]
    pub fn examples(&self, source: &Source) -> Result<(String, Vec<Diagnostic>), Errors> {
        let builder = self.clone();
        on_large_stack(move || {
            let mut sink = Sink::default();
            let (loaded, schema) = builder.resolve(source, &mut sink)?;
            let all = emit::samples::Samples::new(&schema).all();
            Ok((all, sink.finish(&loaded.sources)))
        })
    }

    /// The resolved model as text, for a look at what the generator understood, and the warnings.
    ///
    /// # Errors
    /// See [`compile`].
    #[doc(hidden)]
    pub fn dump(&self, source: &Source) -> Result<(String, Vec<Diagnostic>), Errors> {
        let builder = self.clone();
        on_large_stack(move || {
            let mut sink = Sink::default();
            let (loaded, schema) = builder.resolve(source, &mut sink)?;
            Ok((schema.to_string(), sink.finish(&loaded.sources)))
        })
    }

    /// The JSON of the messages that prost-types has ready, for the runtime to carry.
    ///
    /// # Errors
    /// See [`compile`].
    #[doc(hidden)]
    pub fn json_of_prost_types(&self, source: &Source) -> Result<GeneratedFile, Errors> {
        let (_, schema) = self.resolve(source, &mut Sink::default())?;
        Ok(output::file("prost_types.rs", emit::json::emit_prost_types(&schema)))
    }

    /// All phases up to the barrier.
    fn resolve(&self, source: &Source, sink: &mut Sink) -> Result<(Loaded, Schema), Errors> {
        for error in &self.errors {
            sink.push(error.clone());
        }
        if let Some(asked) = self.options.asked_documents().filter(|_| !cfg!(feature = "documents")) {
            sink.push(diag::needs_documents(&format!("the option `{asked}`")));
        }
        sink.barrier(&input::Sources::default())?;
        let loaded = input::load(source, sink)?;
        let schema = resolve::resolve(&loaded, &self.options, sink);
        check::run(&schema, &self.options, sink);
        sink.barrier(&loaded.sources)?;
        Ok((loaded, schema))
    }
}

/// Runs on a thread with enough stack.
fn on_large_stack<T: Send>(work: impl FnOnce() -> Result<T, Errors> + Send) -> Result<T, Errors> {
    threads::on_large_stack(work).map_err(Errors::one)?
}

/// Writes the built-in files with annotations below a folder, for hosts that read `.proto` files themselves.
///
/// # Errors
/// A folder or file that cannot be written.
#[doc(hidden)]
pub fn write_annotations(folder: &Path) -> Result<(), Errors> {
    input::annotations()
        .try_for_each(|(name, text)| output::write_file(&folder.join(name), text))
        .map_err(Errors::one)
}

/// Writes a document to a file.
///
/// # Errors
/// A file that cannot be written.
#[doc(hidden)]
pub fn write_document(path: &Path, text: &str) -> Result<(), Errors> {
    output::write_file(path, text).map_err(Errors::one)
}

/// Writes files into a folder, leaving alone what has not changed.
///
/// # Errors
/// A folder or file that cannot be written.
#[doc(hidden)]
pub fn write(folder: &Path, files: &[GeneratedFile]) -> Result<(), Errors> {
    output::write(folder, files).map_err(Errors::one)
}
