//! A service by hand, in the shape that the generator gives it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use rsvc::json::{Field, Json, MessageInfo, Reader, Writer};
use rsvc::{
    Access, Channel, Context, MethodInfo, MethodKind, RequestStream, ResponseStream, ServiceInfo, Status,
};

const _: () = rsvc::codegen::assert_abi(3);

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Text {
    #[prost(string, tag = "1")]
    pub(crate) text: String,
    #[prost(int32, tag = "2")]
    pub(crate) number: i32,
}

impl rsvc::Validate for Text {
    fn check(&self, out: &mut rsvc::validate::Sink) {
        if self.number == -666 {
            out.add(2, "int32.not_in", "must not be in list [-666]");
        }
        // One for each that it is below.
        for _ in self.number..-1000 {
            out.add(2, "int32.gte", "must be greater than or equal to -1000");
        }
    }
}

impl Json for Text {
    fn info() -> &'static MessageInfo {
        static FIELDS: [Field; 2] = [Field::string(",\"text\":", 1), Field::int32(",\"number\":", 2)];
        static INFO: MessageInfo = MessageInfo::new::<Text>("demo.v1.Text", &FIELDS);
        &INFO
    }

    fn write_json(&self, writer: &mut Writer) {
        let object = writer.open();
        writer.string(Self::info().field(0), &self.text);
        writer.int32(Self::info().field(1), self.number);
        writer.close(object);
    }

    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), rsvc::json::Error> {
        reader.fields(Self::info(), self)
    }

    fn read_field(&mut self, index: usize, reader: &mut Reader<'_>) -> Result<(), rsvc::json::Error> {
        match index {
            0 => reader.string(&mut self.text),
            _ => reader.int32(&mut self.number),
        }
    }
}

pub(crate) fn text(text: &str) -> Text {
    Text { text: text.to_owned(), number: 0 }
}

pub(crate) fn number(number: i32) -> Text {
    Text { text: String::new(), number }
}

/// `demo.proto` with the message and the service, encoded.
pub(crate) const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("demo.bin");

pub(crate) const DEMO: ServiceInfo =
    ServiceInfo::new("demo.v1.Demo", &[SAY, COUNT, SUM, CHAT, HASTY, PRIVATE, SCOPED], FILE_DESCRIPTOR_SET);
pub(crate) const SAY: MethodInfo =
    MethodInfo::new("demo.v1.Demo", "Say", "/demo.v1.Demo/Say", MethodKind::Unary).access(Access::Public);
pub(crate) const COUNT: MethodInfo =
    MethodInfo::new("demo.v1.Demo", "Count", "/demo.v1.Demo/Count", MethodKind::ServerStreaming)
        .access(Access::Public);
pub(crate) const SUM: MethodInfo =
    MethodInfo::new("demo.v1.Demo", "Sum", "/demo.v1.Demo/Sum", MethodKind::ClientStreaming)
        .access(Access::Public);
pub(crate) const CHAT: MethodInfo =
    MethodInfo::new("demo.v1.Demo", "Chat", "/demo.v1.Demo/Chat", MethodKind::BidiStreaming)
        .access(Access::Public);
pub(crate) const HASTY: MethodInfo =
    MethodInfo::new("demo.v1.Demo", "Hasty", "/demo.v1.Demo/Hasty", MethodKind::Unary)
        .access(Access::Public)
        .timeout(Duration::from_millis(50));
pub(crate) const PRIVATE: MethodInfo =
    MethodInfo::new("demo.v1.Demo", "Private", "/demo.v1.Demo/Private", MethodKind::Unary)
        .access(Access::Authenticated);
pub(crate) const SCOPED: MethodInfo =
    MethodInfo::new("demo.v1.Demo", "Scoped", "/demo.v1.Demo/Scoped", MethodKind::Unary)
        .access(Access::Scopes { all_of: &["a"], any_of: &["b", "c"] });

pub(crate) trait Demo: Send + Sync + 'static {
    fn say(&self, ctx: Context, request: Text) -> impl Future<Output = Result<Text, Status>> + Send;
    fn count(
        &self,
        ctx: Context,
        request: Text,
    ) -> impl Future<Output = Result<ResponseStream<Text, Status>, Status>> + Send;
    fn sum(
        &self,
        ctx: Context,
        requests: RequestStream<Text>,
    ) -> impl Future<Output = Result<Text, Status>> + Send;
    fn chat(
        &self,
        ctx: Context,
        requests: RequestStream<Text>,
    ) -> impl Future<Output = Result<ResponseStream<Text, Status>, Status>> + Send;
    fn hasty(&self, ctx: Context, request: Text) -> impl Future<Output = Result<Text, Status>> + Send;
    fn private(&self, ctx: Context, request: Text) -> impl Future<Output = Result<Text, Status>> + Send;
    fn scoped(&self, ctx: Context, request: Text) -> impl Future<Output = Result<Text, Status>> + Send;
}

impl<T: Demo + ?Sized> Demo for Arc<T> {
    fn say(&self, ctx: Context, request: Text) -> impl Future<Output = Result<Text, Status>> + Send {
        T::say(self, ctx, request)
    }
    fn count(
        &self,
        ctx: Context,
        request: Text,
    ) -> impl Future<Output = Result<ResponseStream<Text, Status>, Status>> + Send {
        T::count(self, ctx, request)
    }
    fn sum(
        &self,
        ctx: Context,
        requests: RequestStream<Text>,
    ) -> impl Future<Output = Result<Text, Status>> + Send {
        T::sum(self, ctx, requests)
    }
    fn chat(
        &self,
        ctx: Context,
        requests: RequestStream<Text>,
    ) -> impl Future<Output = Result<ResponseStream<Text, Status>, Status>> + Send {
        T::chat(self, ctx, requests)
    }
    fn hasty(&self, ctx: Context, request: Text) -> impl Future<Output = Result<Text, Status>> + Send {
        T::hasty(self, ctx, request)
    }
    fn private(&self, ctx: Context, request: Text) -> impl Future<Output = Result<Text, Status>> + Send {
        T::private(self, ctx, request)
    }
    fn scoped(&self, ctx: Context, request: Text) -> impl Future<Output = Result<Text, Status>> + Send {
        T::scoped(self, ctx, request)
    }
}

pub(crate) struct DemoServer<T> {
    inner: Arc<T>,
}

impl<T> DemoServer<T> {
    pub(crate) fn new(inner: T) -> Self {
        Self { inner: Arc::new(inner) }
    }
}

impl<T> Clone for DemoServer<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<T: Demo> rsvc::codegen::Service for DemoServer<T> {
    const INFO: &'static ServiceInfo = &DEMO;

    fn call<'a>(&'a self, method: usize, call: rsvc::codegen::Call<'a>) -> rsvc::codegen::Handling<'a> {
        match method {
            0 => call.unary(move |ctx, request| T::say(&*self.inner, ctx, request)),
            1 => call.server_streaming(move |ctx, request| T::count(&*self.inner, ctx, request)),
            2 => call.client_streaming(move |ctx, requests| T::sum(&*self.inner, ctx, requests)),
            3 => call.bidi_streaming(move |ctx, requests| T::chat(&*self.inner, ctx, requests)),
            4 => call.unary(move |ctx, request| T::hasty(&*self.inner, ctx, request)),
            5 => call.unary(move |ctx, request| T::private(&*self.inner, ctx, request)),
            6 => call.unary(move |ctx, request| T::scoped(&*self.inner, ctx, request)),
            _ => call.unknown(),
        }
    }
}

impl<T: Demo> rsvc::codegen::NamedService for DemoServer<T> {
    const NAME: &'static str = "demo.v1.Demo";
}

impl<T: Demo, B: rsvc::codegen::RequestBody>
    rsvc::codegen::tower_service::Service<rsvc::codegen::http::Request<B>> for DemoServer<T>
{
    type Response = rsvc::codegen::MountedResponse;
    type Error = std::convert::Infallible;
    type Future = rsvc::codegen::MountedFuture;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: rsvc::codegen::http::Request<B>) -> Self::Future {
        rsvc::codegen::call(self.clone(), request)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct DemoClient {
    channel: Channel,
}

impl DemoClient {
    pub(crate) fn new(channel: Channel) -> Self {
        Self { channel }
    }
}

impl Demo for DemoClient {
    async fn say(&self, ctx: Context, request: Text) -> Result<Text, Status> {
        rsvc::codegen::client::unary(&self.channel, &SAY, ctx, request).await
    }
    async fn count(&self, ctx: Context, request: Text) -> Result<ResponseStream<Text, Status>, Status> {
        rsvc::codegen::client::server_streaming(&self.channel, &COUNT, ctx, request).await
    }
    async fn sum(&self, ctx: Context, requests: RequestStream<Text>) -> Result<Text, Status> {
        rsvc::codegen::client::client_streaming(&self.channel, &SUM, ctx, requests).await
    }
    async fn chat(
        &self,
        ctx: Context,
        requests: RequestStream<Text>,
    ) -> Result<ResponseStream<Text, Status>, Status> {
        rsvc::codegen::client::bidi_streaming(&self.channel, &CHAT, ctx, requests).await
    }
    async fn hasty(&self, ctx: Context, request: Text) -> Result<Text, Status> {
        rsvc::codegen::client::unary(&self.channel, &HASTY, ctx, request).await
    }
    async fn private(&self, ctx: Context, request: Text) -> Result<Text, Status> {
        rsvc::codegen::client::unary(&self.channel, &PRIVATE, ctx, request).await
    }
    async fn scoped(&self, ctx: Context, request: Text) -> Result<Text, Status> {
        rsvc::codegen::client::unary(&self.channel, &SCOPED, ctx, request).await
    }
}
