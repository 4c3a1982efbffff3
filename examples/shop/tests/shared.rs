//! Two shops on one database: a caller of one hears of what happens in the other.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::time::Duration;

use futures_util::StreamExt;
use rsvc::{Context, RequestStream};
use servers::Postgres;
use shop::api::payment::Method;
use shop::api::place_order_request::Line;
use shop::api::{
    Address, ChatMessage, ChatService, ChatServiceClient, OrderService, OrderServiceClient, Payment,
    PlaceOrderRequest, StreamOrderUpdatesRequest,
};
use shop::{Options, Running};

const ADA: &str = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001";
const GRACE: &str = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a002";

fn ctx() -> Context {
    Context::new().with_timeout(Duration::from_mins(1))
}

/// Two shops on a database of their own; `None` where there is no PostgreSQL.
async fn two(name: &str) -> Option<[Running; 2]> {
    let server = Postgres::shared("two shops on PostgreSQL")?;
    let url = server.database(name).unwrap();
    let options = || Options { database: Some(url.parse().unwrap()), ..Options::default() };
    Some([shop::start(options()).await.unwrap(), shop::start(options()).await.unwrap()])
}

#[tokio::test]
async fn orders_of_one_shop_are_watched_in_the_other() {
    let Some(shops) = two("watched").await else { return };
    let [buying, watching] = [&shops[0], &shops[1]].map(Running::url);
    let buying = OrderServiceClient::connect(buying).await.unwrap();
    let watching = OrderServiceClient::connect(watching).await.unwrap();
    let request = StreamOrderUpdatesRequest { user_id: ADA.into(), ..Default::default() };
    let mut updates = watching.stream_order_updates(ctx(), request).await.unwrap();
    let mut placed = Vec::new();
    for client in [&buying, &watching, &buying] {
        for user_id in [GRACE, ADA] {
            let lines = vec![Line { product_id: "cable".into(), quantity: 1 }];
            let shipping_address = Some(Address {
                lines: vec!["12 St James Square".into()],
                city: "London".into(),
                country_code: "GB".into(),
                ..Default::default()
            });
            let payment = Some(Payment { method: Some(Method::Points(true)) });
            let request = PlaceOrderRequest {
                user_id: user_id.into(),
                lines,
                shipping_address,
                payment,
                ..Default::default()
            };
            let order = client.place_order(ctx(), request).await.unwrap();
            placed.extend((user_id == ADA).then_some(order.order_id));
        }
    }
    let mut heard = Vec::new();
    while heard.len() < placed.len() {
        heard.push(updates.next().await.unwrap().unwrap().order_id);
    }
    assert_eq!(heard, placed);
    for shop in shops {
        shop.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_room_is_one_room_in_all_shops() {
    let Some(shops) = two("room").await else { return };
    let say = |user_id: &str, message: &str| ChatMessage {
        session_id: "lobby".into(),
        user_id: user_id.into(),
        message: message.into(),
        ..Default::default()
    };
    let mut members = Vec::new();
    for (shop, user_id) in shops.iter().zip([ADA, GRACE]) {
        let client = ChatServiceClient::connect(shop.url()).await.unwrap();
        let (requests, sent) = tokio::sync::mpsc::channel(8);
        requests.send(say(user_id, "hello")).await.unwrap();
        let sent = futures_util::stream::unfold(sent, |mut sent| async { Some((sent.recv().await?, sent)) });
        let heard = client.chat(ctx(), RequestStream::new(sent.map(Ok))).await.unwrap();
        members.push((requests, heard.boxed()));
        // In the room, before somebody else comes.
        let (_, heard) = members.last_mut().unwrap();
        while heard.next().await.unwrap().unwrap().user_id != user_id {}
    }
    for number in 0..10 {
        let user_id = [ADA, GRACE][number % 2];
        members[number % 2].0.send(say(user_id, &number.to_string())).await.unwrap();
    }
    let mut all = Vec::new();
    for (_, heard) in &mut members {
        let mut messages = Vec::new();
        while messages.len() < 10 {
            let message = heard.next().await.unwrap().unwrap();
            messages.extend((message.message != "hello").then_some(message.message_id));
        }
        all.push(messages);
    }
    assert_eq!(all[0], all[1], "the same messages in the same order");
    drop(members);
    for shop in shops {
        shop.stop().await.unwrap();
    }
}
