//! New orders.

use std::collections::BTreeMap;

use sqlx::{Any, Transaction};

use super::log::record;
use super::read::find;
use crate::api::{
    Order, OrderStatus, OrderUpdate, OutOfStock, PlaceOrderRequest, ProductNotFound, RequestIdReused,
};
use crate::db::{Db, Turn, encode, json, users};
use crate::error::Error;
use crate::time::now;

const CURRENCY: &str = "EUR";
const DELIVERY_SECONDS: i64 = 3 * 24 * 60 * 60;

impl Db {
    /// Places an order; there is no update if the order was there already.
    pub(crate) async fn place_order(
        &self,
        request: &PlaceOrderRequest,
    ) -> Result<(Order, Option<OrderUpdate>), Error> {
        let mut tx = self.begin(Turn::Orders).await?;
        if let Some(order_id) = placed_before(&mut tx, request).await? {
            return Ok((find(&mut tx, &order_id).await?, None));
        }
        let user = users::find_active(&mut *tx, &request.user_id).await?;
        // As SQL reads them: `[["keyboard", 1], …]`.
        let lines = request.lines.iter().map(|line| (line.product_id.as_str(), line.quantity));
        let lines = json(&lines.collect::<Vec<_>>())?;
        check_stock(&mut tx, &lines).await?;
        let order_id = insert(&mut tx, request, &user.id, &lines).await?;
        let order = find(&mut tx, &order_id).await?;
        let update = record(self, &mut tx, &order, OrderStatus::Unspecified).await?;
        tx.commit().await?;
        Ok((order, Some(update)))
    }
}

/// The order that an earlier request with the same id has placed.
async fn placed_before(
    tx: &mut Transaction<'_, Any>,
    request: &PlaceOrderRequest,
) -> Result<Option<String>, Error> {
    if request.request_id.is_empty() {
        return Ok(None);
    }
    let found: Option<(String, String)> =
        sqlx::query_as("SELECT order_id, user_id FROM orders WHERE request_id = $1")
            .bind(&request.request_id)
            .fetch_optional(&mut **tx)
            .await?;
    match found {
        Some((_, user_id)) if user_id != request.user_id => {
            Err(RequestIdReused { request_id: request.request_id.clone() }.into())
        }
        Some((order_id, _)) => Ok(Some(order_id)),
        None => Ok(None),
    }
}

/// Names the first line that cannot be served.
async fn check_stock(tx: &mut Transaction<'_, Any>, lines: &str) -> Result<(), Error> {
    let short: Option<(String, Option<i64>)> = sqlx::query_as(
        "SELECT line.value ->> 0, product.stock
         FROM json_each($1) AS line LEFT JOIN products AS product ON product.product_id = line.value ->> 0
         WHERE product.stock IS NULL OR product.stock < CAST(line.value ->> 1 AS BIGINT)
         ORDER BY line.key LIMIT 1",
    )
    .bind(lines)
    .fetch_optional(&mut **tx)
    .await?;
    match short {
        Some((product_id, Some(left))) => Err(OutOfStock { product_id, left }.into()),
        Some((product_id, None)) => Err(ProductNotFound { product_id }.into()),
        None => Ok(()),
    }
}

async fn insert(
    tx: &mut Transaction<'_, Any>,
    request: &PlaceOrderRequest,
    user_id: &str,
    lines: &str,
) -> Result<String, Error> {
    let order_id = uuid::Uuid::new_v4().to_string();
    let labels: BTreeMap<_, _> = request.labels.iter().collect();
    let seq: i64 = sqlx::query_scalar(
        "INSERT INTO orders (order_id, request_id, user_id, status, currency_code, total_minor, version, created_at,
                             updated_at, shipping_address, payment, labels, delivery_seconds, note)
         SELECT $1, nullif($2, ''), $3, $4, $5, coalesce(sum(product.price_minor * CAST(line.value ->> 1 AS BIGINT)), 0),
                1, $6, $6, $7, $8, $9, $10, $11
         FROM json_each($12) AS line JOIN products AS product ON product.product_id = line.value ->> 0
         RETURNING seq",
    )
    .bind(&order_id)
    .bind(&request.request_id)
    .bind(user_id)
    .bind(OrderStatus::Pending as i32)
    .bind(CURRENCY)
    .bind(now())
    .bind(encode(request.shipping_address.as_ref()))
    .bind(encode(request.payment.as_ref()))
    .bind(json(&labels)?)
    .bind(DELIVERY_SECONDS)
    .bind(&request.note)
    .bind(lines)
    .fetch_one(&mut **tx)
    .await?;
    sqlx::query(
        "INSERT INTO order_items (order_seq, position, product_id, name, quantity, price_minor, weight_grams)
         SELECT $1, line.key, product.product_id, product.name, CAST(line.value ->> 1 AS BIGINT), product.price_minor,
                product.weight_grams
         FROM json_each($2) AS line JOIN products AS product ON product.product_id = line.value ->> 0",
    )
    .bind(seq)
    .bind(lines)
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "UPDATE products SET stock = stock - item.quantity
         FROM (SELECT product_id, sum(quantity) AS quantity FROM order_items WHERE order_seq = $1 GROUP BY product_id)
              AS item
         WHERE products.product_id = item.product_id",
    )
    .bind(seq)
    .execute(&mut **tx)
    .await?;
    Ok(order_id)
}
