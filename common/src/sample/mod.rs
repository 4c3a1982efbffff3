//! Messages that fulfil their rules, and messages that break one of them.
//!
//! [`Tables`] say what messages may be. [`solve`] makes one from a seed: what the tables say is constructed, and what they
//! cannot say, as rules in CEL, is tried: the caller checks each candidate, and what breaks a rule is changed where the rule
//! looks. The same tables, seed and answers give the same message.

mod change;
mod codec;
mod formats;
mod invalid;
mod json;
mod numbers;
mod patterns;
mod random;
mod repair;
mod solver;
mod strings;
mod subset;
mod table;
#[cfg(test)]
mod tests;
mod times;
mod words;

pub use codec::{decode, encode};
pub use formats::Format;
pub use invalid::invalid;
pub use json::{json, quote};
pub use random::Random;
pub use repair::{Broken, Step, Verdict, solve};
pub use solver::Solver;
pub use table::{
    Bound, Enum, Field, Group, Kind, Known, Message, Now, Oneof, Relation, Rules, Scalar, Sizes, Tables,
    Type, Value,
};
