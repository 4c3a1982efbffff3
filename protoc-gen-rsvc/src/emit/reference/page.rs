//! What all pages have: a title, the way to the root, and the navigation.

use super::site::Site;
use crate::options::DocsFormat;

/// A definition, and the part of its page that is about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Link {
    pub(super) text: String,
    /// The page from the root, without its extension: `messages/shop.v1.User`.
    pub(super) page: String,
    /// Empty for all of the page.
    pub(super) anchor: String,
}

impl Link {
    pub(super) fn new(text: &str, page: String) -> Self {
        Self { text: text.to_owned(), page, anchor: String::new() }
    }

    /// The same with another text, for a part of the page.
    pub(super) fn part(&self, text: &str, anchor: &str) -> Self {
        Self { text: text.to_owned(), page: self.page.clone(), anchor: anchor.to_owned() }
    }

    /// Its address, from a page that is `root` away from the root.
    pub(super) fn to(&self, frame: &Frame) -> String {
        let Frame { root, extension, .. } = frame;
        let hash = if self.anchor.is_empty() { "" } else { "#" };
        format!("{root}{}.{extension}{hash}{}", self.page, self.anchor)
    }
}

/// A service in the navigation.
pub(super) struct NavService {
    pub(super) link: Link,
    /// Whether this is its page, so that its methods are shown as well.
    pub(super) current: bool,
    pub(super) methods: Vec<Link>,
}

/// Services of a package in the navigation.
pub(super) struct NavPackage {
    pub(super) name: String,
    pub(super) services: Vec<NavService>,
}

/// What stands around the content of a page.
pub(super) struct Frame {
    pub(super) title: String,
    /// The title of the site.
    pub(super) site: String,
    /// From the page to the root: empty, or `../`.
    pub(super) root: &'static str,
    pub(super) extension: &'static str,
    pub(super) packages: Vec<NavPackage>,
    pub(super) errors: Vec<(Link, bool)>,
}

impl Frame {
    /// The frame of a page; `current` is the page of the definition, if there is one.
    pub(super) fn new(site: &Site<'_>, title: &str, current: Option<&str>, format: DocsFormat) -> Self {
        let mut packages: Vec<NavPackage> = Vec::new();
        // Markdown has no navigation.
        let services = if format == DocsFormat::Html { &site.services[..] } else { &[] };
        for id in services {
            let service = &site.schema.services[*id];
            let link = site.service(*id);
            let current = current == Some(link.page.as_str());
            let methods = current.then(|| service.methods.iter().map(|id| site.method(*id)));
            let methods = methods.into_iter().flatten().collect();
            let package = &site.schema.packages[service.package].name;
            if packages.last().is_none_or(|last| last.name != *package) {
                packages.push(NavPackage { name: package.clone(), services: Vec::new() });
            }
            let last = packages.last_mut().expect("one was just added if there was none");
            last.services.push(NavService { link, current, methods });
        }
        let errors = site.error_sets.iter().map(|id| {
            let link = site.error_set(*id);
            let is_current = current == Some(link.page.as_str());
            (link, is_current)
        });
        Self {
            title: title.to_owned(),
            site: site.title.clone(),
            root: if current.is_some() { "../" } else { "" },
            extension: match format {
                DocsFormat::Html => "html",
                DocsFormat::Markdown => "md",
            },
            packages,
            errors: errors.collect(),
        }
    }
}
