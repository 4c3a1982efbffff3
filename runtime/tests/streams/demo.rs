//! A service of streams by hand, in the shape that the generator gives it. What a handler does stands in the request.

use std::time::Duration;

use rsvc::codegen::rest::{Binding, BodyKind, Variable};
use rsvc::codegen::{Call, Handling};
use rsvc::pb::google::api::HttpBody;
use rsvc::{Access, Context, MethodInfo, MethodKind, RequestStream, ResponseStream, ServiceInfo, Status};
use tokio::sync::mpsc;

#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, unreachable_pub, unsafe_code)]
mod messages {
    include!("../rest/messages.rs");
}

pub(crate) use messages::Item;

const SERVICE: ServiceInfo = ServiceInfo::new("rest.v1.Streams", METHODS, b"");
const METHODS: &[MethodInfo] = &[COUNT, SUM, CHAT, DOWNLOAD, UPLOAD, SECRET, OWN];
const COUNT: MethodInfo = method("Count", "/rest.v1.Streams/Count", MethodKind::ServerStreaming);
const SUM: MethodInfo = method("Sum", "/rest.v1.Streams/Sum", MethodKind::ClientStreaming);
const CHAT: MethodInfo = method("Chat", "/rest.v1.Streams/Chat", MethodKind::BidiStreaming);
const DOWNLOAD: MethodInfo = method("Download", "/rest.v1.Streams/Download", MethodKind::ServerStreaming);
const UPLOAD: MethodInfo = method("Upload", "/rest.v1.Streams/Upload", MethodKind::ClientStreaming);
const SECRET: MethodInfo =
    method("Secret", "/rest.v1.Streams/Secret", MethodKind::BidiStreaming).access(Access::Authenticated);

const OWN: MethodInfo = method("Own", "/rest.v1.Streams/Own", MethodKind::BidiStreaming)
    .access(Access::Authenticated)
    .condition(|call| Ok(call.request::<Item>().id == *call.subject()));

const fn method(name: &'static str, path: &'static str, kind: MethodKind) -> MethodInfo {
    MethodInfo::new("rest.v1.Streams", name, path, kind).access(Access::Public)
}

/// Indices of fields.
const ID: u16 = 0;
const COUNT_FIELD: u16 = 1;
const CHILD: u16 = 2;
const FILE: u16 = 15;

static BINDINGS: &[Binding] = &[
    /* 0 */
    Binding::new(0, "GET", "/v1/count/{count}").variables(&[Variable::new(&[COUNT_FIELD], 2, 3)]),
    /* 1 */ Binding::new(0, "POST", "/v1/count").body(BodyKind::Whole),
    /* 2 */
    Binding::new(0, "GET", "/v1/children/{count}")
        .variables(&[Variable::new(&[COUNT_FIELD], 2, 3)])
        .response_body(CHILD),
    /* 3 */ Binding::new(1, "POST", "/v1/sum").body(BodyKind::Whole),
    /* 4 */
    Binding::new(1, "POST", "/v1/sum/{id}")
        .variables(&[Variable::new(&[ID], 2, 3)])
        .body(BodyKind::Field(CHILD)),
    /* 5 */ Binding::new(2, "POST", "/v1/chat").body(BodyKind::Whole),
    /* 6 */
    Binding::new(3, "GET", "/v1/download/{count}").variables(&[Variable::new(&[COUNT_FIELD], 2, 3)]),
    /* 7 */ Binding::new(4, "POST", "/v1/upload").body(BodyKind::Whole),
    /* 8 */
    Binding::new(1, "POST", "/v1/file/{id}")
        .variables(&[Variable::new(&[ID], 2, 3)])
        .body(BodyKind::Field(FILE)),
    /* 9 */ Binding::new(5, "POST", "/v1/secret").body(BodyKind::Whole),
    /* 10 */ Binding::new(6, "POST", "/v1/own").body(BodyKind::Whole),
];

#[derive(Clone)]
pub(crate) struct Streams(pub(crate) mpsc::UnboundedSender<String>);

impl Streams {
    fn note(&self, event: impl Into<String>) {
        let _ = self.0.send(event.into());
    }

    /// Notes when the call is over.
    fn note_end(&self, ctx: &Context) {
        let (ended, this) = (ctx.cancelled(), self.clone());
        tokio::spawn(async move {
            ended.await;
            this.note("over");
        });
    }

    /// As many items as the request says; its `id` says what comes after them.
    fn count(&self, ctx: &Context, request: &Item) -> ResponseStream<Item> {
        ctx.set_header("x-header", "1").unwrap();
        ctx.set_trailer("x-trailer", "2").unwrap();
        if let Some(seen) = ctx.metadata_str("last-event-id") {
            self.note(format!("seen {seen}"));
        }
        self.note_end(ctx);
        let (this, count) = (self.clone(), request.count);
        let then = request.id.clone();
        let text = request.note.clone().unwrap_or_default();
        let (sender, stream) = ResponseStream::channel(1);
        tokio::spawn(async move {
            for n in 0..count {
                let note = Some(text.clone()).filter(|text| !text.is_empty());
                let item = Item { note, ..item(n) };
                if sender.send(item).await.is_err() {
                    this.note(format!("gone after {n}"));
                    return;
                }
            }
            this.note("sent");
            match &*then {
                "fail" => {
                    let _ = sender.fail(Status::failed_precondition("enough")).await;
                }
                "hang" => {
                    sender.closed().await;
                    this.note("closed");
                }
                "slow" => tokio::time::sleep(Duration::from_millis(200)).await,
                "bad" => {
                    let at = Some(rsvc::prost_types::Timestamp { seconds: i64::MAX, nanos: 0 });
                    let _ = sender.send(Item { at, ..Item::default() }).await;
                }
                _ => {}
            }
        });
        stream
    }

    async fn sum(&self, ctx: Context, mut items: RequestStream<Item>) -> Result<Item, Status> {
        self.note_end(&ctx);
        let mut sum = Item::default();
        loop {
            match items.message().await {
                Ok(Some(item)) => {
                    let child = item.child.unwrap_or_default();
                    let file = item.file.unwrap_or_default();
                    self.note(format!("got {}{}", item.count + child.count, child.id));
                    sum.count += item.count + child.count;
                    sum.tags.extend(
                        [item.id, child.id, file.content_type].into_iter().filter(|text| !text.is_empty()),
                    );
                    sum.data.extend_from_slice(&file.data);
                }
                Ok(None) => return Ok(sum),
                Err(status) => {
                    self.note(format!("broken: {}", status.message()));
                    return Err(status);
                }
            }
        }
    }

    fn chat(&self, ctx: &Context, items: RequestStream<Item>) -> ResponseStream<Item> {
        self.note_end(ctx);
        let this = self.clone();
        ResponseStream::new(futures_util::StreamExt::map(items, move |item| {
            let item = item?;
            this.note(format!("got {}", item.id));
            if item.id == "fail" {
                return Err(Status::aborted("as you said"));
            }
            Ok(Item { id: format!("re: {}", item.id), ..Item::default() })
        }))
    }
}

pub(crate) fn item(n: i32) -> Item {
    let child = Item { id: format!("child {n}"), ..Item::default() };
    Item { id: format!("item {n}"), count: n, child: Some(Box::new(child)), ..Item::default() }
}

impl rsvc::codegen::Service for Streams {
    const INFO: &'static ServiceInfo = &SERVICE;
    const BINDINGS: &'static [Binding] = BINDINGS;

    fn call<'a>(&'a self, method: usize, call: Call<'a>) -> Handling<'a> {
        match method {
            0 => call.server_streaming(async move |ctx, item| Ok::<_, Status>(self.count(&ctx, &item))),
            1 => call.client_streaming(async move |ctx, items| self.sum(ctx, items).await),
            2 | 5 | 6 => call.bidi_streaming(async move |ctx, items| Ok::<_, Status>(self.chat(&ctx, items))),
            3 => call.server_streaming(async move |_, item: Item| Ok::<_, Status>(download(&item))),
            4 => call.client_streaming(async move |_, mut parts: RequestStream<HttpBody>| {
                let mut all = Item::default();
                while let Some(part) = parts.message().await? {
                    all.count += 1;
                    all.data.extend(part.data);
                    all.tags.extend(Some(part.content_type).filter(|text| !text.is_empty()));
                }
                Ok::<_, Status>(all)
            }),
            _ => call.unknown(),
        }
    }
}

/// As many parts as the request says, and then an end that it may say as well.
fn download(item: &Item) -> ResponseStream<HttpBody> {
    let part = |n| HttpBody {
        content_type: format!("text/x-{n}"),
        data: format!("part {n};").into_bytes(),
        extensions: Vec::new(),
    };
    let parts = futures_util::stream::iter((0..item.count).map(move |n| Ok(part(n))));
    let fail = (item.id == "fail").then_some(Status::data_loss("the disk"));
    let pause = if item.flag { Duration::from_millis(100) } else { Duration::ZERO };
    let end = futures_util::stream::once(async move {
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        fail
    });
    let end = futures_util::StreamExt::filter_map(end, async |fail| fail.map(Err));
    ResponseStream::new(futures_util::StreamExt::chain(parts, end))
}
