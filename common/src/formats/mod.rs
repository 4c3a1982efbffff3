//! Formats of texts that rules name. The runtime tests them, and the generator needs values that pass.

mod host;
mod ip;
mod table;
mod token;
mod uri;

pub use host::*;
pub use ip::*;
pub use table::*;
pub use token::*;
pub use uri::*;
