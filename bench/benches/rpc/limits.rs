//! What rsvc's instructions may be at most.

use bench::callgrind::Each;

use crate::case::{Side, Work};
use crate::peers::Who;

/// The most that rsvc may take, as a part of what a peer takes.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub peer: Who,
    pub part: f64,
}

/// What holds for a kind of work at one end.
pub fn limits(work: Work, side: Side) -> &'static [Limit] {
    match (work, side) {
        (Work::Unary { .. }, Side::Server) => {
            &[Limit { peer: Who::Tonic, part: 0.80 }, Limit { peer: Who::Connectrpc, part: 1.00 }]
        }
        (Work::Unary { .. }, Side::Client) => &[Limit { peer: Who::Tonic, part: 0.85 }],
        (Work::ServerStream | Work::ClientStream | Work::Both, _) => {
            &[Limit { peer: Who::Tonic, part: 0.95 }]
        }
    }
}

impl Limit {
    /// Whether it is met, if both were counted.
    pub fn met(self, each: &[(Who, Each)]) -> Option<bool> {
        Some(ratio(each, Who::Rsvc, self.peer)? <= self.part)
    }
}

/// What one takes as a part of what another takes, if both were counted.
pub fn ratio(each: &[(Who, Each)], who: Who, base: Who) -> Option<f64> {
    let of = |who| each.iter().find(|(other, _)| *other == who).map(|(_, each)| each.instructions);
    Some(of(who)? / of(base)?)
}
