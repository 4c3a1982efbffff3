//! Samples of the messages: what the rules allow is taken, and what they forbid is refused with the rule it breaks, over gRPC
//! and over REST.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::time::Duration;

use rsvc::client::RestChannel;
use rsvc::error::{MethodError, StatusExt as _};
use rsvc::sample::Sample;
use rsvc::{Code, Context, Status};
use shop::api::place_order_request::Line;
use shop::api::{
    CreateUserRequest, DeleteUserRequest, GetOrderRequest, GetUserRequest, OrderService, OrderServiceClient,
    OrderServiceRestClient, PlaceOrderRequest, UpdateOrderStatusRequest, UpdateUserRequest, UserService,
    UserServiceClient, UserServiceRestClient,
};
use shop::{Options, Running};

/// How many samples are sent: there are enough of the product for all of them.
const SAMPLES: usize = 20;

async fn shop() -> Running {
    shop::start(Options::default()).await.unwrap()
}

/// Of the staff, who may call everything.
fn ctx(shop: &Running) -> Context {
    let ctx = Context::new().with_timeout(Duration::from_secs(30));
    ctx.with_metadata("authorization", format!("Bearer {}", shop.token())).unwrap()
}

/// The shop knows each address once, and has what is ordered; the rest is as the samples have it.
async fn takes_samples(shop: &Running, users: &impl UserService, orders: &impl OrderService) {
    let baskets: Vec<PlaceOrderRequest> = PlaceOrderRequest::samples().take(SAMPLES).collect();
    let people: Vec<CreateUserRequest> = CreateUserRequest::samples().take(SAMPLES).collect();
    assert_eq!((people.len(), baskets.len()), (SAMPLES, SAMPLES), "there are as many different ones");
    for (n, (person, basket)) in people.into_iter().zip(baskets).enumerate() {
        let person = CreateUserRequest { email: format!("sample-{n}@shop.example"), ..person };
        let user = users.create_user(ctx(shop), person.clone()).await.unwrap();
        assert_eq!(
            (&user.name, user.age, &user.metadata, &user.nickname, &user.preferences),
            (&person.name, person.age, &person.metadata, &person.nickname, &person.preferences)
        );
        let asked = GetUserRequest { user_id: user.id.clone() };
        assert_eq!(users.get_user(ctx(shop), asked).await.unwrap(), user);
        let lines = vec![Line { product_id: "cable".into(), quantity: 1 }];
        let basket =
            PlaceOrderRequest { user_id: user.id.clone(), lines, request_id: String::new(), ..basket };
        let order = orders.place_order(ctx(shop), basket.clone()).await.unwrap();
        assert_eq!(
            (&order.user_id, &order.shipping_address, &order.payment, &order.labels),
            (&user.id, &basket.shipping_address, &basket.payment, &basket.labels)
        );
    }
}

/// Sends each message that breaks one rule. `path` is what goes into the path over REST: where that is empty, there is no
/// path to send the message to. Returns how many were refused.
async fn refused<T: Sample, R: std::fmt::Debug, E: MethodError>(
    call: impl AsyncFn(T) -> Result<R, E>,
    path: impl Fn(&T) -> Option<&str>,
) -> usize {
    let name = std::any::type_name::<T>();
    let mut count = 0;
    for broken in T::invalid_samples(0) {
        let place = format!("{name}: {} breaks {}", broken.field, broken.rule);
        if path(&broken.message) == Some("") {
            servers::left_out(&place, "over REST it has no path");
            continue;
        }
        let status: Status = call(broken.message).await.expect_err(&place).into_status(None);
        assert_eq!(status.code(), Code::InvalidArgument, "{place}: {status}");
        let found = status.get_details_bad_request().expect(&place).field_violations;
        let found: Vec<_> = found.iter().map(|one| (one.field.as_str(), one.reason.as_str())).collect();
        assert_eq!(found, [(broken.field.as_str(), broken.rule)], "{place}");
        count += 1;
    }
    count
}

/// All methods that take one message and a caller can break the rules of; how many messages were refused.
async fn refuses_invalid_samples(
    shop: &Running,
    users: &impl UserService,
    orders: &impl OrderService,
    is_rest: bool,
) -> [usize; 7] {
    macro_rules! refused {
        ($service:ident.$method:ident, $request:ident $(, $path:ident)?) => {{
            let call = async |request: $request| $service.$method(ctx(shop), request).await;
            refused(call, |_request: &$request| {
                let path: Option<&str> = None;
                $(let path = path.or(is_rest.then_some(_request.$path.as_str()));)?
                path
            })
            .await
        }};
    }
    [
        refused!(users.create_user, CreateUserRequest),
        refused!(users.get_user, GetUserRequest, user_id),
        refused!(users.update_user, UpdateUserRequest, user_id),
        refused!(users.delete_user, DeleteUserRequest, user_id),
        refused!(orders.get_order, GetOrderRequest, order_id),
        refused!(orders.place_order, PlaceOrderRequest, user_id),
        refused!(orders.update_order_status, UpdateOrderStatusRequest, order_id),
    ]
}

#[tokio::test]
async fn samples_are_taken_and_invalid_ones_refused_over_grpc() {
    let shop = shop().await;
    let users = UserServiceClient::connect(shop.url()).await.unwrap();
    let orders = OrderServiceClient::connect(shop.url()).await.unwrap();
    takes_samples(&shop, &users, &orders).await;
    let counts = refuses_invalid_samples(&shop, &users, &orders, false).await;
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    shop.stop().await.unwrap();
}

#[tokio::test]
async fn samples_are_taken_and_invalid_ones_refused_over_rest() {
    let shop = shop().await;
    let channel = RestChannel::new(shop.url()).unwrap();
    let users = UserServiceRestClient::new(channel.clone());
    let orders = OrderServiceRestClient::new(channel);
    takes_samples(&shop, &users, &orders).await;
    let counts = refuses_invalid_samples(&shop, &users, &orders, true).await;
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    shop.stop().await.unwrap();
}
