//! What is measured: a method, the size of its message, the number of routes.

use std::fmt;

use bench::additions::TOKEN;
use prost::Message as _;

use crate::peers::Peer;
use crate::{pb, samples};

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

/// How many routes a server has, half of them for each method.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Routes {
    /// One for each method.
    #[value(name = "1")]
    One,
    #[value(name = "300")]
    Many,
    /// Those that are measured are 300 of them.
    #[value(name = "10000")]
    TenThousand,
}

impl fmt::Display for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::One => "1 route",
            Self::Many => "300 routes",
            Self::TenThousand => "10,000 routes",
        })
    }
}

impl Routes {
    /// How many of its kind a measured request goes to, one after the other.
    pub fn measured(self) -> usize {
        if self == Self::One { 1 } else { 150 }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Case {
    pub verb: Verb,
    pub size: Size,
    pub routes: Routes,
}

macro_rules! cases {
    ($($verb:ident $size:ident $routes:ident),+) => {
        [$(Case { verb: Verb::$verb, size: Size::$size, routes: Routes::$routes }),+]
    };
}

pub const CASES: [Case; 9] = cases![
    Get Small One, Get Large One, Post Small One, Post Large One,
    Get Small Many, Get Large Many, Post Small Many, Post Large Many,
    Get Small TenThousand
];

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.verb == Verb::Get { "GET" } else { "POST" };
        let size = if self.size == Size::Small { "small" } else { "2 kB" };
        write!(f, "{verb} {size}, {}", self.routes)
    }
}

impl Case {
    /// A name for files.
    pub fn slug(self) -> String {
        self.to_string().to_lowercase().replace([' ', ','], "")
    }

    /// The requests that take turns, one for each route of the method.
    pub fn requests(self, peer: Peer) -> Vec<Vec<u8>> {
        let token =
            if peer.wants_token() { format!("authorization: Bearer {TOKEN}\r\n") } else { String::new() };
        (0..self.routes.measured()).map(|route| self.request(route, &token)).collect()
    }

    fn request(self, route: usize, token: &str) -> Vec<u8> {
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
        format!("{line} {head}{token}{rest}{end}").into_bytes()
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
