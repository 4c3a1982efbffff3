//! All methods of the four services, called by the generated clients against a shop that runs in this process.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::time::Duration;

use futures_util::StreamExt;
use rsvc::error::MethodError;
use rsvc::{Code, Context, RequestStream};
use shop::api::payment::Method;
use shop::api::place_order_request::Line;
use shop::api::request_data::Kind;
use shop::api::response::Result as Outcome;
use shop::api::{
    ChatError, ChatMessage, ChatService, ChatServiceClient, Chunk, ChunkOutOfOrder, CreateUserRequest,
    DeleteUserRequest, GetOrderRequest, GetOrdersRequest, GetUserRequest, MetricType, MonitorRequest,
    OrderError, OrderService, OrderServiceClient, OrderStatus, Payment, PlaceOrderRequest, ProcessRequest,
    RequestData, StaleVersion, StreamOrderUpdatesRequest, UpdateOrderStatusRequest, UpdateUserRequest,
    UploadError, UploadService, UploadServiceClient, UserError, UserService, UserServiceClient,
    UserServiceServer,
};
use shop::{Limits, Options, Running};
use tempfile::TempDir;

const ADA: &str = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001";
const GRACE: &str = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a002";
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

async fn shop(limits: Limits) -> Running {
    shop::start(Options { limits, ..Options::default() }).await.unwrap()
}

async fn shop_at(data: &TempDir) -> Running {
    shop::start(Options { data: Some(data.path().into()), ..Options::default() }).await.unwrap()
}

async fn users(shop: &Running) -> UserServiceClient {
    UserServiceClient::connect(shop.url()).await.unwrap()
}

async fn orders(shop: &Running) -> OrderServiceClient {
    OrderServiceClient::connect(shop.url()).await.unwrap()
}

async fn uploads(shop: &Running) -> UploadServiceClient {
    UploadServiceClient::connect(shop.url()).await.unwrap()
}

async fn chats(shop: &Running) -> ChatServiceClient {
    ChatServiceClient::connect(shop.url()).await.unwrap()
}

fn ctx() -> Context {
    Context::new().with_timeout(Duration::from_secs(30))
}

fn staff(shop: &Running) -> Context {
    ctx().with_metadata("authorization", format!("Bearer {}", shop.token())).unwrap()
}

fn code<T: std::fmt::Debug>(result: Result<T, impl MethodError>) -> Code {
    result.unwrap_err().into_status(None).code()
}

fn registration(name: &str) -> CreateUserRequest {
    CreateUserRequest { name: name.into(), email: format!("{name}@shop.example"), ..Default::default() }
}

fn order(user_id: &str, product_id: &str, quantity: i32) -> PlaceOrderRequest {
    PlaceOrderRequest {
        user_id: user_id.into(),
        lines: vec![Line { product_id: product_id.into(), quantity }],
        shipping_address: Some(shop::api::Address {
            lines: vec!["1 Main St".into()],
            city: "Arlington".into(),
            country_code: "US".into(),
            ..Default::default()
        }),
        payment: Some(Payment { method: Some(Method::Points(true)) }),
        ..Default::default()
    }
}

fn chunk(upload_id: &str, sequence: i32, data: &[u8]) -> Chunk {
    Chunk { upload_id: upload_id.into(), sequence, data: data.into(), ..Default::default() }
}

fn message(session_id: &str, user_id: &str, text: &str) -> ChatMessage {
    ChatMessage {
        session_id: session_id.into(),
        user_id: user_id.into(),
        message: text.into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn the_life_of_a_user() {
    let shop = shop(Limits::default()).await;
    let users = users(&shop).await;
    let user = users.create_user(ctx(), registration("edith")).await.unwrap();
    let user_id = user.id.clone();
    assert_eq!(users.get_user(ctx(), GetUserRequest { user_id: user_id.clone() }).await.unwrap(), user);
    let request = UpdateUserRequest { user_id: user_id.clone(), age: Some(41), ..Default::default() };
    let changed = users.update_user(ctx(), request).await.unwrap();
    assert_eq!((changed.age, changed.name.as_str(), changed.version), (41, "edith", 2));
    let request = DeleteUserRequest { user_id: user_id.clone(), version: Some(2) };
    assert_eq!(code(users.delete_user(ctx(), request.clone()).await), Code::Unauthenticated);
    users.delete_user(staff(&shop), request).await.unwrap();
    let gone = users.get_user(ctx(), GetUserRequest { user_id: user_id.clone() }).await.unwrap_err();
    assert!(matches!(gone, UserError::UserNotFound(payload) if payload.user_id == user_id));
    shop.stop().await.unwrap();
}

#[tokio::test]
async fn no_change_of_a_user_is_lost() {
    let shop = shop(Limits::default()).await;
    let users = users(&shop).await;
    let change = async |tag: &str, age| {
        let ctx = ctx().with_metadata("if-match", tag).unwrap();
        let request = UpdateUserRequest { user_id: GRACE.into(), age: Some(age), ..Default::default() };
        users.update_user(ctx, request).await
    };
    assert_eq!(change("\"1\"", 41).await.unwrap().version, 2);
    assert_eq!(code(change("\"1\"", 42).await), Code::FailedPrecondition);
    assert_eq!(change("\"2\"", 42).await.unwrap().age, 42);
    shop.stop().await.unwrap();
}

#[tokio::test]
async fn the_life_of_an_order() {
    let shop = shop(Limits::default()).await;
    let orders = orders(&shop).await;
    let watch = StreamOrderUpdatesRequest { user_id: GRACE.into(), ..Default::default() };
    let mut updates = orders.stream_order_updates(ctx(), watch).await.unwrap();
    orders.place_order(ctx(), order(ADA, "mouse", 1)).await.unwrap();
    let placed = orders.place_order(ctx(), order(GRACE, "mouse", 2)).await.unwrap();
    assert_eq!(placed.total.as_ref().unwrap().minor_units, 2 * 2499);
    let order_id = placed.order_id.clone();
    assert_eq!(
        orders.get_order(ctx(), GetOrderRequest { order_id: order_id.clone() }).await.unwrap(),
        placed
    );
    let pay = UpdateOrderStatusRequest { order_id, status: OrderStatus::Paid.into(), version: Some(1) };
    assert_eq!(code(orders.update_order_status(ctx(), pay.clone()).await), Code::Unauthenticated);
    let paid = orders.update_order_status(staff(&shop), pay.clone()).await.unwrap();
    assert_eq!((paid.status(), paid.version), (OrderStatus::Paid, 2));
    let stale = orders.update_order_status(staff(&shop), pay).await.unwrap_err();
    assert!(matches!(stale, OrderError::StaleVersion(StaleVersion { expected: 1, actual: 2 })), "{stale:?}");
    for (previous, status) in
        [(OrderStatus::Unspecified, OrderStatus::Pending), (OrderStatus::Pending, OrderStatus::Paid)]
    {
        let update = updates.message().await.unwrap().unwrap();
        assert_eq!(
            (update.order_id.as_str(), update.previous_status(), update.status()),
            (placed.order_id.as_str(), previous, status)
        );
    }
    let request = GetOrdersRequest { user_id: GRACE.into(), limit: 1, ..Default::default() };
    let mut listed = orders.get_orders(ctx(), request).await.unwrap();
    assert_eq!(listed.message().await.unwrap(), Some(paid));
    assert_eq!(listed.message().await.unwrap(), None);
    drop(updates);
    shop.stop().await.unwrap();
}

#[tokio::test]
async fn who_reads_updates_too_late_reads_them_from_the_log() {
    let shop = shop(Limits { backlog: 2, ..Limits::default() }).await;
    let orders = orders(&shop).await;
    let mut updates = orders.stream_order_updates(ctx(), StreamOrderUpdatesRequest::default()).await.unwrap();
    // Written at once, so that the stream, of which two may wait, has to fall behind.
    let placing = (0..200).map(|_| orders.place_order(ctx(), order(ADA, "cable", 1)));
    let placed = futures_util::future::join_all(placing).await;
    assert!(placed.iter().all(Result::is_ok));
    for sequence in 8..208 {
        assert_eq!(updates.message().await.unwrap().unwrap().sequence, sequence);
    }
    drop(updates);
    shop.stop().await.unwrap();
}

#[tokio::test]
async fn an_upload_is_stored_whole_or_not_at_all() {
    let data = TempDir::new().unwrap();
    let shop = shop_at(&data).await;
    let uploads = uploads(&shop).await;
    let chunks = RequestStream::from_iter([chunk("u", 0, b"ab"), chunk("u", 1, b"c")]);
    let result = uploads.upload_chunks(ctx(), chunks).await.unwrap();
    assert_eq!((result.size, result.chunk_count), (3, 2));
    let stored = data.path().join("files").join(&result.file_id);
    assert_eq!(std::fs::read(stored).unwrap(), b"abc");
    let count = |directory: &str| std::fs::read_dir(data.path().join(directory)).unwrap().count();
    let gap = RequestStream::from_iter([chunk("v", 0, b"ab"), chunk("v", 2, b"c")]);
    let error = uploads.upload_chunks(ctx(), gap).await.unwrap_err();
    let expected = ChunkOutOfOrder { expected: 1, got: 2 };
    assert!(matches!(&error, UploadError::ChunkOutOfOrder(payload) if *payload == expected), "{error:?}");

    let (sender, chunks) = RequestStream::channel(1);
    let call = tokio::spawn({
        let uploads = uploads.clone();
        async move { uploads.upload_chunks(ctx(), chunks).await }
    });
    sender.send(chunk("w", 0, b"ab")).await.unwrap();
    until(|| count("partial") == 1).await;
    call.abort();
    until(|| count("partial") == 0).await;
    assert_eq!(count("files"), 1);
    shop.stop().await.unwrap();
}

/// Waits for what follows from a call without being its answer.
async fn until(condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.unwrap();
}

#[tokio::test]
async fn uploads_and_batches_have_limits() {
    let shop = shop(Limits { upload_bytes: 10, batch_requests: 2, ..Limits::default() }).await;
    let uploads = uploads(&shop).await;
    let chunks = |size| RequestStream::from_iter([chunk("u", 0, &[0; 5]), chunk("u", 1, &vec![0; size])]);
    assert_eq!(code(uploads.upload_chunks(ctx(), chunks(6)).await), Code::ResourceExhausted);
    assert_eq!(uploads.upload_chunks(ctx(), chunks(5)).await.unwrap().size, 10);
    let requests = |count| {
        RequestStream::from_iter((0..count).map(|_| ProcessRequest {
            process_id: "b".into(),
            data: Some(RequestData { kind: Some(Kind::Ping(())) }),
        }))
    };
    assert_eq!(code(uploads.process_batch(ctx(), requests(3)).await), Code::ResourceExhausted);
    assert_eq!(uploads.process_batch(ctx(), requests(2)).await.unwrap().processed_count, 2);
    shop.stop().await.unwrap();
}

#[tokio::test]
async fn a_batch_goes_on_after_what_fails() {
    let shop = shop(Limits::default()).await;
    let kinds = [
        Kind::CreateUser(registration("one")),
        Kind::CreateUser(registration("one")),
        Kind::PlaceOrder(order(ADA, "nothing", 1)),
        Kind::PlaceOrder(order(ADA, "cable", 1)),
    ];
    let requests = kinds
        .map(|kind| ProcessRequest { process_id: "b".into(), data: Some(RequestData { kind: Some(kind) }) });
    let response =
        uploads(&shop).await.process_batch(ctx(), RequestStream::from_iter(requests)).await.unwrap();
    assert_eq!(response.processed_count, 2);
    let errors: Vec<_> = response.errors.iter().map(|error| (error.index, Code::from(error.code))).collect();
    assert_eq!(errors, [(1, Code::AlreadyExists), (2, Code::NotFound)]);
    assert!(matches!(response.responses[3].result, Some(Outcome::Order(_))));
    shop.stop().await.unwrap();
}

#[tokio::test]
async fn people_talk() {
    let shop = shop(Limits::default()).await;
    let chats = chats(&shop).await;
    let (ada, requests) = RequestStream::channel(8);
    let mut heard_by_ada = chats.chat(ctx(), requests).await.unwrap();
    ada.send(message("room", ADA, "hello")).await.unwrap();
    assert_eq!(heard_by_ada.message().await.unwrap().unwrap().message, "hello");
    let grace = RequestStream::from_iter([message("room", GRACE, "hi"), message("room", GRACE, "bye")]);
    let heard: Vec<_> = chats.chat(ctx(), grace).await.unwrap().map(Result::unwrap).collect().await;
    let heard: Vec<_> =
        heard.iter().map(|message| (message.message.as_str(), message.from_history)).collect();
    assert_eq!(heard, [("hello", true), ("hi", false), ("bye", false)]);
    assert_eq!(heard_by_ada.message().await.unwrap().unwrap().message, "hi");
    ada.send(message("other", ADA, "?")).await.unwrap();
    assert_eq!(heard_by_ada.message().await.unwrap().unwrap().message, "bye");
    assert_eq!(code(heard_by_ada.message().await), Code::InvalidArgument);
    shop.stop().await.unwrap();
}

#[tokio::test]
async fn who_does_not_listen_is_out() {
    let shop = shop(Limits { backlog: 4, ..Limits::default() }).await;
    let chats = chats(&shop).await;
    let (grace, requests) = RequestStream::channel(1);
    grace.send(message("room", GRACE, "")).await.unwrap();
    let mut deaf = chats.chat(ctx(), requests).await.unwrap();
    grace.send(message("room", GRACE, "ready")).await.unwrap();
    assert_eq!(deaf.message().await.unwrap().unwrap().message, "ready");
    // More than fits into the windows of the connection.
    let text = "x".repeat(4096);
    let messages = RequestStream::from_iter((0..800).map(move |_| message("room", ADA, &text)));
    let speaker = ChatServiceClient::connect(shop.url()).await.unwrap();
    let heard = speaker.chat(ctx(), messages).await.unwrap().map(Result::unwrap).count().await;
    assert_eq!(heard, 801);
    let mut received = 0;
    let error = loop {
        match deaf.message().await {
            Ok(message) => received += i32::from(message.is_some()),
            Err(error) => break error,
        }
    };
    assert!(matches!(&error, ChatError::TooSlow(payload) if payload.missed > 0), "{error:?}");
    assert!(received < 800, "{received}");
    drop(grace);
    shop.stop().await.unwrap();
}

#[tokio::test]
async fn rooms_close_when_the_last_one_leaves() {
    let shop = shop(Limits { rooms: 1, ..Limits::default() }).await;
    let chats = chats(&shop).await;
    let enter = async |room: &str| {
        let (sender, requests) = RequestStream::channel(1);
        let mut heard = chats.chat(ctx(), requests).await.unwrap();
        sender.send(message(room, ADA, "here")).await.unwrap();
        heard.message().await.map(|_| (sender, heard))
    };
    let (sender, mut heard) = enter("one").await.unwrap();
    assert_eq!(code(enter("two").await), Code::ResourceExhausted);
    // By the end of what there is to say …
    drop(sender);
    assert_eq!(heard.message().await.unwrap(), None);
    let (sender, heard) = enter("two").await.unwrap();
    assert_eq!(code(enter("one").await), Code::ResourceExhausted);
    // … and by a cancelled call, of which the shop hears a little later.
    drop((heard, sender));
    let wait = async { while enter("one").await.is_err() {} };
    tokio::time::timeout(Duration::from_secs(20), wait).await.unwrap();
    shop.stop().await.unwrap();
}

#[tokio::test]
async fn the_shop_is_measured() {
    let shop = shop(Limits::default()).await;
    let request = |service_id: &str, metric: MetricType| MonitorRequest {
        service_id: service_id.into(),
        metric: metric.into(),
        interval: None,
    };
    let requests = RequestStream::from_iter([
        request("shop.v1.ChatService", MetricType::Requests),
        request("nothing", MetricType::Unspecified),
    ]);
    let mut answers = chats(&shop).await.monitor(ctx(), requests).await.unwrap();
    let answer = answers.message().await.unwrap().unwrap();
    assert_eq!((answer.request_count, answer.cpu_usage, answer.memory_usage), (Some(1), None, None));
    assert_eq!(answer.request_count_by_method["Monitor"], 1);
    assert_eq!(code(answers.message().await), Code::NotFound);
    shop.stop().await.unwrap();
}

#[tokio::test]
async fn metadata_comes_back() {
    let shop = shop(Limits::default()).await;
    let users = users(&shop).await;
    for (user_id, found) in [(ADA, true), (NOBODY, false)] {
        let ctx = ctx().with_metadata("x-request-id", "7").unwrap();
        let ctx = ctx.with_metadata("x-client-context-bin", b"\x00\xff").unwrap();
        let answer = users.get_user(ctx.clone(), GetUserRequest { user_id: user_id.into() }).await;
        assert_eq!(answer.is_ok(), found);
        let (headers, trailers) = (ctx.response_headers(), ctx.response_trailers());
        let id = headers.get("x-request-id").or(trailers.get("x-request-id"));
        assert_eq!(id.unwrap(), "7", "{user_id}");
        assert_eq!(trailers.get_bin("x-client-context-bin").unwrap().to_bytes().unwrap(), b"\x00\xff"[..]);
    }
    shop.stop().await.unwrap();
}

#[tokio::test]
async fn a_client_is_a_service_and_so_a_gateway() {
    let shop = shop(Limits::default()).await;
    let gateway = rsvc::Server::new()
        .add(UserServiceServer::new(users(&shop).await))
        // This test calls none of the methods that need a caller.
        .authenticated_by_layers()
        .bind("127.0.0.1:0")
        .await
        .unwrap();
    let url = format!("http://{}", gateway.local_addr());
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(gateway.serve_with_shutdown(async { ended.await.unwrap_or_default() }));
    let users = UserServiceClient::connect(url).await.unwrap();
    let ada = users.get_user(ctx(), GetUserRequest { user_id: ADA.into() }).await.unwrap();
    assert_eq!(ada.name, "Ada Lovelace");
    let error = users.get_user(ctx(), GetUserRequest { user_id: NOBODY.into() }).await.unwrap_err();
    assert_eq!((error.code(), error.to_string()), (Code::NotFound, format!("no user {NOBODY:?}")));
    assert!(matches!(error, UserError::UserNotFound(payload) if payload.user_id == NOBODY));
    drop(end);
    serving.await.unwrap().unwrap();
    shop.stop().await.unwrap();
}

#[tokio::test]
async fn live_streams_do_not_hold_up_the_end() {
    let shop = shop(Limits::default()).await;
    let mut updates =
        orders(&shop).await.stream_order_updates(ctx(), StreamOrderUpdatesRequest::default()).await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), shop.stop()).await.unwrap().unwrap();
    assert_eq!(code(updates.message().await), Code::Unavailable);
}
