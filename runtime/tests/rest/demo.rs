//! A service by hand, in the shape that the generator gives it, with messages that it has generated from `demo.proto`.

use std::sync::{Arc, Mutex};

use rsvc::codegen::rest::{Binding, BodyKind, Variable};
use rsvc::codegen::{Call, Handling};
use rsvc::pb::google::api::HttpBody;
use rsvc::{Access, Context, MethodInfo, MethodKind, RequestStream, ResponseStream, ServiceInfo, Status};

#[allow(clippy::all, clippy::pedantic, missing_docs, unreachable_pub, unsafe_code)]
mod messages {
    include!("messages.rs");
}

pub(crate) use messages::Item;

pub(crate) const SERVICE: ServiceInfo =
    ServiceInfo::new("rest.v1.Items", &[GET, FAIL, SECRET, SLOW, COUNT, SUM, CHAT, RAW, DOWNLOAD, OWN], b"");
const GET: MethodInfo = method("Get", "/rest.v1.Items/Get", MethodKind::Unary);
const FAIL: MethodInfo = method("Fail", "/rest.v1.Items/Fail", MethodKind::Unary);
const SECRET: MethodInfo =
    method("Secret", "/rest.v1.Items/Secret", MethodKind::Unary).access(Access::Authenticated);
const SLOW: MethodInfo = method("Slow", "/rest.v1.Items/Slow", MethodKind::Unary);
const COUNT: MethodInfo = method("Count", "/rest.v1.Items/Count", MethodKind::ServerStreaming);
const SUM: MethodInfo = method("Sum", "/rest.v1.Items/Sum", MethodKind::ClientStreaming);
const CHAT: MethodInfo = method("Chat", "/rest.v1.Items/Chat", MethodKind::BidiStreaming);

const RAW: MethodInfo = method("Raw", "/rest.v1.Items/Raw", MethodKind::Unary);
const DOWNLOAD: MethodInfo = method("Download", "/rest.v1.Items/Download", MethodKind::Unary);

const OWN: MethodInfo = method("Own", "/rest.v1.Items/Own", MethodKind::Unary)
    .access(Access::Authenticated)
    .condition(|call| Ok(call.request::<Item>().id == *call.subject()));

const fn method(name: &'static str, path: &'static str, kind: MethodKind) -> MethodInfo {
    MethodInfo::new("rest.v1.Items", name, path, kind).access(Access::Public)
}

/// Indices of fields.
const ID: u16 = 0;
const COUNT_FIELD: u16 = 1;
const CHILD: u16 = 2;
const TAGS: u16 = 3;
const KIND: u16 = 4;
const UPDATE_MASK: u16 = 7;
const LABELS: u16 = 11;
const PICK_TEXT: u16 = 12;
const FILE: u16 = 15;
const LONG: u16 = 26;

static BINDINGS: &[Binding] = &[
    /* 0 */ Binding::new(0, "GET", "/v1/items/{id}").variables(&[Variable::new(&[ID], 2, 3)]),
    /* 1 */ Binding::new(0, "POST", "/v1/items").body(BodyKind::Whole),
    /* 2 */
    Binding::new(0, "PATCH", "/v1/items/{id}")
        .variables(&[Variable::new(&[ID], 2, 3)])
        .body(BodyKind::Field(CHILD))
        .fill_update_mask(UPDATE_MASK),
    /* 3 */ Binding::new(0, "GET", "/v1/items/{id}:check").variables(&[Variable::new(&[ID], 2, 3)]),
    /* 4 */ Binding::new(0, "GET", "/v1/files/{id=**}").variables(&[Variable::rest(&[ID], 2, 0)]),
    /* 5 */
    Binding::new(0, "GET", "/v1/shelves/{child.id=shelves/*}/{count}")
        .variables(&[Variable::new(&[CHILD, ID], 2, 4).multi(), Variable::new(&[COUNT_FIELD], 4, 5)]),
    /* 6 */ Binding::new(0, "POST", "/v1/tags").body(BodyKind::Field(TAGS)).response_body(TAGS),
    /* 7 */ Binding::new(0, "POST", "/v1/labels").body(BodyKind::Whole).response_body(LABELS),
    /* 8 */ Binding::new(0, "POST", "/v1/child").body(BodyKind::Whole).response_body(CHILD),
    /* 9 */ Binding::new(0, "POST", "/v1/long").body(BodyKind::Field(LONG)).response_body(LONG),
    /* 10 */ Binding::new(0, "POST", "/v1/file").body(BodyKind::Field(FILE)).response_body(FILE),
    /* 11 */
    Binding::new(0, "GET", "/v1/pick/{pick_text}").variables(&[Variable::new(&[PICK_TEXT], 2, 3)]),
    /* 12 */ Binding::new(1, "GET", "/v1/fail"),
    /* 13 */ Binding::new(2, "GET", "/v1/secret"),
    /* 14 */ Binding::new(3, "GET", "/v1/slow"),
    /* 15 */
    Binding::new(4, "GET", "/v1/count/{count}").variables(&[Variable::new(&[COUNT_FIELD], 2, 3)]),
    /* 16 */ Binding::new(5, "POST", "/v1/sum").body(BodyKind::Whole),
    /* 17 */ Binding::new(6, "POST", "/v1/chat").body(BodyKind::Whole),
    /* 18 */ Binding::new(0, "*", "/v1/any"),
    /* 19 */ Binding::new(7, "POST", "/v1/raw").body(BodyKind::Whole),
    /* 20 */ Binding::new(8, "GET", "/v1/download"),
    /* 21 */
    Binding::new(0, "PATCH", "/v1/children/{child.id}")
        .variables(&[Variable::new(&[CHILD, ID], 2, 3)])
        .body(BodyKind::Field(CHILD))
        .fill_update_mask(UPDATE_MASK),
    /* 22 */
    Binding::new(0, "PATCH", "/v1/children/{id}/{child.child.id}")
        .variables(&[Variable::new(&[ID], 2, 3), Variable::new(&[CHILD, CHILD, ID], 3, 4)])
        .body(BodyKind::Field(CHILD))
        .fill_update_mask(UPDATE_MASK),
    /* 23 */ Binding::new(0, "POST", "/v1/kind").body(BodyKind::Field(KIND)).response_body(KIND),
    /* 24 */ Binding::new(9, "GET", "/v1/own/{id}").variables(&[Variable::new(&[ID], 2, 3)]),
];

/// What handlers do besides echoing.
#[derive(Default)]
pub(crate) struct Behaviour {
    pub(crate) fail: Option<Status>,
    /// How many tags a response has.
    pub(crate) tags: usize,
    /// The contexts of the calls so far.
    pub(crate) contexts: Vec<Context>,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) trailers: Vec<(&'static str, &'static str)>,
}

#[derive(Clone, Default)]
pub(crate) struct Items(pub(crate) Arc<Mutex<Behaviour>>);

impl Items {
    fn called(&self, ctx: &Context) {
        let mut behaviour = self.0.lock().unwrap();
        behaviour.contexts.push(ctx.clone());
        for (key, value) in &behaviour.headers {
            ctx.set_header(key, *value).unwrap();
        }
        for (key, value) in &behaviour.trailers {
            ctx.set_trailer(key, *value).unwrap();
        }
    }
}

impl rsvc::codegen::Service for Items {
    const INFO: &'static ServiceInfo = &SERVICE;
    const BINDINGS: &'static [Binding] = BINDINGS;

    fn call<'a>(&'a self, method: usize, call: Call<'a>) -> Handling<'a> {
        match method {
            0 => call.unary(async move |ctx, item: Item| {
                self.called(&ctx);
                Ok::<_, Status>(item)
            }),
            1 => call.unary(async move |ctx, mut item: Item| {
                self.called(&ctx);
                let Behaviour { fail, tags, .. } = &*self.0.lock().unwrap();
                item.tags.extend(vec!["tag!".to_owned(); *tags]);
                fail.clone().map_or(Ok(item), Err)
            }),
            2 | 9 => call.unary(async move |_, item: Item| Ok::<_, Status>(item)),
            3 => call.unary(async move |_, _: Item| {
                std::future::pending::<()>().await;
                Err::<Item, _>(Status::internal("never"))
            }),
            4 => call.server_streaming(async move |_, item: Item| {
                Ok::<_, Status>(ResponseStream::from_iter(
                    (0..item.count).map(|count| Item { count, ..Item::default() }),
                ))
            }),
            5 => call.client_streaming(async move |_, mut items: RequestStream<Item>| {
                let mut sum = Item::default();
                while let Some(item) = items.message().await? {
                    sum.count += item.count;
                }
                Ok::<_, Status>(sum)
            }),
            6 => call.bidi_streaming(async move |_, items: RequestStream<Item>| {
                Ok::<_, Status>(ResponseStream::new(items))
            }),
            7 => call.unary(async move |_, body: HttpBody| Ok::<_, Status>(body)),
            8 => call.unary(async move |_, item: Item| {
                let content_type = item.note.unwrap_or_default();
                Ok::<_, Status>(HttpBody { content_type, ..HttpBody::default() })
            }),
            _ => call.unknown(),
        }
    }
}
