//! A message as interceptors see it.

use std::any::Any;
use std::fmt;

use crate::json;
use crate::message::AnyMessage;

/// A message of any type, on its way.
///
/// ```
/// # use rsvc::interceptor::Message;
/// # fn example(message: &mut Message<'_>) {
/// if let Some(text) = message.downcast_mut::<String>() {
///     text.make_ascii_lowercase();
/// }
/// # }
/// ```
pub struct Message<'a>(&'a mut dyn AnyMessage);

impl<'a> Message<'a> {
    pub(crate) fn new(message: &'a mut dyn AnyMessage) -> Self {
        Self(message)
    }

    /// The full name of its type, as in `shop.v1.User`.
    pub fn type_name(&self) -> &'static str {
        self.0.table().name
    }

    /// The message, if it is of this type.
    pub fn downcast_ref<T: Any>(&self) -> Option<&T> {
        self.0.as_any().downcast_ref()
    }

    /// The message to be changed, if it is of this type.
    pub fn downcast_mut<T: Any>(&mut self) -> Option<&mut T> {
        self.0.as_any_mut().downcast_mut()
    }

    /// How many bytes it has as protobuf.
    pub fn encoded_len(&self) -> usize {
        self.0.wire_len()
    }

    /// The message as protobuf.
    pub fn to_vec(&self) -> Vec<u8> {
        self.0.to_wire()
    }

    /// The message as JSON.
    pub fn to_json(&self) -> Result<String, json::Error> {
        json::to_string(&*self.0)
    }
}

/// Messages may be secret: only the type is shown.
impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Message").field(&self.type_name()).finish()
    }
}
