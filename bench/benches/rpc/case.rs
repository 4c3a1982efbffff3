//! What is measured.

/// A kind of work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Work {
    /// Calls with one message each way, so many of them at the same time.
    Unary { items: u32, at_once: usize },
    /// A call with a stream of responses.
    ServerStream,
    /// A call with a stream of requests.
    ClientStream,
    /// A call with streams both ways.
    Both,
}

/// Work of a kind: so many calls, or messages of one call.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub name: &'static str,
    pub work: Work,
    pub count: u32,
}

const SMALL: u32 = 1;
const LARGE: u32 = 20;

const fn unary(name: &'static str, items: u32, at_once: usize, count: u32) -> Case {
    Case { name, work: Work::Unary { items, at_once }, count }
}

pub const CASES: [Case; 7] = [
    unary("unary, 100 B, one at a time", SMALL, 1, 1_000),
    unary("unary, 100 B, 32 at once", SMALL, 32, 2_000),
    unary("unary, 2 kB, one at a time", LARGE, 1, 1_000),
    unary("unary, 2 kB, 32 at once", LARGE, 32, 2_000),
    Case { name: "server stream, 100 B", work: Work::ServerStream, count: 20_000 },
    Case { name: "client stream, 100 B", work: Work::ClientStream, count: 20_000 },
    Case { name: "both ways, 100 B", work: Work::Both, count: 10_000 },
];

/// The end of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Side {
    Server,
    Client,
}

impl Side {
    pub const BOTH: [Self; 2] = [Self::Server, Self::Client];

    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}
