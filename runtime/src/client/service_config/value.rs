//! A value of a service config, and where it stands.

use std::time::Duration;

use prost_types::value::Kind;
use prost_types::{ListValue, Struct};

use super::ServiceConfigError;
use crate::bridge::Code;
use crate::json;

/// A value and its path.
pub(super) struct At<'a> {
    kind: &'a Kind,
    path: String,
}

/// An object and its path.
pub(super) struct Object<'a> {
    fields: &'a Struct,
    path: String,
}

type Result<T> = std::result::Result<T, ServiceConfigError>;

impl<'a> Object<'a> {
    pub(super) fn root(fields: &'a Struct) -> Self {
        Self { fields, path: String::new() }
    }

    /// The value of a field; `None` if it is not there, or null.
    pub(super) fn get(&self, name: &str) -> Option<At<'a>> {
        let kind = self.fields.fields.get(name)?.kind.as_ref()?;
        if matches!(kind, Kind::NullValue(_)) {
            return None;
        }
        let dot = if self.path.is_empty() { "" } else { "." };
        Some(At { kind, path: format!("{}{dot}{name}", self.path) })
    }

    pub(super) fn required(&self, name: &str) -> Result<At<'a>> {
        self.get(name).ok_or_else(|| self.fail(format!("it needs `{name}`")))
    }

    /// The fields, in the order of their names.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.fields.fields.keys().map(String::as_str)
    }

    pub(super) fn fail(&self, problem: impl Into<String>) -> ServiceConfigError {
        ServiceConfigError::new(&self.path, problem)
    }
}

impl<'a> At<'a> {
    pub(super) fn fail(&self, problem: impl Into<String>) -> ServiceConfigError {
        ServiceConfigError::new(&self.path, problem)
    }

    pub(super) fn object(self) -> Result<Object<'a>> {
        match self.kind {
            Kind::StructValue(fields) => Ok(Object { fields, path: self.path }),
            _ => Err(self.fail("it must be an object")),
        }
    }

    pub(super) fn list(&self) -> Result<Vec<At<'a>>> {
        let Kind::ListValue(ListValue { values }) = self.kind else {
            return Err(self.fail("it must be a list"));
        };
        let element = |(index, value): (usize, &'a prost_types::Value)| {
            let kind = value.kind.as_ref().unwrap_or(&Kind::NullValue(0));
            At { kind, path: format!("{}[{index}]", self.path) }
        };
        Ok(values.iter().enumerate().map(element).collect())
    }

    pub(super) fn text(&self) -> Result<&'a str> {
        match self.kind {
            Kind::StringValue(text) => Ok(text),
            _ => Err(self.fail("it must be a string")),
        }
    }

    pub(super) fn bool(&self) -> Result<bool> {
        match self.kind {
            Kind::BoolValue(value) => Ok(*value),
            _ => Err(self.fail("it must be true or false")),
        }
    }

    /// A number, which may stand in a string, as in all of protobuf's JSON.
    pub(super) fn number(&self) -> Result<f64> {
        let number = match self.kind {
            Kind::NumberValue(number) => Some(*number),
            Kind::StringValue(text) => text.parse().ok(),
            _ => None,
        };
        number.filter(|number| number.is_finite()).ok_or_else(|| self.fail("it must be a number"))
    }

    pub(super) fn integer(&self) -> Result<u32> {
        let number = self.number()?;
        if number.fract() != 0.0 || !(0.0..=f64::from(u32::MAX)).contains(&number) {
            return Err(self.fail("it must be an integer of 32 bits that is not negative"));
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was compared")]
        Ok(number as u32)
    }

    pub(super) fn duration(&self) -> Result<Duration> {
        let problem = || self.fail("it must be a duration, as \"1.5s\"");
        let text = self.text().map_err(|_| problem())?;
        let duration: prost_types::Duration =
            json::from_slice(format!("\"{text}\"").as_bytes()).map_err(|_| problem())?;
        Duration::try_from(duration).map_err(|_| self.fail("it must not be negative"))
    }

    /// Codes by their names, in any case, or by their numbers.
    pub(super) fn codes(&self) -> Result<Vec<Code>> {
        self.list()?.iter().map(At::code).collect()
    }

    fn code(&self) -> Result<Code> {
        let code = match self.kind {
            Kind::StringValue(name) => (1..=16)
                .find(|code| crate::error::code_name(Code::from_i32(*code)).eq_ignore_ascii_case(name)),
            Kind::NumberValue(_) => {
                let number = self.integer()?;
                i32::try_from(number).ok().filter(|number| (1..=16).contains(number))
            }
            _ => None,
        };
        let problem = "it must be the code of an error, as \"UNAVAILABLE\" or 14";
        code.map(Code::from_i32).ok_or_else(|| self.fail(problem))
    }
}
