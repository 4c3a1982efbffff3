//! Calls at an even rate, by the generated clients, and what became of each.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use futures_util::StreamExt as _;
use rsvc::client::RestChannel;
use rsvc::{Channel, Code, Context, MethodInfo, Status};
use shop::api::payment::Method as Pay;
use shop::api::place_order_request::Line;
use shop::api::{
    Address, CreateUserRequest, GetOrdersRequest, GetUserRequest, OrderService as _, OrderServiceClient,
    Payment, PlaceOrderRequest, UpdateUserRequest, UserService as _, UserServiceClient,
    UserServiceRestClient,
};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use uuid::Uuid;

use crate::routes;

pub(crate) const ADA: &str = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001";
/// How long a call may take, with all that is done to bring it to a good end.
const DEADLINE: Duration = Duration::from_secs(15);
/// Calls under way beyond which none are begun: the load has an end, whatever becomes of the shops.
const LIMIT: usize = 2000;

/// The clients of one way to the shops.
#[derive(Clone)]
pub(crate) struct Clients {
    pub(crate) users: UserServiceClient,
    pub(crate) orders: OrderServiceClient,
    pub(crate) rest: UserServiceRestClient,
    /// Users that are changed, in turn.
    users_changed: Arc<Vec<String>>,
    next: Arc<AtomicUsize>,
}

impl Clients {
    pub(crate) fn new(channel: &Channel, rest: RestChannel) -> Self {
        Self {
            users: UserServiceClient::new(channel.clone()),
            orders: OrderServiceClient::new(channel.clone()),
            rest: UserServiceRestClient::new(rest),
            users_changed: Arc::default(),
            next: Arc::default(),
        }
    }

    /// Registers the users that will be changed.
    pub(crate) async fn prepare(mut self) -> Result<Self, Status> {
        let mut users = Vec::new();
        for _ in 0..20 {
            users
                .push(self.users.create_user(Context::new().with_timeout(DEADLINE), create_user()).await?.id);
        }
        self.users_changed = Arc::new(users);
        Ok(self)
    }

    fn user(&self) -> String {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        self.users_changed
            .get(next % self.users_changed.len().max(1))
            .cloned()
            .unwrap_or_else(|| ADA.to_owned())
    }
}

/// What is called, in turn.
#[derive(Clone, Copy, Debug)]
enum Call {
    GetUser,
    GetUserOverRest,
    GetOrders,
    UpdateUser,
    PlaceOrder,
    CreateUserOverRest,
}

const MIX: [Call; 8] = [
    Call::GetUser,
    Call::GetOrders,
    Call::PlaceOrder,
    Call::GetUserOverRest,
    Call::UpdateUser,
    Call::GetUser,
    Call::CreateUserOverRest,
    Call::GetUserOverRest,
];

impl Call {
    fn method(self) -> Result<&'static MethodInfo> {
        routes::method(match self {
            Self::GetUser | Self::GetUserOverRest => "GetUser",
            Self::GetOrders => "GetOrders",
            Self::UpdateUser => "UpdateUser",
            Self::PlaceOrder => "PlaceOrder",
            Self::CreateUserOverRest => "CreateUser",
        })
    }

    async fn send(self, clients: &Clients, ctx: Context, placed: &Placed) -> Result<(), Status> {
        match self {
            Self::GetUser => clients.users.get_user(ctx, get_user()).await.map(drop).map_err(Status::from),
            Self::GetUserOverRest => {
                clients.rest.get_user(ctx, get_user()).await.map(drop).map_err(Status::from)
            }
            Self::GetOrders => {
                let request = GetOrdersRequest { user_id: ADA.into(), limit: 5, ..Default::default() };
                let mut orders = clients.orders.get_orders(ctx, request).await?;
                while let Some(order) = orders.next().await {
                    order?;
                }
                Ok(())
            }
            Self::UpdateUser => {
                let request =
                    UpdateUserRequest { user_id: clients.user(), age: Some(85), ..Default::default() };
                clients.users.update_user(ctx, request).await.map(drop).map_err(Status::from)
            }
            Self::PlaceOrder => {
                let order = clients.orders.place_order(ctx, place_order()).await?;
                placed.lock().insert(order.order_id);
                Ok(())
            }
            Self::CreateUserOverRest => {
                clients.rest.create_user(ctx, create_user()).await.map(drop).map_err(Status::from)
            }
        }
    }
}

fn get_user() -> GetUserRequest {
    GetUserRequest { user_id: ADA.into() }
}

fn create_user() -> CreateUserRequest {
    let email = format!("{}@shop.example", Uuid::new_v4());
    CreateUserRequest { name: "Somebody".into(), email, ..Default::default() }
}

fn place_order() -> PlaceOrderRequest {
    PlaceOrderRequest {
        user_id: ADA.into(),
        lines: vec![Line { product_id: "cable".into(), quantity: 1 }],
        shipping_address: Some(Address {
            lines: vec!["12 St James Square".into()],
            city: "London".into(),
            country_code: "GB".into(),
            ..Default::default()
        }),
        payment: Some(Payment { method: Some(Pay::Points(true)) }),
        ..Default::default()
    }
}

/// The orders that a shop has confirmed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Placed(Arc<Mutex<BTreeSet<String>>>);

impl Placed {
    pub(crate) fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of a call.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) method: &'static MethodInfo,
    /// When it was due, since the load began.
    pub(crate) begun: Duration,
    /// How long it took from then, with all retries.
    pub(crate) took: Duration,
    pub(crate) failed: Option<(Code, String)>,
    /// The shop that answered.
    pub(crate) instance: Option<String>,
}

impl Sample {
    pub(crate) fn is_idempotent(&self) -> bool {
        routes::is_idempotent(self.method)
    }
}

/// The load, and what became of it so far.
#[derive(Clone)]
pub(crate) struct Load {
    begun: Instant,
    pub(crate) placed: Placed,
    samples: Arc<Mutex<Vec<Sample>>>,
    under_way: Arc<AtomicUsize>,
}

impl Load {
    pub(crate) fn new() -> Self {
        Self {
            begun: Instant::now(),
            placed: Placed::default(),
            samples: Arc::default(),
            under_way: Arc::default(),
        }
    }

    /// Since the load began.
    pub(crate) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    pub(crate) fn samples(&self) -> MutexGuard<'_, Vec<Sample>> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls until `end`, at so many a second whatever becomes of them, and returns when all have ended.
    pub(crate) async fn run(&self, clients: Clients, rate: u32, end: impl Future<Output = ()>) -> Result<()> {
        let mut ticks = interval(Duration::from_secs(1) / rate.max(1));
        // What is late is begun late, but counted from when it was due.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut calls = JoinSet::new();
        let mut end = std::pin::pin!(end);
        for call in MIX.into_iter().cycle() {
            let due = tokio::select! {
                () = &mut end => break,
                due = ticks.tick() => due,
            };
            sleep_until(due).await;
            while calls.try_join_next().is_some() {}
            if self.under_way.load(Ordering::Relaxed) < LIMIT {
                let (load, clients, method) = (self.clone(), clients.clone(), call.method()?);
                self.under_way.fetch_add(1, Ordering::Relaxed);
                calls.spawn(async move { load.one(&clients, call, method, due).await });
            }
        }
        while calls.join_next().await.is_some() {}
        Ok(())
    }

    async fn one(&self, clients: &Clients, call: Call, method: &'static MethodInfo, due: Instant) {
        let ctx = Context::new().with_timeout(DEADLINE);
        let result = call.send(clients, ctx.clone(), &self.placed).await;
        let took = due.elapsed();
        let headers = ctx.response_headers();
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let failed = result.err().map(|status| (status.code(), status.message().to_owned()));
        let begun = due.saturating_duration_since(self.begun);
        let sample = Sample { method, begun, took, failed, instance: header("x-instance") };
        self.samples().push(sample);
        self.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}
