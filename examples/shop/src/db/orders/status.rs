//! How far an order is.

use super::log::record;
use super::read::find;
use crate::api::{Order, OrderStatus, OrderUpdate, UpdateOrderStatusRequest, WrongTransition};
use crate::db::{Db, Turn, check_version};
use crate::error::Error;
use crate::time::now;

/// Every step that an order can take.
const STEPS: [(OrderStatus, OrderStatus); 5] = [
    (OrderStatus::Pending, OrderStatus::Paid),
    (OrderStatus::Paid, OrderStatus::Shipped),
    (OrderStatus::Shipped, OrderStatus::Delivered),
    (OrderStatus::Pending, OrderStatus::Cancelled),
    (OrderStatus::Paid, OrderStatus::Cancelled),
];

impl Db {
    pub(crate) async fn update_order_status(
        &self,
        request: &UpdateOrderStatusRequest,
    ) -> Result<(Order, OrderUpdate), Error> {
        let mut tx = self.begin(Turn::Orders).await?;
        let before = find(&mut tx, &request.order_id).await?;
        check_version(request.version, before.version)?;
        let (from, to) = (before.status(), request.status());
        if !STEPS.contains(&(from, to)) {
            return Err(WrongTransition { from: from.into(), to: to.into() }.into());
        }
        sqlx::query(
            "UPDATE orders SET status = $2, version = version + 1, updated_at = $3 WHERE order_id = $1",
        )
        .bind(&before.order_id)
        .bind(to as i32)
        .bind(now())
        .execute(&mut *tx)
        .await?;
        if to == OrderStatus::Cancelled {
            sqlx::query(
                "UPDATE products SET stock = stock + item.quantity
                 FROM (SELECT product_id, sum(quantity) AS quantity FROM order_items
                       WHERE order_seq = (SELECT seq FROM orders WHERE order_id = $1) GROUP BY product_id) AS item
                 WHERE products.product_id = item.product_id",
            )
            .bind(&before.order_id)
            .execute(&mut *tx)
            .await?;
        }
        let order = find(&mut tx, &before.order_id).await?;
        let update = record(self, &mut tx, &order, from).await?;
        tx.commit().await?;
        Ok((order, update))
    }
}
