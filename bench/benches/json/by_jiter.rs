//! The same messages read by hand with jiter's pull parser: what our reader would cost on top of it, at least.
//!
//! It does less than ProtoJSON: no exponents in integers, no duplicates, no `null`, no place in errors.

use jiter::{Jiter, JiterError, JiterErrorType, JsonErrorType, NumberInt, Peek};

use super::pb::{Address, LineItem, Numbers, Order, OrderStatus, Point, Small, Strings, order};

type Result<T> = std::result::Result<T, JiterError>;

/// A message that can be read.
pub(crate) trait Read: Default {
    /// Reads the field of a key, if there is one.
    fn field(&mut self, key: Key, reader: &mut Jiter<'_>) -> Result<()>;
    /// The number of a key, by either name.
    fn key(name: &str) -> Option<Key>;
}

/// A field's number.
type Key = u32;

/// Reads a message from text.
pub(crate) fn from_slice<T: Read>(json: &[u8]) -> Result<T> {
    let mut reader = Jiter::new(json);
    let peek = reader.peek()?;
    let message = message(peek, &mut reader)?;
    reader.finish()?;
    Ok(message)
}

fn wrong(reader: &Jiter<'_>) -> JiterError {
    let error_type = JiterErrorType::JsonError(JsonErrorType::InvalidNumber);
    JiterError { error_type, index: reader.current_index() }
}

fn message<T: Read>(peek: Peek, reader: &mut Jiter<'_>) -> Result<T> {
    let mut message = T::default();
    let mut next =
        if peek == Peek::Object { reader.known_object()? } else { reader.next_object()? }.map(T::key);
    while let Some(key) = next {
        match key {
            Some(key) => message.field(key, reader)?,
            None => return Err(wrong(reader)),
        }
        next = reader.next_key()?.map(T::key);
    }
    Ok(message)
}

fn nested<T: Read>(reader: &mut Jiter<'_>) -> Result<T> {
    let peek = reader.peek()?;
    message(peek, reader)
}

fn list<T>(
    into: &mut Vec<T>,
    reader: &mut Jiter<'_>,
    read: fn(Peek, &mut Jiter<'_>) -> Result<T>,
) -> Result<()> {
    let mut next = reader.next_array()?;
    while let Some(peek) = next {
        into.push(read(peek, reader)?);
        next = reader.array_step()?;
    }
    Ok(())
}

fn string(_: Peek, reader: &mut Jiter<'_>) -> Result<String> {
    reader.known_str().map(str::to_owned)
}

fn integer<T: TryFrom<i64>>(peek: Peek, reader: &mut Jiter<'_>) -> Result<T> {
    match reader.known_int(peek)? {
        NumberInt::Int(value) => T::try_from(value).map_err(|_| wrong(reader)),
        NumberInt::BigInt(_) => Err(wrong(reader)),
    }
}

fn next_integer<T: TryFrom<i64>>(reader: &mut Jiter<'_>) -> Result<T> {
    let peek = reader.peek()?;
    integer(peek, reader)
}

fn long(_: Peek, reader: &mut Jiter<'_>) -> Result<i64> {
    match reader.known_str()?.parse() {
        Ok(value) => Ok(value),
        Err(_) => Err(wrong(reader)),
    }
}

impl Read for Order {
    fn key(name: &str) -> Option<Key> {
        Some(match name {
            "orderId" | "order_id" => 1,
            "customerName" | "customer_name" => 2,
            "customerEmail" | "customer_email" => 3,
            "status" => 4,
            "createdAtMillis" | "created_at_millis" => 5,
            "shippingAddress" | "shipping_address" => 6,
            "billingAddress" | "billing_address" => 7,
            "items" => 8,
            "totalAmount" | "total_amount" => 9,
            "currency" => 10,
            "gift" => 11,
            "note" => 12,
            "tags" => 13,
            "cardToken" | "card_token" => 14,
            "invoiceNumber" | "invoice_number" => 15,
            _ => return None,
        })
    }

    fn field(&mut self, key: Key, reader: &mut Jiter<'_>) -> Result<()> {
        match key {
            1 => self.order_id = reader.next_str()?.into(),
            2 => self.customer_name = reader.next_str()?.into(),
            3 => self.customer_email = reader.next_str()?.into(),
            4 => match OrderStatus::from_str_name(reader.next_str()?) {
                Some(status) => self.status = status.into(),
                None => return Err(wrong(reader)),
            },
            5 => {
                let peek = reader.peek()?;
                self.created_at_millis = long(peek, reader)?;
            }
            6 => self.shipping_address = Some(nested(reader)?),
            7 => self.billing_address = Some(nested(reader)?),
            8 => list(&mut self.items, reader, message)?,
            9 => self.total_amount = reader.next_float()?,
            10 => self.currency = reader.next_str()?.into(),
            11 => self.gift = reader.next_bool()?,
            12 => self.note = Some(reader.next_str()?.into()),
            13 => list(&mut self.tags, reader, string)?,
            14 => self.payment = Some(order::Payment::CardToken(reader.next_str()?.into())),
            _ => self.payment = Some(order::Payment::InvoiceNumber(reader.next_str()?.into())),
        }
        Ok(())
    }
}

impl Read for Address {
    fn key(name: &str) -> Option<Key> {
        Some(match name {
            "street" => 1,
            "houseNumber" | "house_number" => 2,
            "city" => 3,
            "postalCode" | "postal_code" => 4,
            "country" => 5,
            _ => return None,
        })
    }

    fn field(&mut self, key: Key, reader: &mut Jiter<'_>) -> Result<()> {
        let field = match key {
            1 => &mut self.street,
            2 => &mut self.house_number,
            3 => &mut self.city,
            4 => &mut self.postal_code,
            _ => &mut self.country,
        };
        *field = reader.next_str()?.into();
        Ok(())
    }
}

impl Read for LineItem {
    fn key(name: &str) -> Option<Key> {
        Some(match name {
            "sku" => 1,
            "title" => 2,
            "quantity" => 3,
            "unitPrice" | "unit_price" => 4,
            "weightGrams" | "weight_grams" => 5,
            "inStock" | "in_stock" => 6,
            _ => return None,
        })
    }

    fn field(&mut self, key: Key, reader: &mut Jiter<'_>) -> Result<()> {
        match key {
            1 => self.sku = reader.next_str()?.into(),
            2 => self.title = reader.next_str()?.into(),
            3 => self.quantity = next_integer(reader)?,
            4 => self.unit_price = reader.next_float()?,
            5 => self.weight_grams = next_integer(reader)?,
            _ => self.in_stock = reader.next_bool()?,
        }
        Ok(())
    }
}

impl Read for Small {
    fn key(name: &str) -> Option<Key> {
        (name == "points").then_some(1)
    }

    fn field(&mut self, _: Key, reader: &mut Jiter<'_>) -> Result<()> {
        list(&mut self.points, reader, message)
    }
}

impl Read for Point {
    fn key(name: &str) -> Option<Key> {
        Some(match name {
            "x" => 1,
            "y" => 2,
            "visible" => 3,
            "layer" => 4,
            "group" => 5,
            "locked" => 6,
            _ => return None,
        })
    }

    fn field(&mut self, key: Key, reader: &mut Jiter<'_>) -> Result<()> {
        match key {
            1 => self.x = next_integer(reader)?,
            2 => self.y = next_integer(reader)?,
            3 => self.visible = reader.next_bool()?,
            4 => self.layer = next_integer(reader)?,
            5 => self.group = next_integer(reader)?,
            _ => self.locked = reader.next_bool()?,
        }
        Ok(())
    }
}

impl Read for Numbers {
    fn key(name: &str) -> Option<Key> {
        Some(match name {
            "doubles" => 1,
            "integers" => 2,
            "longs" => 3,
            _ => return None,
        })
    }

    fn field(&mut self, key: Key, reader: &mut Jiter<'_>) -> Result<()> {
        match key {
            1 => list(&mut self.doubles, reader, |peek, reader| reader.known_float(peek)),
            2 => list(&mut self.integers, reader, integer),
            _ => list(&mut self.longs, reader, long),
        }
    }
}

impl Read for Strings {
    fn key(name: &str) -> Option<Key> {
        Some(match name {
            "lines" => 1,
            "text" => 2,
            _ => return None,
        })
    }

    fn field(&mut self, key: Key, reader: &mut Jiter<'_>) -> Result<()> {
        match key {
            1 => list(&mut self.lines, reader, string)?,
            _ => self.text = reader.next_str()?.into(),
        }
        Ok(())
    }
}
