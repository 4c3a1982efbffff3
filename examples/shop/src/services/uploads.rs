//! Takes in files and batches.

use std::sync::Arc;

use rsvc::pb::google::api::HttpBody;
use rsvc::{Context, RequestStream};
use uuid::Uuid;

use super::Orders;
use super::batch::Batch;
use crate::api::upload_file_request::Part;
use crate::api::{
    Chunk, ProcessRequest, ProcessResponse, UploadError, UploadFileRequest, UploadResult, UploadService,
};
use crate::error::Error;
use crate::files::Incoming;
use crate::shop::Shop;

/// Plain forms: what they send are calls, as those of any other client.
const PAGE: &str = include_str!("page.html");

pub(crate) struct Uploads {
    pub(crate) shop: Arc<Shop>,
    pub(crate) orders: Orders,
}

impl UploadService for Uploads {
    async fn upload_chunks(
        &self,
        _: Context,
        mut requests: RequestStream<Chunk>,
    ) -> Result<UploadResult, UploadError> {
        self.told(self.receive(&mut requests).await)
    }

    async fn upload_file(
        &self,
        _: Context,
        mut requests: RequestStream<UploadFileRequest>,
    ) -> Result<UploadResult, UploadError> {
        self.told(self.receive_file(&mut requests).await)
    }

    async fn get_page(&self, _: Context, (): ()) -> Result<HttpBody, UploadError> {
        let content_type = "text/html; charset=utf-8".into();
        Ok(HttpBody { content_type, data: PAGE.into(), extensions: Vec::new() })
    }

    async fn process_batch(
        &self,
        _: Context,
        mut requests: RequestStream<ProcessRequest>,
    ) -> Result<ProcessResponse, UploadError> {
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
        let info = first.info.clone().unwrap_or_default();
        let mut incoming = Incoming::begin(&self.shop, first.upload_id.clone(), info)?;
        incoming.add(first).await?;
        while let Some(chunk) = requests.message().await? {
            incoming.add(chunk).await?;
        }
        Ok(incoming.finish().await?)
    }

    async fn receive_file(
        &self,
        requests: &mut RequestStream<UploadFileRequest>,
    ) -> Result<UploadResult, UploadError> {
        let Some(UploadFileRequest { upload_id, part: Some(Part::Info(info)) }) = requests.message().await?
        else {
            return Err(Error::invalid("info", "a file begins with what is known of it").into());
        };
        let upload_id = if upload_id.is_empty() { Uuid::new_v4().to_string() } else { upload_id };
        if self.shop.db.upload_exists(&upload_id).await? {
            return Err(UploadError::upload_exists(upload_id));
        }
        let mut incoming = Incoming::begin(&self.shop, upload_id, info)?;
        while let Some(request) = requests.message().await? {
            match request.part {
                Some(Part::Content(data)) => incoming.write(&data).await?,
                _ => return Err(Error::invalid("info", "one file at a time").into()),
            }
        }
        Ok(incoming.finish().await?)
    }

    /// What became of a file. If it could not be stored, the shop finds out whether it can store anything.
    fn told(&self, received: Result<UploadResult, UploadError>) -> Result<UploadResult, UploadError> {
        if let Err(UploadError::ShopUnavailable(_)) = received {
            self.shop.doubt.notify_one();
        }
        received
    }
}
