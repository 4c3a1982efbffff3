//! How to read and how to write.

/// How deep messages nest below the outermost one: prost's limit, and that of other implementations.
pub(super) const MAX_DEPTH: u32 = 100;

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
        Self { ignore_unknown: false, depth_limit: MAX_DEPTH, partial: false }
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

    /// How deep messages may nest below the outermost one: 100 unless told otherwise, and never more, so that what was
    /// read can be decoded from the binary form too.
    ///
    /// It is counted as there: an entry of a map is a level, and the message in it another one. An object in a
    /// `google.protobuf.Struct` takes three levels, an array in a `google.protobuf.ListValue` two. The outermost
    /// `google.protobuf.Any` starts anew.
    #[must_use]
    pub fn depth_limit(mut self, levels: u32) -> Self {
        self.depth_limit = levels.min(MAX_DEPTH);
        self
    }

    /// For a text that was written here, which may nest as deep as it wants.
    pub(super) fn of_any_depth() -> Self {
        Self { depth_limit: u32::MAX, ..Self::default() }
    }

    /// Accepts messages without their proto2 `required` fields.
    #[must_use]
    pub fn partial(mut self, yes: bool) -> Self {
        self.partial = yes;
        self
    }
}
