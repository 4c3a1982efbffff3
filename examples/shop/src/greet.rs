//! What happens to every call.

use std::sync::Arc;

use rsvc::Status;
use rsvc::interceptor::{Call, Interceptor, Next, Reply};
use rsvc::metadata::MetadataValue;

use crate::metrics::Metrics;

const REQUEST_ID: &str = "x-request-id";
const INSTANCE: &str = "x-instance";
const CLIENT_CONTEXT: &str = "x-client-context-bin";

/// Counts each call and gives its marks back, so that a caller can match answers to questions.
pub(crate) struct Greet {
    pub(crate) metrics: Arc<Metrics>,
    /// The name of this shop among several.
    pub(crate) instance: Option<String>,
}

impl Interceptor for Greet {
    async fn intercept(&self, call: Call, next: Next<'_>) -> Result<Reply, Status> {
        self.metrics.count(call.method());
        let ctx = call.context();
        if let Some(name) = &self.instance {
            ctx.set_header(INSTANCE, name)?;
        }
        if let Some(id) = ctx.metadata_str(REQUEST_ID) {
            ctx.set_header(REQUEST_ID, id)?;
        }
        if let Some(Ok(context)) = ctx.metadata().get_bin(CLIENT_CONTEXT).map(MetadataValue::to_bytes) {
            ctx.set_trailer(CLIENT_CONTEXT, context)?;
        }
        next.run(call).await
    }
}
