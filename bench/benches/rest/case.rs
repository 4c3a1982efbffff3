//! What is measured: a method, the size of its message, the number of routes.

use std::fmt;

use prost::Message as _;

use crate::{pb, samples};

/// How many of its kind a measured request goes to, one after the other.
const MANY: usize = 150;

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Verb {
    Get,
    Post,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Size {
    Small,
    Large,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Case {
    pub verb: Verb,
    pub size: Size,
    /// Whether there are 300 routes, half of them for each method, or one for each.
    pub many: bool,
}

macro_rules! cases {
    ($($verb:ident $size:ident $many:literal),+) => {
        [$(Case { verb: Verb::$verb, size: Size::$size, many: $many }),+]
    };
}

pub const CASES: [Case; 8] = cases![
    Get Small false, Get Large false, Post Small false, Post Large false,
    Get Small true, Get Large true, Post Small true, Post Large true
];

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.verb == Verb::Get { "GET" } else { "POST" };
        let size = if self.size == Size::Small { "small" } else { "2 kB" };
        write!(f, "{verb} {size}, {}", if self.many { "300 routes" } else { "1 route" })
    }
}

impl Case {
    /// A name for files.
    pub fn slug(self) -> String {
        self.to_string().to_lowercase().replace([' ', ','], "")
    }

    /// The requests that take turns, one for each route of the method.
    pub fn requests(self) -> Vec<Vec<u8>> {
        let routes = if self.many { MANY } else { 1 };
        (0..routes).map(|route| self.request(route)).collect()
    }

    fn request(self, route: usize) -> Vec<u8> {
        let (line, rest) = match self.verb {
            Verb::Get => (format!("GET /v1/orders{route:03}/ord_01HZX5K7M3Q9VB2T4N8C6D0EFG"), String::new()),
            Verb::Post => {
                let body = self.size.json();
                let head =
                    format!("content-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
                (format!("POST /v1/orders{route:03}"), head + &body)
            }
        };
        let end = if rest.is_empty() { "\r\n" } else { "" };
        let head = "HTTP/1.1\r\nhost: localhost:8080\r\nuser-agent: bench/1\r\naccept: */*\r\n";
        format!("{line} {head}{rest}{end}").into_bytes()
    }
}

impl Size {
    fn order(self) -> pb::Order {
        let order = samples::order();
        match self {
            Self::Large => order,
            Self::Small => pb::Order {
                order_id: order.order_id,
                status: order.status,
                created_at_millis: order.created_at_millis,
                total_amount: order.total_amount,
                currency: order.currency,
                ..pb::Order::default()
            },
        }
    }

    /// The order that GET answers with, as any peer's type.
    pub fn message<M: prost::Message + Default>(self) -> M {
        M::decode(&*self.order().encode_to_vec()).expect("the same message")
    }

    /// The order as JSON: what POST sends and gets back.
    pub fn json(self) -> String {
        rsvc::json::to_string(&self.order()).expect("a sample has JSON")
    }
}
