//! Orders as they are.

use std::collections::BTreeMap;

use futures_util::TryStreamExt as _;
use sqlx::{AnyConnection, FromRow};

use crate::api::{Money, Order, OrderItem};
use crate::db::{Db, FromJson, decode, json, unsigned};
use crate::error::Error;
use crate::time::from_micros;

#[derive(FromRow)]
struct Row {
    seq: i64,
    order_id: String,
    user_id: String,
    status: i32,
    currency_code: String,
    total_minor: i64,
    version: i64,
    created_at: i64,
    updated_at: i64,
    shipping_address: Option<Vec<u8>>,
    payment: Option<Vec<u8>>,
    #[sqlx(try_from = "String")]
    labels: FromJson<BTreeMap<String, String>>,
    delivery_seconds: i64,
    note: Option<String>,
}

impl Row {
    /// About how much it takes, in bytes: only labels can be large.
    fn size(&self) -> usize {
        self.labels.0.iter().map(|(key, value)| key.len() + value.len()).sum()
    }
}

#[derive(FromRow)]
struct ItemRow {
    order_seq: i64,
    product_id: String,
    name: String,
    quantity: i32,
    price_minor: i64,
    weight_grams: i64,
}

/// The columns of [`Row`], before what chooses the rows.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT seq, order_id, user_id, status, currency_code, total_minor, version, created_at, updated_at,
                    shipping_address, payment, labels, delivery_seconds, note
             FROM orders ",
            $rest
        )
    };
}

/// The size of a page from which it is not made larger, in bytes.
const PAGE_SIZE: usize = 64 << 10;

/// Some orders of a user, the newest first, and where the next ones begin.
pub(crate) struct Page {
    /// The orders.
    pub(crate) orders: Vec<Order>,
    /// The place of the last one; `None` if there are no more.
    pub(crate) next: Option<i64>,
}

impl Db {
    pub(crate) async fn order(&self, order_id: &str) -> Result<Order, Error> {
        let mut connection = self.pool.acquire().await?;
        find(&mut connection, order_id).await
    }

    /// The place of an order in the user's list.
    pub(crate) async fn order_place(&self, user_id: &str, order_id: &str) -> Result<i64, Error> {
        sqlx::query_scalar("SELECT seq FROM orders WHERE order_id = $1 AND user_id = $2")
            .bind(order_id)
            .bind(user_id)
            .fetch_optional(&self.pool)
            .await?
            .ok_or_else(|| Error::order_not_found(order_id))
    }

    /// At most `limit` orders of a user that are older than `before`, and fewer if they are large; no `statuses` means all.
    pub(crate) async fn orders(
        &self,
        user_id: &str,
        statuses: &[i32],
        before: i64,
        limit: usize,
    ) -> Result<Page, Error> {
        let mut connection = self.pool.acquire().await?;
        let mut found = sqlx::query_as::<_, Row>(select!(
            "WHERE user_id = $1 AND seq < $2
               AND ($3 = '[]' OR status IN (SELECT CAST(value AS BIGINT) FROM json_each($3)))
             ORDER BY seq DESC LIMIT $4"
        ))
        .bind(user_id)
        .bind(before)
        .bind(json(statuses)?)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch(&mut *connection);
        let (mut rows, mut size, mut next) = (Vec::new(), 0, None);
        while let Some(row) = found.try_next().await? {
            size += row.size();
            let seq = row.seq;
            rows.push(row);
            if rows.len() == limit || size > PAGE_SIZE {
                next = Some(seq);
                break;
            }
        }
        drop(found);
        let orders = with_items(&mut connection, rows).await?;
        Ok(Page { orders, next })
    }
}

pub(super) async fn find(db: &mut AnyConnection, order_id: &str) -> Result<Order, Error> {
    let row = sqlx::query_as::<_, Row>(select!("WHERE order_id = $1"))
        .bind(order_id)
        .fetch_optional(&mut *db)
        .await?;
    let row = row.ok_or_else(|| Error::order_not_found(order_id))?;
    let mut orders = with_items(db, vec![row]).await?;
    orders.pop().ok_or_else(|| Error::order_not_found(order_id))
}

/// Brings the items of all the orders in one query.
async fn with_items(db: &mut AnyConnection, rows: Vec<Row>) -> Result<Vec<Order>, Error> {
    let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
    let items = sqlx::query_as::<_, ItemRow>(
        "SELECT order_seq, product_id, name, quantity, price_minor, weight_grams FROM order_items
         WHERE order_seq IN (SELECT CAST(value AS BIGINT) FROM json_each($1))
         ORDER BY order_seq, position",
    )
    .bind(json(&seqs)?)
    .fetch_all(db)
    .await?;
    let mut by_order: BTreeMap<i64, Vec<ItemRow>> = BTreeMap::new();
    for item in items {
        by_order.entry(item.order_seq).or_default().push(item);
    }
    rows.into_iter()
        .map(|row| {
            let items = by_order.remove(&row.seq).unwrap_or_default();
            order(row, items)
        })
        .collect()
}

fn order(row: Row, items: Vec<ItemRow>) -> Result<Order, Error> {
    let money = |minor_units| Some(Money { currency_code: row.currency_code.clone(), minor_units });
    let items = items.into_iter().map(|item| OrderItem {
        product_id: item.product_id,
        name: item.name,
        quantity: item.quantity,
        price: money(item.price_minor),
        weight_grams: unsigned(item.weight_grams),
    });
    Ok(Order {
        items: items.collect(),
        total: money(row.total_minor),
        order_id: row.order_id,
        user_id: row.user_id,
        status: row.status,
        created_at: Some(from_micros(row.created_at).into()),
        updated_at: Some(from_micros(row.updated_at).into()),
        version: unsigned(row.version),
        shipping_address: decode("orders.shipping_address", row.shipping_address)?,
        payment: decode("orders.payment", row.payment)?,
        labels: row.labels.0.into_iter().collect(),
        delivery_estimate: std::time::Duration::from_secs(unsigned(row.delivery_seconds)).try_into().ok(),
        note: row.note,
    })
}
