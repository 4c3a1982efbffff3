//! The formats of strings that rules have a name for. Everything that lists them is made of this list.

/// Calls a macro with the formats of `buf.validate.StringRules`, a line for each: the rule, the function that tests it, and
/// what a violation says that a text is not; after `or` what it says so of an empty text, where that differs.
#[macro_export]
macro_rules! string_formats {
    ($then:ident) => {
        $then! {
            email is_email "email address";
            hostname is_hostname "hostname";
            ip is_ip "IP address";
            ipv4 is_ipv4 "IPv4 address";
            ipv6 is_ipv6 "IPv6 address";
            uri is_uri "URI";
            address is_address "hostname, or ip address";
            uuid is_uuid "UUID";
            tuuid is_tuuid "trimmed UUID";
            ulid is_ulid "ULID";
            ip_with_prefixlen is_ip_prefix "IP prefix";
            ipv4_with_prefixlen is_ipv4_prefix "IPv4 address with prefix length";
            ipv6_with_prefixlen is_ipv6_prefix "IPv6 address with prefix length";
            ip_prefix is_ip_prefix_strictly "IP prefix";
            ipv4_prefix is_ipv4_prefix_strictly "IPv4 prefix";
            ipv6_prefix is_ipv6_prefix_strictly "IPv6 prefix";
            host_and_port is_host_with_port "host (hostname or IP address) and port pair" or "host and port pair";
            protobuf_fqn is_protobuf_name "fully-qualified Protobuf name";
            protobuf_dot_fqn is_protobuf_name_with_dot "fully-qualified Protobuf name with a leading dot";
        }
    };
}

/// A format of strings. No empty string has one.
#[derive(Clone, Copy, Debug)]
pub struct StringFormat {
    /// The field of `buf.validate.StringRules`.
    pub rule: &'static str,
    /// The name of the function that tests it, here and in `rsvc::cel`.
    pub function: &'static str,
    /// That function.
    pub test: fn(&str) -> bool,
}

macro_rules! table {
    ($($rule:ident $function:ident $what:literal $(or $empty:literal)?;)*) => {
        /// All of them.
        pub const STRING_FORMATS: &[StringFormat] = &[$(StringFormat {
            rule: stringify!($rule),
            function: stringify!($function),
            test: super::$function,
        }),*];
    };
}

string_formats!(table);

#[cfg(test)]
mod tests {
    use super::STRING_FORMATS;

    /// Generated code asks whether a text is empty only once it has turned out not to have its format.
    #[test]
    fn nothing_empty_has_a_format() {
        assert!(STRING_FORMATS.iter().all(|format| !(format.test)("")));
    }
}
