//! The rooms of the chat.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{Mutex as Turn, broadcast};

use crate::Limits;
use crate::api::{ChatMessage, TooManyRooms, TooSlow};
use crate::db::Db;
use crate::error::Error;
use crate::live::to_the_end;
use crate::time::{from_micros, now};

/// The rooms that somebody is in.
#[derive(Debug)]
pub(crate) struct Rooms {
    db: Db,
    open: Mutex<BTreeMap<String, Arc<Room>>>,
    limits: Limits,
}

#[derive(Debug)]
struct Room {
    /// Held while a message is kept and told, and while somebody joins: so that
    /// all hear the same messages in the same order, none twice. The place of the
    /// last message that was told.
    turn: Turn<i64>,
    said: broadcast::Sender<ChatMessage>,
}

/// Somebody's presence in a room. The last one to leave closes it.
#[derive(Debug)]
pub(crate) struct Presence {
    rooms: Arc<Rooms>,
    session_id: String,
    room: Arc<Room>,
    heard: Option<broadcast::Receiver<ChatMessage>>,
}

impl Rooms {
    pub(crate) fn new(db: Db, limits: Limits) -> Self {
        Self { db, open: Mutex::default(), limits }
    }

    /// Enters a room, and tells what was said there before, the oldest first.
    pub(crate) async fn join(
        self: &Arc<Self>,
        session_id: &str,
    ) -> Result<(Presence, Vec<ChatMessage>), Error> {
        let mut presence = self.enter(session_id)?;
        let room = Arc::clone(&presence.room);
        let mut told = room.turn.lock().await;
        let mut history = self.catch_up(session_id, &room, &mut told).await?;
        for message in &mut history {
            message.from_history = true;
        }
        // What was said while waiting for the turn is history now.
        presence.heard = Some(room.said.subscribe());
        Ok((presence, history))
    }

    /// Tells those who are in a room what was said there in another shop, and here, where shops share a database.
    pub(crate) async fn hear(&self, session_id: &str) -> Result<(), Error> {
        let room = self.open().get(session_id).map(Arc::clone);
        let Some(room) = room else { return Ok(()) };
        let mut told = room.turn.lock().await;
        self.catch_up(session_id, &room, &mut told).await.map(drop)
    }

    /// The same for all rooms.
    pub(crate) async fn hear_all(&self) -> Result<(), Error> {
        let names: Vec<_> = self.open().keys().cloned().collect();
        for name in names {
            self.hear(&name).await?;
        }
        Ok(())
    }

    /// Tells what was not told yet, and returns all that is kept.
    async fn catch_up(
        &self,
        session_id: &str,
        room: &Room,
        told: &mut i64,
    ) -> Result<Vec<ChatMessage>, Error> {
        let kept = self.db.messages(session_id, self.limits.history).await?;
        let before = *told;
        for (place, message) in kept.iter().filter(|(place, _)| *place > before) {
            // Fails if nobody is there: whoever comes reads it.
            let _ = room.said.send(message.clone());
            *told = *place;
        }
        Ok(kept.into_iter().map(|(_, message)| message).collect())
    }

    fn enter(self: &Arc<Self>, session_id: &str) -> Result<Presence, Error> {
        let mut open = self.open();
        let room = match open.get(session_id) {
            Some(room) => Arc::clone(room),
            None if open.len() >= self.limits.rooms => {
                return Err(TooManyRooms { limit: self.limits.rooms as u64 }.into());
            }
            None => {
                let room = Room { turn: Turn::default(), said: broadcast::Sender::new(self.limits.backlog) };
                let room = Arc::new(room);
                open.insert(session_id.to_owned(), Arc::clone(&room));
                room
            }
        };
        let heard = Some(room.said.subscribe());
        Ok(Presence { rooms: Arc::clone(self), session_id: session_id.to_owned(), room, heard })
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Room>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Presence {
    /// Says something; everybody in the room hears it, the speaker too.
    pub(crate) async fn say(&self, mut message: ChatMessage) -> Result<(), Error> {
        let (rooms, room) = (Arc::clone(&self.rooms), Arc::clone(&self.room));
        to_the_end(async move {
            message.message_id = random();
            message.from_history = false;
            if rooms.db.has_news() {
                // Another shop may have been faster: everything is told in the order of the table.
                message.timestamp = Some(from_micros(now()).into());
                rooms.db.store_message(&message, rooms.limits.history).await?;
                return rooms.hear(&message.session_id).await;
            }
            let mut told = room.turn.lock().await;
            message.timestamp = Some(from_micros(now()).into());
            *told = rooms.db.store_message(&message, rooms.limits.history).await?;
            // Fails if everybody has left: the message is kept for those who come.
            let _ = room.said.send(message);
            Ok(())
        })
        .await
    }

    /// The next message.
    pub(crate) async fn hear(&mut self) -> Result<ChatMessage, Error> {
        let heard = self.heard.as_mut().ok_or_else(|| Error::unavailable("the room is closed"))?;
        heard.recv().await.map_err(|error| match error {
            RecvError::Lagged(missed) => TooSlow { missed }.into(),
            RecvError::Closed => Error::unavailable("the room is closed"),
        })
    }

    /// The next message, if it was said already.
    pub(crate) fn heard_already(&mut self) -> Result<Option<ChatMessage>, Error> {
        match self.heard.as_mut().map(broadcast::Receiver::try_recv) {
            Some(Ok(message)) => Ok(Some(message)),
            Some(Err(TryRecvError::Lagged(missed))) => Err(TooSlow { missed }.into()),
            Some(Err(TryRecvError::Empty | TryRecvError::Closed)) | None => Ok(None),
        }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        // Under the lock, so that nobody enters a room that is being closed.
        let mut open = self.rooms.open();
        self.heard = None;
        if self.room.said.receiver_count() == 0 {
            open.remove(&self.session_id);
        }
    }
}

/// 64 random bits.
fn random() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().1 ^ uuid::Uuid::new_v4().as_u64_pair().0
}
