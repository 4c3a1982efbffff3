//! A service whose methods take forms, in the shape that the generator gives it. It answers with what arrived.

use rsvc::codegen::rest::{Binding, BodyKind, FormFile, Forms, Variable};
use rsvc::codegen::{Call, Handling};
use rsvc::rest::{Options, Rest};
use rsvc::{MethodInfo, MethodKind, RequestStream, ResponseStream, ServiceInfo, Status};

use crate::demo::Item;

const SERVICE: ServiceInfo = ServiceInfo::new("rest.v1.Forms", &[PUT, UPLOAD, CHAT], b"");
const PUT: MethodInfo = method("Put", "/rest.v1.Forms/Put", MethodKind::Unary);
const UPLOAD: MethodInfo = method("Upload", "/rest.v1.Forms/Upload", MethodKind::ClientStreaming);
const CHAT: MethodInfo = method("Chat", "/rest.v1.Forms/Chat", MethodKind::BidiStreaming);

const fn method(name: &'static str, path: &'static str, kind: MethodKind) -> MethodInfo {
    MethodInfo::new("rest.v1.Forms", name, path, kind)
}

/// Indices of fields.
const ID: u16 = 0;
const CHILD: u16 = 2;
const TAGS: u16 = 3;
const UPDATE_MASK: u16 = 7;
const DATA: u16 = 8;
const NOTE: u16 = 14;
const BLOBS: u16 = 27;
const PICK_TEXT: u16 = 12;

static URLENCODED: Forms = Forms::new().urlencoded();
static MULTIPART: Forms = Forms::new().multipart();
static BOTH: Forms = Forms::new().urlencoded().multipart();
static FILES: Forms = Forms::new().multipart().files(&[
    FormFile::new(&[DATA]).filename(&[CHILD, NOTE]).media_type(&[CHILD, ID]),
    FormFile::new(&[BLOBS]).filename(&[TAGS]),
]);
static NAMED: Forms = Forms::new().multipart().files(&[FormFile::new(&[DATA]).filename(&[NOTE])]);

static BINDINGS: &[Binding] = &[
    Binding::new(0, "POST", "/v1/form").body(BodyKind::Whole).forms(&BOTH),
    Binding::new(0, "POST", "/v1/urlencoded").body(BodyKind::Whole).forms(&URLENCODED),
    Binding::new(0, "POST", "/v1/multipart").body(BodyKind::Whole).forms(&MULTIPART),
    Binding::new(0, "POST", "/v1/plain").body(BodyKind::Whole),
    Binding::new(0, "GET", "/v1/query"),
    Binding::new(0, "POST", "/v1/child").body(BodyKind::Field(CHILD)).forms(&BOTH),
    Binding::new(0, "POST", "/v1/of/{id}/{pick_text}")
        .variables(&[Variable::new(&[ID], 2, 3), Variable::new(&[PICK_TEXT], 3, 4)])
        .body(BodyKind::Whole)
        .forms(&BOTH),
    Binding::new(0, "PATCH", "/v1/children/{child.id}")
        .variables(&[Variable::new(&[CHILD, ID], 2, 3)])
        .body(BodyKind::Field(CHILD))
        .fill_update_mask(UPDATE_MASK)
        .forms(&BOTH),
    Binding::new(0, "POST", "/v1/files").body(BodyKind::Whole).forms(&FILES),
    Binding::new(1, "POST", "/v1/upload").body(BodyKind::Whole).forms(&MULTIPART),
    Binding::new(1, "POST", "/v1/upload/{id}")
        .variables(&[Variable::new(&[ID], 2, 3)])
        .body(BodyKind::Whole)
        .forms(&MULTIPART),
    Binding::new(1, "POST", "/v1/upload/child").body(BodyKind::Field(CHILD)).forms(&MULTIPART),
    Binding::new(1, "POST", "/v1/upload/named").body(BodyKind::Whole).forms(&NAMED),
    Binding::new(2, "POST", "/v1/chat").body(BodyKind::Whole).forms(&MULTIPART),
];

/// Without state.
#[derive(Clone, Copy)]
pub(crate) struct Echo;

/// What serves them.
pub(crate) fn forms(options: Options) -> Rest {
    Rest::new().add(Echo).options(options)
}

impl rsvc::codegen::Service for Echo {
    const INFO: &'static ServiceInfo = &SERVICE;
    const BINDINGS: &'static [Binding] = BINDINGS;

    fn call<'a>(&'a self, method: usize, call: Call<'a>) -> Handling<'a> {
        match method {
            0 => call.unary(async move |_, item: Item| Ok::<_, Status>(item)),
            1 => call.client_streaming(async move |_, mut items: RequestStream<Item>| {
                let mut all = Item::default();
                while let Some(item) = items.message().await? {
                    all.items.push(item);
                }
                Ok::<_, Status>(all)
            }),
            2 => call.bidi_streaming(async move |_, items: RequestStream<Item>| {
                Ok::<_, Status>(ResponseStream::new(items))
            }),
            _ => call.unknown(),
        }
    }
}
