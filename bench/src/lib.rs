//! What the benchmarks share: servers in processes of their own, counting with callgrind, and medians.
//!
//! A benchmark starts itself again as a server ([`Child`]), so that what the server takes, in time on the processor, in
//! instructions and in allocations, is measured apart from what the load generator takes.

pub mod additions;
pub mod callgrind;
mod child;
mod stats;

pub use child::{Child, cpu, until_told};
pub use stats::median;
