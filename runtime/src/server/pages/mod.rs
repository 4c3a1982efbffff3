//! Pages that a server has beside its services: a reference of them, and their documents of `OpenAPI`.
//!
//! They are found where nothing else has the path. What a service could take from them is an error when the server starts.

mod answer;
mod document;
mod file;
mod site;
#[cfg(feature = "swagger-ui")]
mod swagger;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub use self::document::Document;
use self::file::File;
pub use self::site::Site;
#[cfg(feature = "swagger-ui")]
pub use self::swagger::SwaggerUi;

/// What is wrong with the pages of a server.
#[derive(Debug)]
pub(super) enum PageProblem {
    /// A path that a page cannot have.
    Path(String),
    /// Two have the same path.
    Twice(String),
    /// A service takes the requests to a path.
    Taken { path: String, by: String },
    /// The site is not one that the generator has written.
    Site(String),
    /// A page shows a document that is not there.
    #[cfg(feature = "swagger-ui")]
    Document { path: String, document: String },
    /// Pages are for callers that are known, and nothing authenticates.
    NoAuthenticator(String),
}

impl fmt::Display for PageProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => {
                write!(
                    f,
                    "`{path}` cannot be the path of a page: a path begins with `/` and has no empty parts, `?`, `#` or `%`"
                )
            }
            Self::Twice(path) => write!(f, "two pages have the path {path}"),
            Self::Taken { path, by } => write!(f, "the page {path} would never be seen: {by} has its path"),
            Self::Site(path) => write!(f, "what is at {path} is not a reference that `docs` has generated"),
            #[cfg(feature = "swagger-ui")]
            Self::Document { path, document } => write!(
                f,
                "the page at {path} shows `{document}`, which is not a document of this server; set `Server::openapi`"
            ),
            Self::NoAuthenticator(path) => write!(
                f,
                "the pages at {path} need an authenticated caller, but nothing authenticates; set `Server::authenticator`"
            ),
        }
    }
}

/// All pages, by their paths.
#[derive(Default)]
pub(super) struct Pages {
    files: BTreeMap<String, Arc<Entry>>,
    /// Paths that lead elsewhere, relative to themselves.
    redirects: BTreeMap<String, String>,
    /// The documents that pages show, with the paths of these pages.
    #[cfg(feature = "swagger-ui")]
    shown: Vec<(String, String)>,
    /// The first thing that was wrong. It is told when the server starts, as all else is.
    problem: Option<PageProblem>,
}

/// A page, and who may see it.
struct Entry {
    file: File,
    is_guarded: bool,
}

impl Pages {
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.problem.is_none()
    }

    /// Whether something is at a path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path) || self.redirects.contains_key(path)
    }

    /// Adds a document.
    pub(super) fn document(&mut self, path: &str, document: Document) {
        if !is_path(path) || path == "/" {
            return self.fail(PageProblem::Path(path.to_owned()));
        }
        let (text, is_guarded) = document.into_parts();
        self.add(path.to_owned(), File::document(path, text), is_guarded);
        self.redirect_slash(path);
    }

    /// Adds a site.
    pub(super) fn site(&mut self, path: &str, site: &Site) {
        self.folder(path, site.is_guarded(), |root| site.files(root));
    }

    /// Adds Swagger UI.
    #[cfg(feature = "swagger-ui")]
    pub(super) fn swagger_ui(&mut self, path: &str, page: &SwaggerUi) {
        self.shown.push((path.to_owned(), page.document().to_owned()));
        self.folder(path, page.is_guarded(), |root| Some(page.files(root)));
    }

    /// Adds the files below a path: `files` has them by their names, and gets the path without a `/` at its end.
    fn folder(
        &mut self,
        path: &str,
        is_guarded: bool,
        files: impl FnOnce(&str) -> Option<Vec<(&'static str, File)>>,
    ) {
        let root = path.strip_suffix('/').unwrap_or(path);
        if !root.is_empty() && !is_path(root) {
            return self.fail(PageProblem::Path(path.to_owned()));
        }
        let Some(files) = files(root) else {
            return self.fail(PageProblem::Site(path.to_owned()));
        };
        for (name, file) in files {
            if name == "index.html" {
                self.add(format!("{root}/"), file.clone(), is_guarded);
            }
            let path = format!("{root}/{name}");
            self.redirect_slash(&path);
            self.add(path, file, is_guarded);
        }
        if let Some((_, last)) = root.rsplit_once('/') {
            self.redirects.insert(root.to_owned(), format!("{last}/"));
        }
    }

    /// A path with a `/` too many leads to the page without it.
    fn redirect_slash(&mut self, path: &str) {
        let last = path.rsplit('/').next().unwrap_or(path);
        self.redirects.insert(format!("{path}/"), format!("../{last}"));
    }

    fn add(&mut self, path: String, file: File, is_guarded: bool) {
        let entry = Arc::new(Entry { file, is_guarded });
        if let std::collections::btree_map::Entry::Vacant(place) = self.files.entry(path.clone()) {
            place.insert(entry);
        } else {
            self.fail(PageProblem::Twice(path));
        }
    }

    fn fail(&mut self, problem: PageProblem) {
        self.problem.get_or_insert(problem);
    }

    /// Finds what keeps the pages from being seen: `taken` names what has a path besides. `authenticates` tells whether
    /// callers can be known.
    pub(super) fn check(
        &mut self,
        authenticates: bool,
        taken: impl Fn(&str) -> Option<String>,
    ) -> Result<(), PageProblem> {
        if let Some(problem) = self.problem.take() {
            return Err(problem);
        }
        #[cfg(feature = "swagger-ui")]
        for (path, document) in &self.shown {
            if !self.files.contains_key(document) {
                return Err(PageProblem::Document { path: path.clone(), document: document.clone() });
            }
        }
        for (path, entry) in &self.files {
            if entry.is_guarded && !authenticates {
                return Err(PageProblem::NoAuthenticator(path.clone()));
            }
        }
        for path in self.files.keys().chain(self.redirects.keys()) {
            if let Some(by) = taken(path) {
                return Err(PageProblem::Taken { path: path.clone(), by });
            }
        }
        Ok(())
    }
}

/// Whether it is a path of parts that are not empty and need no escapes.
fn is_path(path: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@".contains(c);
    path.strip_prefix('/').is_some_and(|rest| {
        rest.split('/').all(|part| !part.is_empty() && part.chars().all(fine) && part != "." && part != "..")
    })
}
