//! Tables of some messages and of what is in them.

use std::collections::HashMap;

use super::table::{Enum, Kind, Message, Tables, Type};

impl Tables {
    /// The tables of these messages, by their places, and of all that their fields are of. Those named are made from
    /// nothing but what is here.
    #[must_use]
    pub fn of(&self, roots: &[usize]) -> Self {
        let mut subset = Subset::default();
        for root in roots {
            subset.messages.place(*root);
        }
        let mut at = 0;
        let mut messages: Vec<Message> = Vec::new();
        while let Some(id) = subset.messages.order.get(at).copied() {
            let mut message = self.messages[id].clone();
            for field in &mut message.fields {
                field.kind = match field.kind {
                    Kind::One(ty) => Kind::One(subset.ty(ty)),
                    Kind::List(ty) => Kind::List(subset.ty(ty)),
                    Kind::Map(key, ty) => Kind::Map(key, subset.ty(ty)),
                };
            }
            messages.push(message);
            at += 1;
        }
        let enums: Vec<Enum> = subset.enums.order.iter().map(|id| self.enums[*id].clone()).collect();
        Self { messages, enums }
    }
}

/// Messages and enums in the order in which they were found.
#[derive(Default)]
struct Subset {
    messages: Found,
    enums: Found,
}

impl Subset {
    fn ty(&mut self, ty: Type) -> Type {
        match ty {
            Type::Message(id) => Type::Message(self.messages.place(id)),
            Type::Enum(id) => Type::Enum(self.enums.place(id)),
            other => other,
        }
    }
}

/// What was found, in order, and the place of each.
#[derive(Default)]
struct Found {
    order: Vec<usize>,
    places: HashMap<usize, usize>,
}

impl Found {
    /// The place of what is added if it is new.
    fn place(&mut self, id: usize) -> usize {
        let next = self.order.len();
        let place = *self.places.entry(id).or_insert(next);
        if place == next {
            self.order.push(id);
        }
        place
    }
}
