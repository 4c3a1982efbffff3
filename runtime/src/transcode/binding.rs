//! What one `google.api.http` binding says, as constants that generated code writes down.

use std::fmt;

use super::forms::Forms;

/// A binding of a method to a path.
#[derive(Clone, Copy)]
pub struct Binding {
    pub(crate) method: u16,
    pub(crate) verb: &'static str,
    pub(crate) template: &'static str,
    /// The file and the line of the method; line 0 is not known.
    pub(crate) declared: (&'static str, u32),
    pub(crate) variables: &'static [Variable],
    pub(crate) body: BodyKind,
    pub(crate) response_body: Option<u16>,
    pub(crate) update_mask: Option<u16>,
    pub(crate) forms: Option<&'static Forms>,
}

impl Binding {
    /// A binding without variables and without a body: the method's index in its service, the HTTP method, the template.
    #[must_use]
    pub const fn new(method: u16, verb: &'static str, template: &'static str) -> Self {
        Self {
            method,
            verb,
            template,
            declared: ("", 0),
            variables: &[],
            body: BodyKind::None,
            response_body: None,
            update_mask: None,
            forms: None,
        }
    }

    /// The method's index in its service, the HTTP method and the template.
    pub fn route(&self) -> (usize, &'static str, &'static str) {
        (self.method.into(), self.verb, self.template)
    }

    /// Where the method stands: its file as imports name it, and the line, 0 if that is not known.
    #[must_use]
    pub const fn declared(mut self, file: &'static str, line: u32) -> Self {
        self.declared = (file, line);
        self
    }

    /// The fields that the path fills.
    #[must_use]
    pub const fn variables(mut self, variables: &'static [Variable]) -> Self {
        self.variables = variables;
        self
    }

    /// What the body fills.
    #[must_use]
    pub const fn body(mut self, body: BodyKind) -> Self {
        self.body = body;
        self
    }

    /// The response's field that is the body, by its index.
    #[must_use]
    pub const fn response_body(mut self, field: u16) -> Self {
        self.response_body = Some(field);
        self
    }

    /// The request's field mask that is filled from the body where it is absent, by its index.
    #[must_use]
    pub const fn fill_update_mask(mut self, field: u16) -> Self {
        self.update_mask = Some(field);
        self
    }

    /// The forms that the body can be.
    #[must_use]
    pub const fn forms(mut self, forms: &'static Forms) -> Self {
        self.forms = Some(forms);
        self
    }
}

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.template)
    }
}

/// A variable of a path: the field it fills, and the segments that it stands for.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// From the request down to the field, each an index into its message's fields.
    pub(crate) path: &'static [u16],
    pub(crate) from: Edge,
    pub(crate) to: Edge,
    pub(crate) multi: bool,
}

/// A place between two segments of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    /// Behind as many segments.
    Start(u16),
    /// Before the last so many segments: as it is counted behind `**`.
    End(u16),
}

impl Variable {
    /// A variable of the segments `from..to`.
    #[must_use]
    pub const fn new(path: &'static [u16], from: u16, to: u16) -> Self {
        Self { path, from: Edge::Start(from), to: Edge::Start(to), multi: false }
    }

    /// A variable with `**`: the segments from `from` on but the last `behind`.
    #[must_use]
    pub const fn rest(path: &'static [u16], from: u16, behind: u16) -> Self {
        Self { path, from: Edge::Start(from), to: Edge::End(behind), multi: true }
    }

    /// A variable behind `**`: of the last `from` segments all but the last `behind`.
    #[must_use]
    pub const fn behind_rest(path: &'static [u16], from: u16, behind: u16) -> Self {
        Self { path, from: Edge::End(from), to: Edge::End(behind), multi: false }
    }

    /// A variable of more than one segment, which keeps its `%2F`.
    #[must_use]
    pub const fn multi(mut self) -> Self {
        self.multi = true;
        self
    }
}

/// What the body of a request fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// Nothing: no body is read.
    None,
    /// The request itself: there are no query parameters.
    Whole,
    /// A field of the request, by its index.
    Field(u16),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binding_says_which_method_it_leads_to() {
        let binding = Binding::new(2, "GET", "/v1/{name}").declared("a.proto", 7).response_body(1);
        assert_eq!(binding.route(), (2, "GET", "/v1/{name}"));
        assert_eq!(format!("{binding:?}"), "GET /v1/{name}");
    }
}
