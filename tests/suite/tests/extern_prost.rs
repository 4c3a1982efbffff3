//! Messages of a crate that prost generated, in messages, calls and errors of ours: JSON, REST and all protocols.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

use std::collections::HashMap;

use goldens::extern_prost::mine::v1 as mine;
use goldens::third::{Money, Stamp, Tree, money, tree};

use mine::{Order, OrderError, Orders, OrdersClient, OrdersRestClient, OrdersServer, order};
use rsvc::client::{Codec, Protocol};
use rsvc::prost_types::{Any, Timestamp};
use rsvc::{Channel, Code, Context, RequestStream, ResponseStream, Server, Validate as _, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn money(units: i64) -> Money {
    Money { currency_code: "EUR".into(), units, kind: money::Kind::Card as i32 }
}

fn leaf(name: &str) -> Tree {
    Tree { name: name.into(), value: Some(tree::Value::Text("t".into())), ..Tree::default() }
}

/// Everything that a field can be.
fn order() -> Order {
    let tree = Tree {
        name: "root".into(),
        children: vec![leaf("a"), leaf("b")],
        prices: HashMap::from([("x".into(), money(1)), ("y".into(), Money::default())]),
        at: Some(Timestamp { seconds: 1, nanos: 0 }),
        size: Some(0),
        kinds: vec![1, 0, 7],
        data: vec![0, 255],
        weight: -0.5,
        value: Some(tree::Value::Money(money(2))),
    };
    Order {
        total: Some(money(3)),
        parts: vec![money(4), Money::default()],
        trees: HashMap::from([(-1, tree), (2, Tree::default())]),
        one: 1,
        maybe: Some(0),
        many: vec![2, 9],
        by_name: HashMap::from([("k".into(), 2)]),
        id: "o".into(),
        at: Some(Stamp { seconds: 1, nanos: 500_000_000 }),
        times: vec![Stamp::default()],
        pay: Some(order::Pay::Cash(money(5))),
    }
}

const TEXT: &str = concat!(
    r#"{"total":{"currencyCode":"EUR","units":"3","kind":"CARD"},"#,
    r#""parts":[{"currencyCode":"EUR","units":"4","kind":"CARD"},{}],"#,
    r#""trees":{"-1":{"name":"root","children":[{"name":"a","text":"t"},{"name":"b","text":"t"}],"#,
    r#""prices":{"x":{"currencyCode":"EUR","units":"1","kind":"CARD"},"y":{}},"at":"1970-01-01T00:00:01Z","#,
    r#""size":"0","kinds":["CASH","KIND_UNSPECIFIED",7],"data":"AP8=","weight":-0.5,"#,
    r#""money":{"currencyCode":"EUR","units":"2","kind":"CARD"}},"2":{}},"#,
    r#""cash":{"currencyCode":"EUR","units":"5","kind":"CARD"},"#,
    r#""one":"CASH","maybe":"KIND_UNSPECIFIED","many":["CARD",9],"byName":{"k":"CARD"},"id":"o","#,
    r#""at":"1970-01-01T00:00:01.500Z","times":["1970-01-01T00:00:00Z"]}"#,
);

#[test]
fn json_both_ways() {
    assert_eq!(json::to_string(&order()).unwrap(), TEXT);
    assert_eq!(json::from_str::<Order>(TEXT).unwrap(), order());
    // Each member of the oneof.
    for pay in [order::Pay::Tree(leaf("p")), order::Pay::Kind(2), order::Pay::Cash(Money::default())] {
        let order = Order { pay: Some(pay), ..Order::default() };
        let text = json::to_string(&order).unwrap();
        assert_eq!(json::from_str::<Order>(&text).unwrap(), order, "{text}");
    }
    // Names of the `.proto`, and what is read merges with what is there.
    let mut order = Order { total: Some(money(1)), ..Order::default() };
    json::merge(&mut order, br#"{"total":{"currency_code":"USD"},"parts":[{"units":1}]}"#).unwrap();
    json::merge(&mut order, br#"{"cash":{"units":7}}"#).unwrap();
    assert_eq!(order.total.unwrap(), Money { currency_code: "USD".into(), ..money(1) });
    assert_eq!((order.parts.len(), order.parts[0].units), (1, 1));
    assert!(matches!(order.pay, Some(order::Pay::Cash(Money { units: 7, .. }))));
}

#[test]
fn json_of_required_ones() {
    let old = mine::Old { money: money(1), kind: None, tree: Some(Box::default()) };
    let text = r#"{"money":{"currencyCode":"EUR","units":"1","kind":"CARD"},"tree":{}}"#;
    assert_eq!(json::to_string(&old).unwrap(), text);
    assert_eq!(json::from_str::<mine::Old>(text).unwrap(), old);
    let error = json::from_str::<mine::Old>("{}").unwrap_err();
    assert!(error.message().contains("money"), "{error}");
    assert_eq!(old.kind(), money::Kind::Card);
}

#[test]
fn what_is_wrong_in_them_has_its_place() {
    for (text, message, path) in [
        (r#"{"total":{"units":"x"}}"#, "\"x\" is not an int64", "total.units"),
        (r#"{"parts":[{},{"no":1}]}"#, "third.v1.Money has no field \"no\"", "parts[1]"),
        (
            r#"{"trees":{"1":{"children":[{"at":"no"}]}}}"#,
            "\"no\" is not an RFC 3339",
            "trees.1.children[0].at",
        ),
        (r#"{"at":"yesterday"}"#, "\"yesterday\" is not an RFC 3339", "at"),
        (r#"{"one":"NONE"}"#, "third.v1.Money.Kind has no value \"NONE\"", "one"),
    ] {
        let error = json::from_str::<Order>(text).unwrap_err();
        assert!(error.message().starts_with(message), "{text}: {error}");
        assert_eq!(error.path(), path, "{text}");
    }
    // As deep as messages may be, and no deeper.
    let nested = |levels: usize| {
        let tree = format!("{}{}", "{\"children\":[".repeat(levels), "]}".repeat(levels));
        json::from_str::<Order>(&format!("{{\"tree\":{tree}}}"))
    };
    assert!(nested(90).is_ok());
    assert!(nested(10_000).is_err());
}

#[test]
fn an_any_of_them_has_json() {
    let value = rsvc::prost::Message::encode_to_vec(&money(1));
    let any = Any { type_url: "type.googleapis.com/third.v1.Money".into(), value };
    let text = json::to_string(&any).unwrap();
    assert_eq!(
        text,
        r#"{"@type":"type.googleapis.com/third.v1.Money","currencyCode":"EUR","units":"1","kind":"CARD"}"#
    );
    assert_eq!(json::from_str::<Any>(&text).unwrap(), any);
}

#[test]
fn rules_of_ours_hold_for_them() {
    assert!(order().validate().is_ok());
    let violations = |order: Order| order.validate().unwrap_err().to_string();
    let missing = violations(Order { total: None, ..order() });
    assert!(missing.starts_with("total: "), "{missing}");
    let unpaid = violations(Order { total: Some(money(0)), ..order() });
    assert!(unpaid.starts_with("total: must be paid"), "{unpaid}");
    let many = violations(Order { parts: vec![money(1); 4], ..order() });
    assert!(many.starts_with("parts: "), "{many}");
    let unknown = violations(Order { one: 5, ..order() });
    assert!(unknown.starts_with("one: "), "{unknown}");
}

/// Answers with what it gets.
struct Echo;

impl Orders for Echo {
    async fn price(&self, _: Context, request: Order) -> Result<Money, OrderError> {
        request.total.ok_or_else(|| OrderError::from(money(0)))
    }

    async fn pay(&self, _: Context, request: Money) -> Result<Order, OrderError> {
        if request.units > 100 {
            return Err(OrderError::too_much(request));
        }
        Ok(Order { total: Some(request), one: 1, ..Order::default() })
    }

    async fn same(&self, _: Context, request: Tree) -> Result<Tree, OrderError> {
        Ok(request)
    }

    async fn sum(&self, _: Context, mut requests: RequestStream<Money>) -> Result<Money, OrderError> {
        let mut sum = 0;
        while let Some(money) = requests.message().await? {
            sum += money.units;
        }
        Ok(money(sum))
    }

    async fn split(
        &self,
        _: Context,
        request: Money,
    ) -> Result<ResponseStream<Money, OrderError>, OrderError> {
        Ok(ResponseStream::from_iter((0..request.units).map(money)))
    }

    async fn exchange(
        &self,
        _: Context,
        mut requests: RequestStream<Money>,
    ) -> Result<ResponseStream<Money, OrderError>, OrderError> {
        let (sender, stream) = ResponseStream::channel(1);
        tokio::spawn(async move {
            while let Ok(Some(request)) = requests.message().await {
                if sender.send(money(request.units + 1)).await.is_err() {
                    return;
                }
            }
        });
        Ok(stream)
    }

    async fn orders(
        &self,
        ctx: Context,
        requests: RequestStream<Order>,
    ) -> Result<ResponseStream<Money, OrderError>, OrderError> {
        let totals = RequestStream::new(futures_util::StreamExt::map(requests, |order| {
            order.map(|order| order.total.unwrap_or_default())
        }));
        self.exchange(ctx, totals).await
    }
}

async fn units(mut stream: ResponseStream<Money, OrderError>) -> Vec<i64> {
    let mut units = Vec::new();
    while let Some(money) = stream.message().await.unwrap() {
        units.push(money.units);
    }
    units
}

/// All that a client can do, whatever its protocol.
async fn unary_calls(client: &impl Orders) {
    let ctx = Context::new;
    assert_eq!(client.price(ctx(), order()).await.unwrap(), money(3));
    assert_eq!(client.pay(ctx(), money(9)).await.unwrap().total.unwrap(), money(9));
    let tree = order().trees.remove(&-1).unwrap();
    assert_eq!(client.same(ctx(), tree.clone()).await.unwrap(), tree);
    let error = client.pay(ctx(), money(101)).await.unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), (Code::OutOfRange, "101 EUR is too much"));
    assert!(matches!(error, OrderError::TooMuch(payload) if payload == money(101)));
    assert_eq!(units(client.split(ctx(), money(3)).await.unwrap()).await, [0, 1, 2]);
}

async fn streaming_calls(client: &impl Orders) {
    let ctx = Context::new;
    let requests = || RequestStream::from_iter([money(1), money(2)]);
    assert_eq!(client.sum(ctx(), requests()).await.unwrap().units, 3);
    assert_eq!(units(client.exchange(ctx(), requests()).await.unwrap()).await, [2, 3]);
    let orders = RequestStream::from_iter([order()]);
    assert_eq!(units(client.orders(ctx(), orders).await.unwrap()).await, [4]);
}

#[tokio::test]
async fn calls_over_every_protocol() {
    let server = Server::new().add(OrdersServer::new(Echo)).bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", server.local_addr());
    let serving = tokio::spawn(server.serve());
    for (protocol, codec) in [
        (Protocol::Grpc, Codec::Protobuf),
        (Protocol::Grpc, Codec::Json),
        (Protocol::Connect, Codec::Protobuf),
        (Protocol::Connect, Codec::Json),
    ] {
        let channel = Channel::builder(&*endpoint).protocol(protocol).codec(codec);
        let client = OrdersClient::new(channel.connect().await.unwrap());
        unary_calls(&client).await;
        streaming_calls(&client).await;
    }
    let channel = rsvc::client::RestChannel::new(&*endpoint).unwrap();
    unary_calls(&OrdersRestClient::new(channel)).await;

    // As anyone calls it.
    let address = endpoint.strip_prefix("http://").unwrap();
    for (request, answer) in [
        ("GET /v1/pay/EUR?units=7&kind=CARD", r#"{"currencyCode":"EUR","units":"7","kind":"CARD"}"#),
        (
            "GET /v1/orders/o/price?total.units=4&total.currency_code=EUR&one=CASH",
            r#"{"currencyCode":"EUR","units":"4"}"#,
        ),
        ("GET /v1/pay/EUR?units=x", r#""message":"query parameter `units`: \"x\" is not an int64""#),
    ] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let head = format!("{request} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        assert!(text.contains(answer), "{request}: {text}");
    }
    serving.abort();
}
