//! A shop whose users are in another process: what is left of the time of a call, its trace and its end get there.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::future::pending;
use std::time::Duration;

use rsvc::{Code, Context, Server, Status};
use shop::api::{
    CreateUserRequest, DeleteUserRequest, GetOrdersRequest, GetUserRequest, OrderError, OrderService,
    OrderServiceClient, Preferences, UpdatePreferencesRequest, UpdateUserRequest, User, UserError,
    UserNotFound, UserService, UserServiceServer,
};
use shop::{Options, Running};
use tokio::sync::mpsc;
use tokio::time::timeout;

const ADA: &str = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001";
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
/// Whoever asks for this one waits.
const SLOW: &str = "00000000-0000-4000-8000-000000000001";
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

#[derive(Debug)]
enum Event {
    Asked { left: Option<Duration>, trace: Option<String>, secret: bool },
    Over,
}

/// Says what it is asked, and when its call is over.
struct Users(mpsc::UnboundedSender<Event>);

struct Guard(mpsc::UnboundedSender<Event>);

impl Drop for Guard {
    fn drop(&mut self) {
        // Fails when the test is over.
        let _ = self.0.send(Event::Over);
    }
}

impl UserService for Users {
    async fn get_user(&self, ctx: Context, request: GetUserRequest) -> Result<User, UserError> {
        let _ = self.0.send(Event::Asked {
            left: ctx.remaining(),
            trace: ctx.metadata_str("traceparent").map(str::to_owned),
            secret: ctx.metadata_str("authorization").is_some(),
        });
        let _guard = Guard(self.0.clone());
        match &*request.user_id {
            NOBODY => Err(UserNotFound { user_id: request.user_id }.into()),
            SLOW => pending().await,
            _ => Ok(User { id: request.user_id, ..User::default() }),
        }
    }

    async fn create_user(&self, _: Context, _: CreateUserRequest) -> Result<User, UserError> {
        Err(Status::unimplemented("not here").into())
    }

    async fn update_user(&self, _: Context, _: UpdateUserRequest) -> Result<User, UserError> {
        Err(Status::unimplemented("not here").into())
    }

    async fn update_preferences(
        &self,
        _: Context,
        _: UpdatePreferencesRequest,
    ) -> Result<Preferences, UserError> {
        Err(Status::unimplemented("not here").into())
    }

    async fn delete_user(&self, _: Context, _: DeleteUserRequest) -> Result<(), UserError> {
        Err(Status::unimplemented("not here").into())
    }
}

/// A shop, its orders, and what its users are asked.
async fn shop() -> (Running, OrderServiceClient, mpsc::UnboundedReceiver<Event>) {
    let (say, events) = mpsc::unbounded_channel();
    let users = Server::new().authenticated_by_layers().add(UserServiceServer::new(Users(say)));
    let users = users.bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", users.local_addr());
    tokio::spawn(async move { users.serve_with_shutdown(pending()).await });
    let shop = shop::start(Options { users: Some(endpoint), ..Options::default() }).await.unwrap();
    let orders = OrderServiceClient::connect(shop.url()).await.unwrap();
    (shop, orders, events)
}

fn of(user_id: &str) -> GetOrdersRequest {
    GetOrdersRequest { user_id: user_id.into(), ..GetOrdersRequest::default() }
}

async fn next(events: &mut mpsc::UnboundedReceiver<Event>) -> Event {
    timeout(LONG, events.recv()).await.expect("something happens").unwrap()
}

#[tokio::test]
async fn the_time_and_the_trace_of_a_call_arrive() {
    let (shop, orders, mut events) = shop().await;
    let ctx = Context::new().with_timeout(Duration::from_secs(1000));
    let ctx = ctx.with_metadata("traceparent", TRACE).unwrap().with_metadata("authorization", "no").unwrap();
    orders.get_orders(ctx, of(ADA)).await.unwrap().message().await.unwrap();
    let Event::Asked { left, trace, secret } = next(&mut events).await else { panic!("it was not asked") };
    // The method of the other service has 10 seconds, and no call gets more by being passed on.
    assert!(left.unwrap() <= Duration::from_secs(10), "{left:?}");
    assert!(trace.unwrap().contains("4bf92f3577b34da6a3ce929d0e0e4736"));
    assert!(!secret, "what the caller shows is for the shop alone");
    assert!(matches!(next(&mut events).await, Event::Over));

    let error = orders.get_orders(Context::new(), of(NOBODY)).await.unwrap_err();
    assert!(matches!(error, OrderError::UserNotFound(payload) if payload.user_id == NOBODY));
    shop.stop().await.unwrap();
}

#[tokio::test]
async fn a_deadline_and_a_caller_that_leaves_end_the_call_there() {
    let (shop, orders, mut events) = shop().await;
    let soon = Context::new().with_timeout(Duration::from_millis(300));
    let error = orders.get_orders(soon, of(SLOW)).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    let Event::Asked { left, .. } = next(&mut events).await else { panic!("it was not asked") };
    assert!(left.unwrap() <= Duration::from_millis(300), "{left:?}");
    assert!(matches!(next(&mut events).await, Event::Over));

    let caller = orders.clone();
    let call = tokio::spawn(async move { caller.get_orders(Context::new(), of(SLOW)).await.map(drop) });
    assert!(matches!(next(&mut events).await, Event::Asked { .. }));
    call.abort();
    assert!(matches!(next(&mut events).await, Event::Over));
    shop.stop().await.unwrap();
}
