//! What all pages have: a title, the way to the root, and the navigation.

use super::link::Link;
use super::site::Site;
use crate::options::DocsFormat;

/// How many services and error sets the navigation of every page has. Of more, a page has its own: the overview, and the search,
/// have all, and a site grows with what is defined, not with its square.
const MOST: usize = 60;

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
    /// Whether there are error sets, in the navigation or not.
    pub(super) has_errors: bool,
}

impl Frame {
    /// The frame of a page; `current` is the page of the definition, if there is one.
    pub(super) fn new(site: &Site<'_>, title: &str, current: Option<&str>, format: DocsFormat) -> Self {
        let mut packages: Vec<NavPackage> = Vec::new();
        let is_shown = site.services.len() + site.error_sets.len() <= MOST;
        // Markdown has no navigation.
        let services = if format == DocsFormat::Html { &site.services[..] } else { &[] };
        for id in services {
            let service = &site.schema.services[*id];
            let link = site.service(*id);
            let current = current == Some(link.page.as_str());
            if !current && !is_shown {
                continue;
            }
            let methods = current.then(|| service.methods.iter().map(|id| site.method(*id)));
            let methods = methods.into_iter().flatten().collect();
            let package = &site.schema.packages[service.package].name;
            if packages.last().is_none_or(|last| last.name != *package) {
                packages.push(NavPackage { name: package.clone(), services: Vec::new() });
            }
            let last = packages.last_mut().expect("one was just added if there was none");
            last.services.push(NavService { link, current, methods });
        }
        let errors = site.error_sets.iter().filter_map(|id| {
            let link = site.error_set(*id);
            let is_current = current == Some(link.page.as_str());
            (is_current || is_shown).then_some((link, is_current))
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
            has_errors: !site.error_sets.is_empty(),
        }
    }
}
