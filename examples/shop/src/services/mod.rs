//! The four services, one module each.

mod batch;
mod chat;
mod monitor;
mod orders;
mod uploads;
mod users;

pub(crate) use chat::Chats;
pub(crate) use orders::Orders;
pub(crate) use uploads::Uploads;
pub(crate) use users::Users;
