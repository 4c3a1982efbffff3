//! Takes in files and batches.

use std::sync::Arc;

use rsvc::{Context, RequestStream};

use super::Orders;
use super::batch::Batch;
use crate::api::{Chunk, ProcessRequest, ProcessResponse, UploadError, UploadResult, UploadService};
use crate::error::Error;
use crate::files::Incoming;
use crate::shop::Shop;

pub(crate) struct Uploads {
    pub(crate) shop: Arc<Shop>,
    pub(crate) orders: Orders,
}

impl UploadService for Uploads {
    async fn upload_chunks(
        &self,
        ctx: Context,
        mut requests: RequestStream<Chunk>,
    ) -> Result<UploadResult, UploadError> {
        self.shop.greet(&ctx)?;
        let received = self.receive(&mut requests).await;
        if let Err(UploadError::ShopUnavailable(_)) = received {
            self.shop.doubt.notify_one();
        }
        received
    }

    async fn process_batch(
        &self,
        ctx: Context,
        mut requests: RequestStream<ProcessRequest>,
    ) -> Result<ProcessResponse, UploadError> {
        self.shop.greet(&ctx)?;
        let Some(first) = requests.message().await? else {
            return Err(Error::invalid("requests", "a batch needs a request").into());
        };
        let mut batch = Batch::begin(Arc::clone(&self.shop), self.orders.clone(), &first);
        batch.process(first).await?;
        while let Some(request) = requests.message().await? {
            batch.process(request).await?;
        }
        Ok(batch.finish())
    }
}

impl Uploads {
    async fn receive(&self, requests: &mut RequestStream<Chunk>) -> Result<UploadResult, UploadError> {
        let Some(first) = requests.message().await? else {
            return Err(Error::invalid("requests", "an upload needs a chunk").into());
        };
        if self.shop.db.upload_exists(&first.upload_id).await? {
            return Err(UploadError::upload_exists(first.upload_id));
        }
        // Dropped with this future, and then nothing of it stays behind.
        let mut incoming = Incoming::begin(&self.shop, &first)?;
        incoming.add(first).await?;
        while let Some(chunk) = requests.message().await? {
            incoming.add(chunk).await?;
        }
        Ok(incoming.finish().await?)
    }
}
