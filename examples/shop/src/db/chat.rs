//! What was said in the rooms of the chat.

use super::news::News;
use super::{Db, Turn, decode, encode};
use crate::api::ChatMessage;
use crate::error::Error;
use crate::time::now;

impl Db {
    /// Keeps a message, and of its room only the last `bound` messages; its place.
    pub(crate) async fn store_message(&self, message: &ChatMessage, bound: u32) -> Result<i64, Error> {
        let mut tx = self.begin(Turn::Room(&message.session_id)).await?;
        let insert =
            "INSERT INTO chat_messages (session_id, sent_at, message) VALUES ($1, $2, $3) RETURNING seq";
        let place = sqlx::query_scalar(insert)
            .bind(&message.session_id)
            .bind(now())
            .bind(encode(Some(message)))
            .fetch_one(&mut *tx)
            .await?;
        sqlx::query(
            "DELETE FROM chat_messages WHERE session_id = $1 AND seq <=
                (SELECT seq FROM chat_messages WHERE session_id = $1 ORDER BY seq DESC LIMIT 1 OFFSET $2)",
        )
        .bind(&message.session_id)
        .bind(i64::from(bound))
        .execute(&mut *tx)
        .await?;
        self.announce(&mut tx, &News::Room(message.session_id.clone())).await?;
        tx.commit().await?;
        Ok(place)
    }

    /// The last messages of a room and their places, the oldest first.
    pub(crate) async fn messages(
        &self,
        session_id: &str,
        limit: u32,
    ) -> Result<Vec<(i64, ChatMessage)>, Error> {
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT seq, message FROM
                (SELECT seq, message FROM chat_messages WHERE session_id = $1 ORDER BY seq DESC LIMIT $2) AS newest
             ORDER BY seq",
        )
        .bind(session_id)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        let message =
            |(seq, row)| Ok(decode("chat_messages.message", Some(row))?.map(|message| (seq, message)));
        rows.into_iter().map(message).filter_map(Result::transpose).collect()
    }
}
