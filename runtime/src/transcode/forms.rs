//! Which forms of HTML the body of a binding can be, as constants that generated code writes down.

/// The forms that a body can be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forms {
    pub(crate) urlencoded: bool,
    pub(crate) multipart: bool,
    pub(crate) files: &'static [FormFile],
}

impl Forms {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { urlencoded: false, multipart: false, files: &[] }
    }

    /// Takes `application/x-www-form-urlencoded`.
    #[must_use]
    pub const fn urlencoded(mut self) -> Self {
        self.urlencoded = true;
        self
    }

    /// Takes `multipart/form-data`.
    ///
    /// # Panics
    /// When a server without the feature `multipart` is compiled: it would read such forms as JSON.
    #[must_use]
    #[allow(clippy::assertions_on_constants, reason = "it is one of the features")]
    pub const fn multipart(mut self) -> Self {
        assert!(
            cfg!(any(feature = "multipart", not(feature = "rest"))),
            "a method takes multipart forms: add the feature `multipart` of `rsvc` to `Cargo.toml`"
        );
        self.multipart = true;
        self
    }

    /// Where the names and the media types of files go.
    #[must_use]
    pub const fn files(mut self, files: &'static [FormFile]) -> Self {
        self.files = files;
        self
    }
}

/// Where a file goes. A path leads from the message of the body to a field, each step an index into its message's
/// fields.
#[derive(Clone, Copy, Debug)]
pub struct FormFile {
    pub(crate) content: &'static [u16],
    pub(crate) filename: Option<&'static [u16]>,
    pub(crate) media_type: Option<&'static [u16]>,
}

impl FormFile {
    /// A file whose content the field at this path takes.
    #[must_use]
    pub const fn new(content: &'static [u16]) -> Self {
        Self { content, filename: None, media_type: None }
    }

    /// The field that takes its name.
    #[must_use]
    pub const fn filename(mut self, path: &'static [u16]) -> Self {
        self.filename = Some(path);
        self
    }

    /// The field that takes its media type.
    #[must_use]
    pub const fn media_type(mut self, path: &'static [u16]) -> Self {
        self.media_type = Some(path);
        self
    }
}
