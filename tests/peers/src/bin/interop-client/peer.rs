//! The server that the cases are run against, and how to speak to it.

use std::sync::Arc;

use anyhow::Context as _;
use futures_util::TryStreamExt;
use peers::api::{StreamingOutputCallRequest, StreamingOutputCallResponse, TestService, TestServiceClient};
use rsvc::client::{self, Builder, Compression, HttpVersion};
use rsvc::{Channel, Context, RequestStream, Status};

use crate::cases::NotApplicable;
use crate::{Args, Codec, Http, Protocol};

/// A server, and the settings of channels to it.
#[derive(Clone)]
pub(crate) struct Peer {
    args: Arc<Args>,
    target: String,
}

/// How a channel compresses what it sends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Requests {
    Plain,
    Compressed,
}

impl Peer {
    pub(crate) fn new(args: Args) -> anyhow::Result<Self> {
        let target = args.target.clone().context("no --target")?;
        Ok(Self { args: Arc::new(args), target })
    }

    /// The same server, reached elsewhere.
    pub(crate) fn at(&self, target: String) -> Self {
        Self { target, ..self.clone() }
    }

    pub(crate) fn args(&self) -> &Args {
        &self.args
    }

    /// Whether both sides of a call can stream at once: HTTP/1.1 does not have that, whatever the protocol.
    pub(crate) fn has_duplex(&self) -> bool {
        self.args.http == Http::Two
    }

    /// Ends a case whose streams go in both directions where there are none.
    pub(crate) fn need_duplex(&self) -> anyhow::Result<()> {
        if self.has_duplex() {
            return Ok(());
        }
        Err(NotApplicable::new("a stream in both directions needs HTTP/2").into())
    }

    /// The responses to one request, by a stream in both directions where there are any.
    pub(crate) async fn outputs(
        &self,
        ctx: Context,
        request: StreamingOutputCallRequest,
    ) -> anyhow::Result<Result<Vec<StreamingOutputCallResponse>, Status>> {
        let service = self.service().await?;
        let responses = if self.has_duplex() {
            service.full_duplex_call(ctx, RequestStream::from_iter([request])).await
        } else {
            service.streaming_output_call(ctx, request).await
        };
        Ok(match responses {
            Ok(responses) => responses.try_collect().await,
            Err(status) => Err(status),
        })
    }

    /// The host and port of the server.
    pub(crate) fn authority(&self) -> anyhow::Result<&str> {
        self.target.strip_prefix("http://").with_context(|| format!("{} is not an http URL", self.target))
    }

    /// A service on a channel of its own.
    pub(crate) async fn service(&self) -> anyhow::Result<TestServiceClient> {
        self.service_sending(Requests::Plain).await
    }

    /// A service on a channel of its own that compresses requests or not.
    pub(crate) async fn service_sending(&self, requests: Requests) -> anyhow::Result<TestServiceClient> {
        Ok(TestServiceClient::new(self.builder(requests).connect().await?))
    }

    /// A channel of its own.
    pub(crate) async fn channel(&self) -> anyhow::Result<Channel> {
        Ok(self.builder(Requests::Plain).connect().await?)
    }

    /// A service that calls with `GET` where the protocol has that.
    pub(crate) async fn service_with_get(&self) -> anyhow::Result<TestServiceClient> {
        Ok(TestServiceClient::new(self.builder(Requests::Plain).use_get(true).connect().await?))
    }

    /// Every setting of a channel is here.
    fn builder(&self, requests: Requests) -> Builder {
        let builder = Channel::builder(&self.target)
            .protocol(match self.args.protocol {
                Protocol::Grpc => client::Protocol::Grpc,
                Protocol::GrpcWeb => client::Protocol::GrpcWeb,
                Protocol::Connect => client::Protocol::Connect,
            })
            .codec(match self.args.codec {
                Codec::Proto => client::Codec::Protobuf,
                Codec::Json => client::Codec::Json,
            })
            .http_version(match self.args.http {
                Http::One => HttpVersion::Http1,
                Http::Two => HttpVersion::Http2,
            });
        builder
            .accept_compression([Compression::Gzip])
            .send_compression((requests == Requests::Compressed).then_some(Compression::Gzip))
    }
}
