//! What generated error sets call: for the text of an error, for its metadata, and for its payload on the way back.

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use prost::Message;
use prost_types::Any;

/// The part of an error's details that depends on its variant.
#[derive(Debug, Default)]
pub struct Outgoing {
    pub(super) metadata: HashMap<String, String>,
    pub(super) payload: Vec<u8>,
}

impl Outgoing {
    /// Adds the payload.
    pub fn payload(&mut self, payload: &impl Message) {
        self.payload = payload.encode_to_vec();
    }

    /// Adds a field of the payload, if it is set.
    pub fn field<T: Display + ?Sized>(&mut self, name: &str, value: Option<&T>) {
        if let Some(value) = value {
            self.metadata.insert(name.to_owned(), value.to_string());
        }
    }

    /// Adds an enum by the name of its value, or by its number when this version does not know it.
    pub fn enumeration(&mut self, name: &str, value: Option<&i32>, text: fn(i32) -> Option<&'static str>) {
        if let Some(&number) = value {
            let text = text(number).map_or_else(|| number.to_string(), str::to_owned);
            self.metadata.insert(name.to_owned(), text);
        }
    }
}

/// What arrived of an error.
#[derive(Debug)]
pub struct Incoming<'a> {
    pub(super) metadata: &'a HashMap<String, String>,
    pub(super) payload: Option<&'a Any>,
}

impl Incoming<'_> {
    /// The payload as it was sent, or else put together by `rebuild` from the metadata.
    pub fn payload<M: Message + Default>(&self, rebuild: impl FnOnce(&mut M)) -> M {
        self.payload.and_then(|any| M::decode(&*any.value).ok()).unwrap_or_else(|| {
            let mut payload = M::default();
            rebuild(&mut payload);
            payload
        })
    }

    /// A field from the metadata.
    pub fn field<T: FromStr>(&self, name: &str) -> Option<T> {
        self.metadata.get(name)?.parse().ok()
    }

    /// An enum from the metadata.
    pub fn enumeration(&self, name: &str, number: fn(&str) -> Option<i32>) -> Option<i32> {
        let text = self.metadata.get(name)?;
        number(text).or_else(|| text.parse().ok())
    }
}

/// Writes a field of a template, or its default when it is not set.
pub fn show<T: Display + ?Sized>(f: &mut Formatter<'_>, value: Option<&T>, default: &str) -> fmt::Result {
    match value {
        Some(value) => value.fmt(f),
        None => f.write_str(default),
    }
}

/// Writes an enum of a template by the name of its value.
pub fn show_enumeration(
    f: &mut Formatter<'_>,
    value: Option<&i32>,
    text: fn(i32) -> Option<&'static str>,
    default: &str,
) -> fmt::Result {
    match value {
        Some(&number) => match text(number) {
            Some(text) => f.write_str(text),
            None => number.fmt(f),
        },
        None => f.write_str(default),
    }
}

/// The argument of a constructor for a repeated field.
pub fn list<T, I: Into<T>>(values: impl IntoIterator<Item = I>) -> Vec<T> {
    values.into_iter().map(Into::into).collect()
}

/// The argument of a constructor for a map.
pub fn map<K, V, M: FromIterator<(K, V)>>(
    entries: impl IntoIterator<Item = (impl Into<K>, impl Into<V>)>,
) -> M {
    entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect()
}

/// The argument of a constructor for an optional field.
pub fn option<T, I: Into<T>>(value: impl Into<Option<I>>) -> Option<T> {
    value.into().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pb::google::rpc::ErrorInfo;

    fn color(number: i32) -> Option<&'static str> {
        (number == 1).then_some("RED")
    }

    fn number(text: &str) -> Option<i32> {
        (text == "RED").then_some(1)
    }

    #[test]
    fn what_is_set_goes_out() {
        let mut out = Outgoing::default();
        let info = ErrorInfo { reason: "x".into(), ..ErrorInfo::default() };
        out.payload(&info);
        out.field("count", Some(&7));
        out.field("name", Some("ann"));
        out.field::<str>("unset", None);
        out.enumeration("known", Some(&1), color);
        out.enumeration("unknown", Some(&9), color);
        out.enumeration("unset", None, color);
        let mut metadata: Vec<_> = out.metadata.iter().map(|(name, text)| (&**name, &**text)).collect();
        metadata.sort_unstable();
        assert_eq!(metadata, [("count", "7"), ("known", "RED"), ("name", "ann"), ("unknown", "9")]);
        assert_eq!(ErrorInfo::decode(&*out.payload), Ok(info));
    }

    #[test]
    fn what_arrives_is_read() {
        let metadata = [("count", "7"), ("known", "RED"), ("unknown", "9"), ("odd", "x")]
            .map(|(name, text)| (name.to_owned(), text.to_owned()));
        let metadata = HashMap::from(metadata);
        let info = ErrorInfo { reason: "sent".into(), ..ErrorInfo::default() };
        let sent = Any { type_url: String::new(), value: info.encode_to_vec() };
        let broken = Any { type_url: String::new(), value: vec![0xff] };
        let read = |payload| {
            let arrived = Incoming { metadata: &metadata, payload };
            arrived.payload(|info: &mut ErrorInfo| info.reason = "rebuilt".into()).reason
        };
        assert_eq!([read(Some(&sent)), read(Some(&broken)), read(None)], ["sent", "rebuilt", "rebuilt"]);
        let arrived = Incoming { metadata: &metadata, payload: None };
        assert_eq!(
            [arrived.field::<i32>("count"), arrived.field("odd"), arrived.field("none")],
            [Some(7), None, None]
        );
        let found = ["known", "unknown", "odd", "none"].map(|name| arrived.enumeration(name, number));
        assert_eq!(found, [Some(1), Some(9), None, None]);
    }

    /// What a template becomes.
    struct Shown<F>(F);

    impl<F: Fn(&mut Formatter<'_>) -> fmt::Result> Display for Shown<F> {
        fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
            self.0(f)
        }
    }

    #[test]
    fn a_template_shows_values_or_their_defaults() {
        assert_eq!(Shown(|f: &mut Formatter<'_>| show(f, Some(&7), "none")).to_string(), "7");
        assert_eq!(Shown(|f: &mut Formatter<'_>| show::<i32>(f, None, "none")).to_string(), "none");
        for (value, expected) in [(Some(1), "RED"), (Some(9), "9"), (None, "none")] {
            let shown = Shown(|f: &mut Formatter<'_>| show_enumeration(f, value.as_ref(), color, "none"));
            assert_eq!(shown.to_string(), expected);
        }
    }

    #[test]
    fn arguments_become_fields() {
        assert_eq!(list::<String, _>(["a", "b"]), ["a", "b"]);
        let entries: std::collections::BTreeMap<String, i64> = map([("a", 1), ("b", 2)]);
        assert_eq!(entries.into_iter().collect::<Vec<_>>(), [("a".to_owned(), 1), ("b".to_owned(), 2)]);
        assert_eq!(option::<String, &str>("a"), Some("a".to_owned()));
        assert_eq!(option::<String, &str>(None), None);
    }
}
