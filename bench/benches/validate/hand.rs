//! The checks as one would write them by hand.

use crate::{Cel, Formats, Nested, Simple};

/// What is wrong, where, by which rule.
#[derive(Debug)]
pub(crate) struct Wrong {
    #[allow(dead_code)] // an error has its content, whether it is read or not
    pub(crate) path: String,
    #[allow(dead_code)] // as above
    pub(crate) rule: &'static str,
    #[allow(dead_code)] // as above
    pub(crate) message: String,
}

fn wrong(path: impl Into<String>, rule: &'static str, message: &str) -> Wrong {
    Wrong { path: path.into(), rule, message: message.to_owned() }
}

pub(crate) trait Check {
    fn collect(&self, out: &mut Vec<Wrong>);

    fn by_hand(&self) -> Result<(), Vec<Wrong>> {
        let mut out = Vec::new();
        self.collect(&mut out);
        if out.is_empty() { Ok(()) } else { Err(out) }
    }
}

impl Check for Simple {
    fn collect(&self, out: &mut Vec<Wrong>) {
        let length = self.name.chars().count();
        if length < 1 {
            out.push(wrong("name", "string.min_len", "must be at least 1 characters"));
        }
        if length > 64 {
            out.push(wrong("name", "string.max_len", "must be at most 64 characters"));
        }
        if !(0..=150).contains(&self.age) {
            out.push(wrong(
                "age",
                "int32.gte_lte",
                "must be greater than or equal to 0 and less than or equal to 150",
            ));
        }
        if !(0.0..=1.0).contains(&self.score) {
            out.push(wrong(
                "score",
                "double.gte_lte",
                "must be greater than or equal to 0 and less than or equal to 1",
            ));
        }
        if !matches!(self.kind.as_str(), "user" | "admin" | "guest") {
            out.push(wrong("kind", "string.in", "must be in list [user, admin, guest]"));
        }
    }
}

impl Check for Nested {
    fn collect(&self, out: &mut Vec<Wrong>) {
        if self.members.is_empty() {
            out.push(wrong("members", "repeated.min_items", "must contain at least 1 item(s)"));
        }
        if self.members.len() > 100 {
            out.push(wrong("members", "repeated.max_items", "must contain no more than 100 item(s)"));
        }
        for (i, member) in self.members.iter().enumerate() {
            let before = out.len();
            member.collect(out);
            for found in &mut out[before..] {
                found.path = format!("members[{i}].{}", found.path);
            }
        }
        #[allow(clippy::iter_over_hash_type)] // violations of a map have no order
        for (key, value) in &self.limits {
            if key.is_empty() {
                out.push(wrong(
                    format!("limits[{key:?}]"),
                    "string.min_len",
                    "must be at least 1 characters",
                ));
            }
            if *value <= 0 {
                out.push(wrong(format!("limits[{key:?}]"), "int32.gt", "must be greater than 0"));
            }
        }
        if !is_unique(&self.codes) {
            out.push(wrong("codes", "repeated.unique", "repeated value must contain unique items"));
        }
    }
}

pub(crate) fn is_unique(codes: &[u32]) -> bool {
    codes.iter().enumerate().all(|(i, code)| !codes[i + 1..].contains(code))
}

pub(crate) fn is_uuid(id: &str) -> bool {
    let dash = |i| matches!(i, 8 | 13 | 18 | 23);
    id.len() == 36
        && id.bytes().enumerate().all(|(i, b)| if dash(i) { b == b'-' } else { b.is_ascii_hexdigit() })
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

pub(crate) fn is_hostname(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next().unwrap_or_default();
    host.len() <= 253 && host.split('.').all(is_label) && !last.bytes().all(|b| b.is_ascii_digit())
}

fn is_email(email: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b);
    email.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && user.bytes().all(fits) && host.split('.').all(is_label)
    })
}

impl Check for Formats {
    fn collect(&self, out: &mut Vec<Wrong>) {
        if !is_uuid(&self.id) {
            out.push(wrong("id", "string.uuid", "must be a valid UUID"));
        }
        if !is_email(&self.email) {
            out.push(wrong("email", "string.email", "must be a valid email address"));
        }
        if !is_hostname(&self.host) {
            out.push(wrong("host", "string.hostname", "must be a valid hostname"));
        }
        if self.ip.parse::<std::net::Ipv4Addr>().is_err() {
            out.push(wrong("ip", "string.ipv4", "must be a valid IPv4 address"));
        }
    }
}

impl Check for Cel {
    fn collect(&self, out: &mut Vec<Wrong>) {
        if !self.items.iter().all(|i| i.qty > 0 && i.price >= 0 && !i.sku.is_empty()) {
            out.push(wrong("", "items", "every item needs a quantity and a price"));
        }
        let even = self.last.checked_sub(self.first).is_some_and(|span| span % 2 == 0);
        if !(self.first <= self.last && even) {
            out.push(wrong("", "range", "the range is empty"));
        }
        if !(self.note.starts_with('n') || self.items.iter().any(|i| i.sku == self.note)) {
            out.push(wrong("", "note", "bad note"));
        }
    }
}
