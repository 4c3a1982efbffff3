//! Runs that make documents and nothing else.

use std::path::Path;

use crate::diag::{Diagnostic, Errors, Sink};
use crate::input::Source;
use crate::options::DocsFormat;
use crate::{Builder, Generated, GeneratedFile, emit, on_large_stack, output};

impl Builder {
    /// The OpenAPI documents alone, and the warnings.
    ///
    /// # Errors
    /// See [`compile`].
    #[doc(hidden)]
    pub fn documents(&self, source: &Source) -> Result<Generated, Errors> {
        let builder = self.clone();
        on_large_stack(move || {
            let mut sink = Sink::default();
            let (loaded, schema) = builder.resolve(source, &mut sink)?;
            let documents = emit::openapi::documents(&schema, &builder.options).into_iter();
            let files =
                documents.map(|document| GeneratedFile { name: document.name, content: document.text });
            Ok(Generated {
                files: files.collect(),
                warnings: sink.finish(&loaded.sources),
                read: loaded.read,
            })
        })
    }

    /// Writes the reference of the services into a folder. With `explorer`, its pages call the server at that address.
    /// The warnings of the run.
    ///
    /// # Errors
    /// See [`compile`].
    #[doc(hidden)]
    pub fn write_docs(
        &self,
        source: &Source,
        folder: &Path,
        format: DocsFormat,
        explorer: Option<&str>,
    ) -> Result<Vec<Diagnostic>, Errors> {
        let (files, warnings) = self.docs_of(source, format, explorer)?;
        for (name, text) in &files {
            output::write_file(&folder.join(name), text).map_err(Errors::one)?;
        }
        Ok(warnings)
    }

    /// The files of the reference by their names, and the warnings of the run.
    ///
    /// # Errors
    /// See [`compile`].
    #[doc(hidden)]
    #[allow(clippy::type_complexity)] // names and texts
    pub fn docs_of(
        &self,
        source: &Source,
        format: DocsFormat,
        explorer: Option<&str>,
    ) -> Result<(Vec<(String, String)>, Vec<Diagnostic>), Errors> {
        let (builder, source, explorer) = (self.clone(), source.clone(), explorer.map(str::to_owned));
        on_large_stack(move || {
            let mut sink = Sink::default();
            let (loaded, schema) = builder.resolve(&source, &mut sink)?;
            let files = emit::reference::emit(&schema, format, explorer.as_deref()).map_err(Errors::one)?;
            let files = files.into_iter().map(|file| (file.name, file.text)).collect();
            Ok((files, sink.finish(&loaded.sources)))
        })
    }
}
