//! `third.v1` as prost-build writes it, but for the path to prost: a crate that knows nothing of us.

#[derive(Clone, PartialEq, Eq, Hash, ::rsvc::prost::Message)]
#[prost(prost_path = "::rsvc::prost")]
pub struct Money {
    #[prost(string, tag = "1")]
    pub currency_code: String,
    #[prost(int64, tag = "2")]
    pub units: i64,
    #[prost(enumeration = "money::Kind", tag = "3")]
    pub kind: i32,
}

/// `google.protobuf.Timestamp`, as a crate may have it for itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::rsvc::prost::Message)]
#[prost(prost_path = "::rsvc::prost")]
pub struct Stamp {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// Nested message and enum types in `Money`.
pub mod money {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::rsvc::prost::Enumeration)]
    #[prost(prost_path = "::rsvc::prost")]
    #[repr(i32)]
    pub enum Kind {
        Unspecified = 0,
        Cash = 1,
        Card = 2,
    }

    impl Kind {
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Unspecified => "KIND_UNSPECIFIED",
                Self::Cash => "CASH",
                Self::Card => "CARD",
            }
        }

        pub fn from_str_name(value: &str) -> Option<Self> {
            match value {
                "KIND_UNSPECIFIED" => Some(Self::Unspecified),
                "CASH" => Some(Self::Cash),
                "CARD" => Some(Self::Card),
                _ => None,
            }
        }
    }
}

#[derive(Clone, PartialEq, ::rsvc::prost::Message)]
#[prost(prost_path = "::rsvc::prost")]
pub struct Tree {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, repeated, tag = "2")]
    pub children: Vec<Self>,
    #[prost(map = "string, message", tag = "3")]
    pub prices: ::std::collections::HashMap<String, Money>,
    #[prost(message, optional, tag = "4")]
    pub at: Option<::rsvc::prost_types::Timestamp>,
    #[prost(message, optional, tag = "5")]
    pub size: Option<i64>,
    #[prost(enumeration = "money::Kind", repeated, tag = "6")]
    pub kinds: Vec<i32>,
    #[prost(bytes = "vec", tag = "7")]
    pub data: Vec<u8>,
    #[prost(double, tag = "8")]
    pub weight: f64,
    #[prost(oneof = "tree::Value", tags = "9, 10")]
    pub value: Option<tree::Value>,
}

/// Nested message and enum types in `Tree`.
pub mod tree {
    #[derive(Clone, PartialEq, Eq, Hash, ::rsvc::prost::Oneof)]
    #[prost(prost_path = "::rsvc::prost")]
    pub enum Value {
        #[prost(message, tag = "9")]
        Money(super::Money),
        #[prost(string, tag = "10")]
        Text(String),
    }
}
