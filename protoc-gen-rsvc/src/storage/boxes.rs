//! Which fields close a circle of messages and so need a `Box`.

use crate::model::{FieldId, FieldKind, MessageId, Schema, ValueType};
use crate::sorted::SortedSet;

/// Fields whose type contains the message that they stand in, through singular fields only: what is repeated
/// lives on the heap already. prost-build finds the same ones but for circles through groups.
pub(super) fn recursive(schema: &Schema) -> SortedSet<FieldId> {
    let component = components(schema);
    schema
        .fields
        .iter()
        .filter(|(_, field)| match &field.kind {
            FieldKind::Singular(ValueType::Message(to) | ValueType::Group(to), _) => {
                component[field.message.index()] == component[to.index()]
            }
            _ => false,
        })
        .map(|(id, _)| id)
        .collect()
}

fn edges(schema: &Schema, from: MessageId) -> impl Iterator<Item = MessageId> + '_ {
    schema.messages[from].fields.iter().filter_map(|f| match &schema.fields[*f].kind {
        FieldKind::Singular(ValueType::Message(to) | ValueType::Group(to), _) => Some(*to),
        _ => None,
    })
}

/// The number of the circle that each message is in: what a message contains has the same or a lower one.
///
/// Tarjan's strongly connected components, with a stack of its own: message graphs of real APIs are deep.
pub(super) fn components(schema: &Schema) -> Vec<usize> {
    const UNSEEN: usize = usize::MAX;
    let count = schema.messages.len();
    let (mut index, mut low, mut component) = (vec![UNSEEN; count], vec![0; count], vec![UNSEEN; count]);
    let (mut next, mut next_component) = (0, 0);
    let mut path: Vec<MessageId> = Vec::new();
    for start in schema.messages.ids() {
        if index[start.index()] != UNSEEN {
            continue;
        }
        let mut work: Vec<(MessageId, Vec<MessageId>)> = Vec::new();
        let mut enter = Some(start);
        loop {
            if let Some(node) = enter.take() {
                index[node.index()] = next;
                low[node.index()] = next;
                next += 1;
                path.push(node);
                work.push((node, edges(schema, node).collect()));
            }
            let Some((node, rest)) = work.last_mut() else { break };
            let node = *node;
            if let Some(to) = rest.pop() {
                if index[to.index()] == UNSEEN {
                    enter = Some(to);
                } else if component[to.index()] == UNSEEN {
                    low[node.index()] = low[node.index()].min(index[to.index()]);
                }
                continue;
            }
            work.pop();
            if let Some((parent, _)) = work.last() {
                low[parent.index()] = low[parent.index()].min(low[node.index()]);
            }
            if low[node.index()] == index[node.index()] {
                while let Some(member) = path.pop() {
                    component[member.index()] = next_component;
                    if member == node {
                        break;
                    }
                }
                next_component += 1;
            }
        }
    }
    component
}
