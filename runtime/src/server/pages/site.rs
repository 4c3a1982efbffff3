//! [`Site`]: a reference as the generator packs it.

use super::file::File;

/// The first line of a packed site: `protoc-gen-rsvc/src/emit/reference/mod.rs`.
const PACKED: &str = "rsvc site 1\n";

/// The reference of services for [`Server::docs`](crate::Server::docs): the constant `DOCS` that the generator writes with
/// its option `docs`.
///
/// ```
/// # const DOCS: &str = "rsvc site 1\n\n";
/// use rsvc::server::Site;
///
/// // With forms that call the methods.
/// let server = rsvc::Server::new().docs("/docs", Site::new(DOCS).explorer(true));
/// ```
#[derive(Clone, Debug)]
#[must_use = "nobody sees it unless a server has it"]
pub struct Site {
    packed: &'static str,
    explorer: bool,
    is_guarded: bool,
}

impl Site {
    /// A reference for everyone, to be read.
    pub fn new(packed: &'static str) -> Self {
        Self { packed, explorer: false, is_guarded: false }
    }

    /// Whether its pages have forms that call the methods of this server; off by default. Such a call is one like any
    /// other: access, rules and limits hold for it.
    pub fn explorer(mut self, yes: bool) -> Self {
        self.explorer = yes;
        self
    }

    /// Only callers may see it that the authenticator of the server knows. Browsers send cookies and certificates by
    /// themselves, but no bearer tokens.
    pub fn authenticated(mut self) -> Self {
        self.is_guarded = true;
        self
    }

    pub(super) fn is_guarded(&self) -> bool {
        self.is_guarded
    }

    /// The files by their names; `root` is the path of the site, without a `/` at its end. `None` if it is not a site.
    pub(super) fn files(&self, root: &str) -> Option<Vec<(&'static str, File)>> {
        let (head, mut rest) = self.packed.strip_prefix(PACKED)?.split_once("\n\n").or_else(|| {
            // Without files the head is empty, and so is what follows.
            Some(("", self.packed.strip_prefix(PACKED)?.strip_prefix('\n')?))
        })?;
        let mut files = Vec::new();
        for line in head.lines() {
            let (size, name) = line.split_once(' ')?;
            let text;
            (text, rest) = rest.split_at_checked(size.parse().ok()?)?;
            let is_explorer = name.starts_with("assets/explorer/") || name.starts_with("data/");
            if self.explorer || !is_explorer {
                files.push((name, File::page(name, text.into())));
            }
        }
        let settings = File::page("assets/settings.js", self.settings(root).into());
        files.push(("assets/settings.js", settings));
        rest.is_empty().then_some(files)
    }

    /// How the pages are used. The server's own address is as far up as the site's path is long.
    fn settings(&self, root: &str) -> String {
        let up = "../".repeat(1 + root.matches('/').count());
        let explorer = self.explorer;
        format!(
            "globalThis.rsvcReference = {{ explorer: {explorer}, base: new URL(\"{up}\", document.currentScript.src).href }};\n"
        )
    }
}

impl From<&'static str> for Site {
    fn from(packed: &'static str) -> Self {
        Self::new(packed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(packed: &'static str, explorer: bool) -> Option<Vec<&'static str>> {
        let files = Site::new(packed).explorer(explorer).files("/docs")?;
        Some(files.into_iter().map(|(name, _)| name).collect())
    }

    #[test]
    fn a_site_is_unpacked() {
        let packed = "rsvc site 1\n3 index.html\n2 data/a.json\n\nabc{}";
        assert_eq!(names(packed, false).unwrap(), ["index.html", "assets/settings.js"]);
        assert_eq!(names(packed, true).unwrap(), ["index.html", "data/a.json", "assets/settings.js"]);
        assert_eq!(names("rsvc site 1\n\n", false).unwrap(), ["assets/settings.js"]);
    }

    #[test]
    fn what_is_no_site_is_none() {
        for packed in [
            "",
            "abc",
            "rsvc site 2\n\n",
            "rsvc site 1\n9 a\n\nabc",
            "rsvc site 1\nx a\n\n",
            "rsvc site 1\n1 a\n\nabc",
        ] {
            assert!(names(packed, true).is_none(), "{packed:?}");
        }
    }

    #[test]
    fn the_address_of_the_server_is_relative_to_that_of_the_script() {
        for (root, up) in [("", "\"../\""), ("/docs", "\"../../\""), ("/a/docs", "\"../../../\"")] {
            assert!(Site::new("").settings(root).contains(up), "{root}");
        }
    }
}
