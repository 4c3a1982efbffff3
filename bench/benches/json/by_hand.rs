//! The same messages as a Rust programmer writes them for `serde_json`.
#![allow(clippy::struct_field_names, clippy::trivially_copy_pass_by_ref)] // names of the proto, signatures of serde

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Order {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) order_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    customer_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    customer_email: String,
    status: OrderStatus,
    #[serde(with = "quoted")]
    created_at_millis: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_address: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_address: Option<Address>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    items: Vec<LineItem>,
    total_amount: f64,
    #[serde(skip_serializing_if = "String::is_empty")]
    currency: String,
    #[serde(skip_serializing_if = "is_false")]
    gift: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice_number: Option<String>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
enum OrderStatus {
    #[default]
    #[serde(rename = "ORDER_STATUS_UNSPECIFIED")]
    Unspecified,
    #[serde(rename = "ORDER_STATUS_OPEN")]
    Open,
    #[serde(rename = "ORDER_STATUS_PAID")]
    Paid,
    #[serde(rename = "ORDER_STATUS_SHIPPED")]
    Shipped,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Address {
    #[serde(skip_serializing_if = "String::is_empty")]
    street: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    house_number: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    city: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    postal_code: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    country: String,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LineItem {
    #[serde(skip_serializing_if = "String::is_empty")]
    sku: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(skip_serializing_if = "is_zero")]
    quantity: i32,
    unit_price: f64,
    #[serde(skip_serializing_if = "is_zero")]
    weight_grams: u32,
    #[serde(skip_serializing_if = "is_false")]
    in_stock: bool,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Small {
    points: Vec<Point>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct Point {
    #[serde(skip_serializing_if = "is_zero")]
    x: i32,
    #[serde(skip_serializing_if = "is_zero")]
    y: i32,
    #[serde(skip_serializing_if = "is_false")]
    visible: bool,
    #[serde(skip_serializing_if = "is_zero")]
    layer: u32,
    #[serde(skip_serializing_if = "is_zero")]
    group: i32,
    #[serde(skip_serializing_if = "is_false")]
    locked: bool,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Numbers {
    doubles: Vec<f64>,
    integers: Vec<i32>,
    longs: Vec<Long>,
}

#[derive(Serialize, Deserialize)]
struct Long(#[serde(with = "quoted")] i64);

#[derive(Serialize, Deserialize)]
pub(crate) struct Strings {
    lines: Vec<String>,
    text: String,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde calls it so
fn is_false(value: &bool) -> bool {
    !value
}

fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// 64-bit integers as strings, as ProtoJSON has them.
mod quoted {
    use serde::de::Error as _;

    use super::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}
