//! The log of changes, which live updates are served from.

use sqlx::{Any, FromRow, Transaction};

use crate::api::{Order, OrderStatus, OrderUpdate};
use crate::db::news::News;
use crate::db::{Db, unsigned};
use crate::error::Error;
use crate::time::{from_micros, now};

/// Which changes a caller wants to hear of; what is empty does not matter.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    /// Only orders of this user.
    pub(crate) user_id: String,
    /// Only this order.
    pub(crate) order_id: String,
}

impl Filter {
    pub(crate) fn matches(&self, update: &OrderUpdate) -> bool {
        let matches = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
        matches(&self.user_id, &update.user_id) && matches(&self.order_id, &update.order_id)
    }
}

#[derive(FromRow)]
struct Row {
    sequence: i64,
    order_id: String,
    user_id: String,
    previous_status: i32,
    status: i32,
    version: i64,
    occurred_at: i64,
    revenue_delta_minor: i64,
}

impl From<Row> for OrderUpdate {
    fn from(row: Row) -> Self {
        Self {
            sequence: unsigned(row.sequence),
            order_id: row.order_id,
            user_id: row.user_id,
            previous_status: row.previous_status,
            status: row.status,
            version: unsigned(row.version),
            occurred_at: Some(from_micros(row.occurred_at).into()),
            revenue_delta_minor_units: row.revenue_delta_minor,
        }
    }
}

impl Db {
    /// The newest sequence; 0 if nothing ever happened.
    pub(crate) async fn newest_update(&self) -> Result<u64, Error> {
        let newest: Option<i64> =
            sqlx::query_scalar("SELECT max(sequence) FROM order_updates").fetch_one(&self.pool).await?;
        Ok(newest.map(unsigned).unwrap_or_default())
    }

    /// At most `limit` changes after `sequence`, the oldest first.
    pub(crate) async fn updates_after(
        &self,
        sequence: u64,
        filter: &Filter,
        limit: usize,
    ) -> Result<Vec<OrderUpdate>, Error> {
        let rows = sqlx::query_as::<_, Row>(
            "SELECT sequence, order_id, user_id, previous_status, status, version, occurred_at, revenue_delta_minor
             FROM order_updates
             WHERE sequence > $1 AND ($2 = '' OR user_id = $2) AND ($3 = '' OR order_id = $3)
             ORDER BY sequence LIMIT $4",
        )
        .bind(i64::try_from(sequence).unwrap_or(i64::MAX))
        .bind(&filter.user_id)
        .bind(&filter.order_id)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(OrderUpdate::from).collect())
    }
}

/// Writes down that `order` has become what it is.
pub(super) async fn record(
    db: &Db,
    tx: &mut Transaction<'_, Any>,
    order: &Order,
    previous_status: OrderStatus,
) -> Result<OrderUpdate, Error> {
    let total = order.total.as_ref().map(|total| total.minor_units).unwrap_or_default();
    let revenue_delta = match (previous_status, order.status()) {
        (_, OrderStatus::Paid) => total,
        (OrderStatus::Paid, OrderStatus::Cancelled) => -total,
        _ => 0,
    };
    let row = sqlx::query_as::<_, Row>(
        "INSERT INTO order_updates
            (order_id, user_id, previous_status, status, version, occurred_at, revenue_delta_minor)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         RETURNING sequence, order_id, user_id, previous_status, status, version, occurred_at, revenue_delta_minor",
    )
    .bind(&order.order_id)
    .bind(&order.user_id)
    .bind(previous_status as i32)
    .bind(order.status)
    .bind(i64::try_from(order.version).unwrap_or(i64::MAX))
    .bind(now())
    .bind(revenue_delta)
    .fetch_one(&mut **tx)
    .await?;
    db.announce(tx, &News::Orders).await?;
    Ok(row.into())
}
