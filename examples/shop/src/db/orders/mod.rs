//! Orders, the stock that they take from, and the log of their changes.

mod log;
mod place;
mod read;
mod status;

pub(crate) use log::Filter;
pub(crate) use read::Page;
