//! What all pages have: a title, the way to the root, and the navigation.

use super::link::Link;
use super::site::Site;
use crate::options::DocsFormat;

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

impl Link {
    /// Its address from a page.
    pub(super) fn to(&self, frame: &Frame) -> String {
        self.from(frame.root, frame.extension)
    }
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
