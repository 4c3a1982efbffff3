//! How to read and how to write.

/// How messages are written. The default is what the specification asks for.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // each is a choice of its own
pub struct WriteOptions {
    pub(super) emit_defaults: bool,
    pub(super) proto_names: bool,
    pub(super) enums_as_numbers: bool,
    pub(super) pretty: bool,
}

impl WriteOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes fields without presence also when they have their default value.
    #[must_use]
    pub fn emit_defaults(mut self, yes: bool) -> Self {
        self.emit_defaults = yes;
        self
    }

    /// Names fields as the `.proto` does, not in camel case.
    #[must_use]
    pub fn proto_names(mut self, yes: bool) -> Self {
        self.proto_names = yes;
        self
    }

    /// Writes enums as numbers, not by name.
    #[must_use]
    pub fn enums_as_numbers(mut self, yes: bool) -> Self {
        self.enums_as_numbers = yes;
        self
    }

    /// One entry a line, indented by two spaces.
    #[must_use]
    pub fn pretty(mut self, yes: bool) -> Self {
        self.pretty = yes;
        self
    }
}

/// How messages are read. The default refuses what it does not know.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    pub(super) ignore_unknown: bool,
    pub(super) depth_limit: u32,
    pub(super) partial: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { ignore_unknown: false, depth_limit: 100, partial: false }
    }
}

impl ReadOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Skips fields and enum names that the message does not have.
    #[must_use]
    pub fn ignore_unknown(mut self, yes: bool) -> Self {
        self.ignore_unknown = yes;
        self
    }

    /// How deep objects (and the arrays of a `google.protobuf.Value`) may nest: 100 unless told otherwise.
    #[must_use]
    pub fn depth_limit(mut self, levels: u32) -> Self {
        self.depth_limit = levels;
        self
    }

    /// Accepts messages without their proto2 `required` fields.
    #[must_use]
    pub fn partial(mut self, yes: bool) -> Self {
        self.partial = yes;
        self
    }
}
