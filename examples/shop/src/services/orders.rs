//! What users buy, and how it gets to them.

use std::sync::Arc;

use futures_util::stream::{self, TryStreamExt};
use rsvc::error::MethodError as _;
use rsvc::{Context, ResponseStream, Sender};
use tokio::sync::broadcast::{self, error::RecvError};

use crate::api::{
    GetOrderRequest, GetOrdersRequest, GetUserRequest, Order, OrderError, OrderService, OrderUpdate,
    PlaceOrderRequest, StreamOrderUpdatesRequest, UpdateOrderStatusRequest, UserError, UserService,
    UserServiceClient,
};
use crate::db::orders::{Filter, Page};
use crate::error::Error;
use crate::live::{stream_of, to_the_end};
use crate::shop::Shop;

/// Orders that are in memory at the same time, for one stream.
const PAGE: usize = 64;
const DEFAULT_LIMIT: usize = 100;

#[derive(Clone)]
pub(crate) struct Orders {
    pub(crate) shop: Arc<Shop>,
    /// The service of users, in this process or in another one.
    pub(crate) users: UserServiceClient,
}

impl OrderService for Orders {
    async fn get_order(&self, _: Context, request: GetOrderRequest) -> Result<Order, OrderError> {
        Ok(self.shop.db.order(&request.order_id).await?)
    }

    async fn get_orders(
        &self,
        ctx: Context,
        request: GetOrdersRequest,
    ) -> Result<ResponseStream<Order, OrderError>, OrderError> {
        let db = &self.shop.db;
        self.check_user(&ctx, &request.user_id).await?;
        let before = match request.after_order_id.as_str() {
            "" => i64::MAX,
            order_id => db.order_place(&request.user_id, order_id).await?,
        };
        let limit = match usize::try_from(request.limit) {
            Ok(limit) if limit > 0 => limit,
            _ => DEFAULT_LIMIT,
        };
        let pages = stream::try_unfold(
            (db.clone(), request, Some(before), limit),
            |(db, request, before, left)| async move {
                let Some(before) = before.filter(|_| left > 0) else { return Ok(None) };
                let Page { orders, next } =
                    db.orders(&request.user_id, &request.statuses, before, left.min(PAGE)).await?;
                let left = left - orders.len();
                Ok::<_, OrderError>(Some((orders, (db, request, next, left))))
            },
        );
        Ok(ResponseStream::new(pages.map_ok(|orders| stream::iter(orders.into_iter().map(Ok))).try_flatten()))
    }

    async fn stream_order_updates(
        &self,
        ctx: Context,
        request: StreamOrderUpdatesRequest,
    ) -> Result<ResponseStream<OrderUpdate, OrderError>, OrderError> {
        let db = &self.shop.db;
        if !request.user_id.is_empty() {
            self.check_user(&ctx, &request.user_id).await?;
        }
        if !request.order_id.is_empty() {
            db.order(&request.order_id).await?;
        }
        // Listening comes before the look at the log, so that nothing falls in between.
        let news = self.shop.updates.subscribe();
        let newest = db.newest_update().await?;
        let after = match request.after_sequence {
            Some(asked) if asked > newest => return Err(OrderError::sequence_ahead(asked, newest)),
            Some(asked) => asked,
            None => newest,
        };
        let watch = Watch {
            shop: Arc::clone(&self.shop),
            filter: Filter { user_id: request.user_id, order_id: request.order_id },
            news,
            behind: after < newest,
            last: after,
        };
        Ok(stream_of(&ctx, |out| watch.run(out)))
    }

    async fn place_order(&self, _: Context, request: PlaceOrderRequest) -> Result<Order, OrderError> {
        Ok(self.place(request).await?)
    }

    async fn update_order_status(
        &self,
        _: Context,
        request: UpdateOrderStatusRequest,
    ) -> Result<Order, OrderError> {
        let shop = Arc::clone(&self.shop);
        let updated = to_the_end(async move {
            let _turn = shop.order_turn.lock().await;
            let (order, update) = shop.db.update_order_status(&request).await?;
            shop.publish(update);
            Ok(order)
        });
        Ok(updated.await?)
    }
}

impl Orders {
    /// Asks the service of users. `child` passes on what is left of the time, and the trace; when the caller leaves, this call
    /// ends as well, wherever it is.
    async fn check_user(&self, ctx: &Context, user_id: &str) -> Result<(), OrderError> {
        let request = GetUserRequest { user_id: user_id.to_owned() };
        match self.users.get_user(ctx.child(), request).await {
            Ok(_) => Ok(()),
            Err(UserError::UserNotFound(payload)) => Err(payload.into()),
            Err(UserError::ShopUnavailable(payload)) => Err(payload.into()),
            Err(other) => Err(other.into_status(None).into()),
        }
    }

    /// Places an order. It is told to those who watch, whatever happens to the caller.
    pub(super) async fn place(&self, request: PlaceOrderRequest) -> Result<Order, Error> {
        let shop = Arc::clone(&self.shop);
        to_the_end(async move {
            let _turn = shop.order_turn.lock().await;
            let (order, update) = shop.db.place_order(&request).await?;
            if let Some(update) = update {
                shop.publish(update);
            }
            Ok(order)
        })
        .await
    }
}

/// One caller of `StreamOrderUpdates`.
struct Watch {
    shop: Arc<Shop>,
    filter: Filter,
    news: broadcast::Receiver<OrderUpdate>,
    /// Whether there is more in the log than this caller has heard of.
    behind: bool,
    /// The last sequence that this caller has heard of.
    last: u64,
}

impl Watch {
    /// Tells what happens, from memory while the caller keeps up and from the
    /// log when it does not: a slow caller costs no memory and loses nothing.
    async fn run(mut self, out: Sender<OrderUpdate, OrderError>) -> Result<(), OrderError> {
        loop {
            while self.behind {
                let page = self.shop.db.updates_after(self.last, &self.filter, PAGE).await?;
                self.behind = page.len() == PAGE;
                for update in page {
                    self.tell(&out, update).await?;
                }
            }
            match self.news.recv().await {
                Ok(update) if update.sequence > self.last && self.filter.matches(&update) => {
                    self.tell(&out, update).await?;
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => self.behind = true,
                Err(RecvError::Closed) => return Ok(()),
            }
        }
    }

    async fn tell(
        &mut self,
        out: &Sender<OrderUpdate, OrderError>,
        update: OrderUpdate,
    ) -> Result<(), OrderError> {
        self.last = update.sequence;
        Ok(out.send(update).await?)
    }
}
