//! Where the definitions of a site are.

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

    /// The anchor that Markdown gives the heading of the part. Methods and errors have headings; fields are rows of a table.
    fn heading(&self) -> String {
        if self.page.starts_with("messages/") || self.page.starts_with("enums/") {
            String::new()
        } else {
            self.anchor.to_lowercase()
        }
    }

    /// Its address, from a page that is `root` away from the root, in a site whose pages have this extension.
    pub(super) fn from(&self, root: &str, extension: &str) -> String {
        let anchor = match extension {
            "md" => self.heading(),
            _ => self.anchor.clone(),
        };
        let hash = if anchor.is_empty() { "" } else { "#" };
        format!("{root}{}.{extension}{hash}{anchor}", self.page)
    }
}
