//! What was said in the rooms of the chat.

use super::{Db, decode, encode};
use crate::api::ChatMessage;
use crate::error::Error;
use crate::time::now;

impl Db {
    /// Keeps a message, and of its room only the last `bound` messages.
    pub(crate) async fn store_message(&self, message: &ChatMessage, bound: u32) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        sqlx::query("INSERT INTO chat_messages (session_id, sent_at, message) VALUES (?1, ?2, ?3)")
            .bind(&message.session_id)
            .bind(now())
            .bind(encode(Some(message)))
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "DELETE FROM chat_messages WHERE session_id = ?1 AND seq <=
                (SELECT seq FROM chat_messages WHERE session_id = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)",
        )
        .bind(&message.session_id)
        .bind(bound)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// The last messages of a room, the oldest first.
    pub(crate) async fn messages(&self, session_id: &str, limit: u32) -> Result<Vec<ChatMessage>, Error> {
        let rows: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT message FROM
                (SELECT seq, message FROM chat_messages WHERE session_id = ?1 ORDER BY seq DESC LIMIT ?2)
             ORDER BY seq",
        )
        .bind(session_id)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        let messages = rows.into_iter().map(|row| decode("chat_messages.message", Some(row)));
        messages.filter_map(Result::transpose).collect()
    }
}
