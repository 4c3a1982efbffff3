//! Talks in both directions.

use std::sync::Arc;

use rsvc::{Context, RequestStream, ResponseStream, Sender};

use super::monitor::monitor;
use crate::api::{ChatError, ChatMessage, ChatService, MonitorRequest, MonitorResponse};
use crate::error::Error;
use crate::live::stream_of;
use crate::rooms::Presence;
use crate::shop::Shop;

pub(crate) struct Chats {
    pub(crate) shop: Arc<Shop>,
}

impl ChatService for Chats {
    async fn chat(
        &self,
        ctx: Context,
        requests: RequestStream<ChatMessage>,
    ) -> Result<ResponseStream<ChatMessage, ChatError>, ChatError> {
        let shop = Arc::clone(&self.shop);
        Ok(stream_of(&ctx, |out| chat(shop, requests, out)))
    }

    async fn monitor(
        &self,
        ctx: Context,
        requests: RequestStream<MonitorRequest>,
    ) -> Result<ResponseStream<MonitorResponse, ChatError>, ChatError> {
        let shop = Arc::clone(&self.shop);
        Ok(stream_of(&ctx, |out| monitor(shop, requests, out)))
    }
}

async fn chat(
    shop: Arc<Shop>,
    mut requests: RequestStream<ChatMessage>,
    out: Sender<ChatMessage, ChatError>,
) -> Result<(), ChatError> {
    let Some(first) = requests.message().await? else { return Ok(()) };
    let (session_id, user_id) = (first.session_id.clone(), first.user_id.clone());
    shop.db.active_user(&user_id).await?;
    let (mut presence, history) = shop.rooms.join(&session_id).await?;
    for message in history {
        out.send(message).await?;
    }
    say(&presence, first).await?;
    loop {
        tokio::select! {
            // Hearing comes first: whoever talks without end must not fall behind by that.
            biased;
            heard = presence.hear() => out.send(heard?).await?,
            request = requests.message() => match request? {
                Some(message) if (&message.session_id, &message.user_id) != (&session_id, &user_id) => {
                    let problem = "a call speaks for one user in one room";
                    return Err(Error::invalid("session_id, user_id", problem).into());
                }
                Some(message) => say(&presence, message).await?,
                None => break,
            },
        }
    }
    while let Some(message) = presence.heard_already()? {
        out.send(message).await?;
    }
    Ok(())
}

async fn say(presence: &Presence, message: ChatMessage) -> Result<(), Error> {
    if message.message.is_empty() { Ok(()) } else { presence.say(message).await }
}
