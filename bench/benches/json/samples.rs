//! The messages that are measured.

use super::pb::{Address, LineItem, Numbers, Order, OrderStatus, Point, Small, Strings, order};

/// Numbers without a pattern, the same in every run.
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 ^ self.0 >> 29
    }
}

pub(crate) fn order() -> Order {
    let address = |street: &str| Address {
        street: street.into(),
        house_number: "17b".into(),
        city: "København".into(),
        postal_code: "1050".into(),
        country: "DK".into(),
    };
    let items = (0..9).map(|i| LineItem {
        sku: format!("SKU-{:05}-{}", i * 7919, ["RED", "BLUE", "GREEN"][i % 3]),
        title: format!("Wooden toy number {i}, handmade, \"limited\" edition"),
        quantity: 1 + i as i32 % 4,
        unit_price: 9.95 + i as f64 * 13.37,
        weight_grams: 120 + 35 * i as u32,
        in_stock: i % 4 != 0,
    });
    Order {
        order_id: "ord_01HZX5K7M3Q9VB2T4N8C6D0EFG".into(),
        customer_name: "Ada Lovelace".into(),
        customer_email: "ada.lovelace@analytical.example".into(),
        status: OrderStatus::Paid.into(),
        created_at_millis: 1_732_272_000_123,
        shipping_address: Some(address("Kongens Nytorv")),
        billing_address: Some(address("Store Kongensgade")),
        items: items.collect(),
        total_amount: 571.35,
        currency: "DKK".into(),
        gift: true,
        note: Some("Please ring twice.\nThe dog is friendly.".into()),
        tags: ["priority", "returning-customer", "newsletter"].map(Into::into).to_vec(),
        payment: Some(order::Payment::CardToken("tok_1N3T00LkdIwHu7ixt44h1F8k".into())),
    }
}

pub(crate) fn small() -> Small {
    let point = |i: i32| Point {
        x: i * 3,
        y: 1000 - i,
        visible: i % 2 == 0,
        layer: i as u32 % 7,
        group: i % 5,
        locked: i % 3 == 0,
    };
    Small { points: (0..100).map(point).collect() }
}

pub(crate) fn numbers() -> Numbers {
    let mut random = Sequence(1);
    Numbers {
        doubles: (0..100).map(|_| (random.next() >> 12) as f64 / 1e9).collect(),
        integers: (0..100).map(|_| random.next() as i32).collect(),
        longs: (0..100).map(|_| random.next() as i64).collect(),
    }
}

pub(crate) fn strings() -> Strings {
    let text = "The quick brown fox jumps over the lazy dog. ";
    Strings {
        lines: (0..50).map(|i| format!("line {i}: {}", text.repeat(1 + i % 3))).collect(),
        text: format!("{}\n\"quoted\" and größer, 日本語\t", text.repeat(40)),
    }
}
