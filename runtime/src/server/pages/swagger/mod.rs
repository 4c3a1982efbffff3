//! [`SwaggerUi`]: the page, its script, and what the crate that carries Swagger UI has.

mod archive;

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;

use self::archive::Unpacked;
use super::file::File;

/// What of the archive is served, and by which names.
const CARRIED: [(&str, &str); 5] = [
    ("dist/swagger-ui-bundle.js", "swagger-ui-bundle.js"),
    ("dist/swagger-ui.css", "swagger-ui.css"),
    ("dist/favicon-32x32.png", "favicon-32x32.png"),
    // Who gets the program gets these as well.
    ("LICENSE", "LICENSE"),
    ("NOTICE", "NOTICE"),
];

/// Swagger UI for [`Server::swagger_ui`](crate::Server::swagger_ui): a page that shows a document of the server and calls
/// its methods. All of it is part of the program, and the page asks no other server.
///
/// ```
/// # const OPENAPI: &str = "{}";
/// use rsvc::server::SwaggerUi;
///
/// // For callers that the authenticator knows.
/// let page = SwaggerUi::new("/openapi.json").authenticated();
/// let server = rsvc::Server::new().openapi("/openapi.json", OPENAPI).swagger_ui("/swagger", page);
/// ```
#[derive(Clone, Debug)]
#[must_use = "nobody sees it unless a server has it"]
pub struct SwaggerUi {
    document: String,
    is_guarded: bool,
}

impl SwaggerUi {
    /// For everyone, of the document that the server has at a path: the one that was given to
    /// [`Server::openapi`](crate::Server::openapi).
    pub fn new(document: impl Into<String>) -> Self {
        Self { document: document.into(), is_guarded: false }
    }

    /// Only callers may see it that the authenticator of the server knows. Browsers send cookies and certificates by
    /// themselves, but no bearer tokens. The document is a page of its own: see
    /// [`Document::authenticated`](super::Document::authenticated).
    pub fn authenticated(mut self) -> Self {
        self.is_guarded = true;
        self
    }

    pub(super) fn is_guarded(&self) -> bool {
        self.is_guarded
    }

    pub(super) fn document(&self) -> &str {
        &self.document
    }

    /// The files by their names; `root` is the path of the page, without a `/` at its end.
    pub(super) fn files(&self, root: &str) -> Vec<(&'static str, File)> {
        let carried = CARRIED.map(|(path, name)| {
            let file = Unpacked::find(SWAGGER_UI_VENDORED, path).expect("the archive is whole");
            let file = file.expect("the archive has all that is named");
            (name, File::carried(name, file.content, file.gzip))
        });
        let own = [
            ("index.html", File::carried("index.html", include_str!("index.html").into(), None)),
            ("start.js", File::carried("start.js", self.start(root).into(), None)),
        ];
        own.into_iter().chain(carried).collect()
    }

    /// Starts the page. The document's address is relative to that of the script, so that it holds behind a proxy that adds
    /// to paths. Without a validator no other server is asked for one.
    fn start(&self, root: &str) -> String {
        let up = "../".repeat(root.matches('/').count());
        let path = self.document.trim_start_matches('/');
        format!(
            "SwaggerUIBundle({{\n  url: new URL(\"./{up}{path}\", document.currentScript.src).href,\n  \
             dom_id: \"#swagger-ui\",\n  deepLinking: true,\n  displayRequestDuration: true,\n  \
             validatorUrl: null,\n}});\n"
        )
    }
}

impl From<&str> for SwaggerUi {
    fn from(document: &str) -> Self {
        Self::new(document)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn all_that_is_served_is_in_the_archive() {
        let find = |path| Unpacked::find(SWAGGER_UI_VENDORED, path).expect(path);
        for (path, name) in CARRIED {
            let file = find(path).expect(path);
            assert!(!file.content.is_empty(), "{name}");
            if let Some(gzip) = file.gzip {
                let mut read = Vec::new();
                // The reader compares checksum and size.
                GzDecoder::new(&gzip[..]).read_to_end(&mut read).unwrap();
                assert_eq!(read, file.content, "{name}");
            }
        }
        assert!(find("dist/swagger-ui-bundle.js").unwrap().gzip.is_some(), "what is large is compressed");
        for other in ["dist/a.js", "swagger-ui-bundle.js", "", "LICENSE/"] {
            assert!(find(other).is_none(), "{other}");
        }
    }

    #[test]
    fn the_page_names_the_files_that_are_there() {
        let files = SwaggerUi::new("/openapi.json").files("/swagger");
        let page = include_str!("index.html");
        let named: Vec<&str> = ["href=\"", "src=\""]
            .iter()
            .flat_map(|attribute| page.split(attribute).skip(1))
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert_eq!(named, ["favicon-32x32.png", "swagger-ui.css", "swagger-ui-bundle.js", "start.js"]);
        for name in named {
            assert!(files.iter().any(|(known, _)| *known == name), "{name}");
        }
    }

    #[test]
    fn the_address_of_the_document_is_relative_to_that_of_the_script() {
        for (root, document, address) in [
            ("", "/openapi.json", "\"./openapi.json\""),
            ("/swagger", "/openapi.json", "\"./../openapi.json\""),
            ("/a/swagger", "/a/b.yaml", "\"./../../a/b.yaml\""),
        ] {
            let start = SwaggerUi::new(document).start(root);
            assert!(start.contains(address), "{start}");
        }
    }
}
