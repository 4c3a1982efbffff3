//! The REST client against servers that answer what a test wants: limits, errors, streams, and what is sent.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt as _;
use rsvc::client::{HttpVersion, RestChannel};
use rsvc::codegen::rest::{Binding, BodyKind};
use rsvc::codegen::rest_client::{self, Target};
use rsvc::error::is_retryable;
use rsvc::json::{Field, Json, MessageInfo, Reader, Writer};
use rsvc::pb::google::rpc;
use rsvc::{Code, Context, MethodInfo, RequestStream, Status};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::raw::{After, Script, frame, head_block, http1, http2, literal};
use crate::setup::{
    Answer, DOWNLOAD, Handler, LONG, Part, Text, UNARY, UPLOAD, answer, read, serve, text, values,
};

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";
const LINES: &str = "application/x-ndjson";

/// A message with a field that is named like what stands in place of a message when a stream fails.
#[derive(Clone, PartialEq, prost::Message)]
struct Report {
    #[prost(string, tag = "1")]
    text: String,
    #[prost(message, optional, tag = "2")]
    error: Option<rpc::Status>,
}

impl rsvc::Validate for Report {
    fn check(&self, out: &mut rsvc::validate::Sink) {
        if self.text == "wrong" {
            out.add(1, "string.not_in", "must not be in list [wrong]");
        }
    }
}

impl Json for Report {
    fn info() -> &'static MessageInfo {
        static FIELDS: [Field; 2] =
            [Field::string(",\"text\":", 1), Field::message::<rpc::Status>(",\"error\":", 2)];
        static INFO: MessageInfo = MessageInfo::new::<Report>("a.Report", &FIELDS);
        &INFO
    }

    fn write_json(&self, writer: &mut Writer) {
        let object = writer.open();
        writer.string(Self::info().field(0), &self.text);
        writer.message_opt(Self::info().field(1), &self.error);
        writer.close(object);
    }

    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), rsvc::json::Error> {
        reader.fields(Self::info(), self)
    }

    fn read_field(&mut self, index: usize, reader: &mut Reader<'_>) -> Result<(), rsvc::json::Error> {
        match index {
            0 => reader.string(&mut self.text),
            _ => reader.message_opt(&mut self.error),
        }
    }
}

const fn target(info: &'static MethodInfo, bindings: &'static [Binding]) -> Target {
    Target { info, method: 0, bindings }
}

static WHOLE: [Binding; 1] = [Binding::new(0, "POST", "/v1").body(BodyKind::Whole)];
static FIELD: [Binding; 1] = [Binding::new(0, "POST", "/v1").body(BodyKind::Field(1))];

async fn one<T: rsvc::prost::Message + Json + rsvc::Validate + Default + 'static>(
    channel: &RestChannel,
    ctx: Context,
    request: T,
) -> Result<T, Status> {
    let call = rest_client::unary::<T, T, Status>(channel, target(&UNARY, &WHOLE), ctx, request);
    timeout(LONG, call).await.expect("a call ends")
}

/// All of a stream, and how it ended.
async fn several(channel: &RestChannel, ctx: Context) -> (Vec<Text>, Result<(), Status>) {
    let call =
        rest_client::server_streaming::<_, Text, Status>(channel, target(&DOWNLOAD, &WHOLE), ctx, text("ho"));
    match timeout(LONG, call).await.expect("a call ends") {
        Ok(responses) => timeout(LONG, read(responses)).await.expect("a stream ends"),
        Err(status) => (Vec::new(), Err(status)),
    }
}

async fn upload(channel: &RestChannel, ctx: Context) -> Result<Text, Status> {
    let requests = RequestStream::from_iter([text("a"), text("b")]);
    let call = rest_client::client_streaming(channel, target(&UPLOAD, &WHOLE), ctx, requests);
    timeout(LONG, call).await.expect("a call ends")
}

async fn outcomes(channel: &RestChannel, ctx: impl Fn() -> Context) -> [Status; 3] {
    let one = one(channel, ctx(), text("ho")).await.map(drop);
    let many = upload(channel, ctx()).await.map(drop);
    [one, many, several(channel, ctx()).await.1].map(|outcome| outcome.expect_err("no call can succeed"))
}

fn all_are(statuses: &[Status], expected: Code, name: &str) {
    for status in statuses {
        assert_eq!(status.code(), expected, "{name}: {status:?}");
        assert_eq!(is_retryable(status), expected == Code::Unavailable, "{name}: {status:?}");
    }
}

/// A channel to a server with one answer for everything.
async fn channel(version: HttpVersion, answer: Answer) -> RestChannel {
    let handler: Handler = Arc::new(move |_, body| {
        let answer = answer.clone();
        Box::pin(async {
            let _ = body.collect().await;
            answer
        })
    });
    to(serve(version, handler).await, version)
}

fn to(address: std::net::SocketAddr, version: HttpVersion) -> RestChannel {
    let builder = RestChannel::builder(format!("http://{address}")).http2(version == HttpVersion::Http2);
    builder.max_response_size(1000).build().unwrap()
}

const VERSIONS: [HttpVersion; 2] = [HttpVersion::Http1, HttpVersion::Http2];

#[tokio::test]
async fn http_statuses_have_the_codes_of_google_rpc() {
    for (http, expected) in [
        (400, Code::InvalidArgument),
        (401, Code::Unauthenticated),
        (403, Code::PermissionDenied),
        (404, Code::NotFound),
        (405, Code::Unimplemented),
        (408, Code::DeadlineExceeded),
        (409, Code::Aborted),
        (413, Code::ResourceExhausted),
        (429, Code::ResourceExhausted),
        (499, Code::Cancelled),
        (500, Code::Internal),
        (501, Code::Unimplemented),
        (502, Code::Unavailable),
        (503, Code::Unavailable),
        (504, Code::DeadlineExceeded),
        (302, Code::Unknown),
        (599, Code::Unknown),
    ] {
        for version in VERSIONS {
            let page = answer("text/html").status(http).data("<html>no</html>");
            let channel = channel(version, page).await;
            all_are(&outcomes(&channel, Context::new).await, expected, &format!("{version:?} {http}"));
        }
    }
}

#[tokio::test]
async fn what_is_too_large() {
    let long = format!("{{\"message\":\"{}\"}}", "a".repeat(1000));
    for version in VERSIONS {
        let whole = channel(version, answer(JSON).data(&long)).await;
        let open = channel(version, answer(JSON).data(&long).part(Part::Silence)).await;
        for channel in [whole, open] {
            all_are(&outcomes(&channel, Context::new).await, Code::ResourceExhausted, "a message");
        }
        for (media_type, data) in
            [(LINES, long.clone()), (JSON, format!("[{long}]")), (EVENTS, format!("data: {long}\n\n"))]
        {
            let channel = channel(version, answer(media_type).data(data).part(Part::Silence)).await;
            let (texts, outcome) = several(&channel, Context::new()).await;
            assert_eq!(texts, [], "{media_type}");
            all_are(&[outcome.unwrap_err()], Code::ResourceExhausted, media_type);
        }
        let head = answer(JSON).header("x-large", vec![b'a'; 16 << 10]).data("{}");
        let channel = channel(version, head).await;
        all_are(&outcomes(&channel, Context::new).await, Code::ResourceExhausted, "headers");
    }
}

#[tokio::test]
async fn an_error_that_is_too_long_has_the_code_of_its_http_status() {
    let long = format!("{{\"code\":10,\"message\":\"{}\"}}", "a".repeat(300 << 10));
    for version in VERSIONS {
        for part in [Part::Silence, Part::Break] {
            let endless = channel(version, answer(JSON).status(503).data(&long).part(part)).await;
            all_are(&outcomes(&endless, Context::new).await, Code::Unavailable, "too long");
        }
        let broken = channel(version, answer(JSON).status(503).data("{\"code\":").part(Part::Break)).await;
        all_are(&outcomes(&broken, Context::new).await, Code::Unavailable, "broken");
        let longer = format!("{{\"code\":10,\"message\":\"{}\"}}", "a".repeat(10_000));
        let longer = channel(version, answer(JSON).status(503).data(longer)).await;
        all_are(
            &outcomes(&longer, Context::new).await,
            Code::Aborted,
            "the limit of messages is another one",
        );
        let no_utf8 = [b"{\"code\":9,\"message\":\"a", &b"\xff"[..], b"\"}"].concat();
        let no_utf8 = channel(version, answer(JSON).status(500).data(no_utf8)).await;
        let statuses = outcomes(&no_utf8, Context::new).await;
        all_are(&statuses, Code::FailedPrecondition, "no UTF-8");
        assert_eq!(statuses[0].message(), "a\u{fffd}");
    }
}

#[tokio::test]
async fn what_belongs_to_protocols_is_no_metadata() {
    let with_metadata = |answer: Answer| {
        let pairs = [
            ("grpc-metadata-x-a", "1"),
            ("grpc-metadata-grpc-status", "5"),
            ("grpc-metadata-content-type", "x"),
            ("grpc-trailer-x-b", "2"),
            ("grpc-trailer-grpc-message", "no"),
            ("x-c", "3"),
        ];
        pairs.iter().fold(answer, |answer, (name, value)| answer.header(name, value))
    };
    let good = channel(HttpVersion::Http1, with_metadata(answer(JSON)).data("{}")).await;
    let ctx = Context::new();
    one(&good, ctx.clone(), text("ho")).await.unwrap();
    let (headers, trailers) = (ctx.response_headers(), ctx.response_trailers());
    assert_eq!((headers.len(), values(&headers, "x-a")), (1, vec!["1".to_owned()]));
    assert_eq!((trailers.len(), values(&trailers, "x-b")), (1, vec!["2".to_owned()]));

    let bad = with_metadata(answer(JSON).status(404)).data("{\"code\":5,\"message\":\"no\"}");
    let status = one(&channel(HttpVersion::Http1, bad).await, Context::new(), text("ho")).await.unwrap_err();
    let metadata = status.metadata();
    assert_eq!(
        (metadata.len(), values(metadata, "x-a"), values(metadata, "x-b")),
        (2, vec!["1".to_owned()], vec!["2".to_owned()])
    );
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_not_whole() {
    let hi = "{\"locale\":\"en\",\"message\":\"hi\"}";
    let event = format!("data: {hi}\n\n");
    for version in VERSIONS {
        for (media_type, whole, cut, code) in [
            (
                EVENTS,
                format!("{event}event: end\ndata: {{}}\n\n"),
                vec![event.clone(), format!("{event}data: {hi}"), format!("{event}event: end\n")],
                Code::Unavailable,
            ),
            (
                LINES,
                format!("{hi}\n"),
                vec![format!("{hi}\n{{\"locale\":"), format!("{hi}\n{{"), format!("{hi}\n\"a")],
                Code::Internal,
            ),
            (
                JSON,
                format!("[{hi}]"),
                vec![format!("[{hi}"), format!("[{hi},"), format!("[{hi},{{\"a\":1")],
                Code::Internal,
            ),
        ] {
            let good = channel(version, answer(media_type).data(&whole)).await;
            let (texts, outcome) = several(&good, Context::new()).await;
            assert_eq!(
                (texts, outcome.map_err(|status| status.code())),
                (vec![text("hi")], Ok(())),
                "{whole}"
            );
            for cut in cut {
                let bad = channel(version, answer(media_type).data(&cut)).await;
                let (texts, outcome) = several(&bad, Context::new()).await;
                assert_eq!(texts, [text("hi")], "{cut}");
                all_are(&[outcome.unwrap_err()], code, &cut);
                // Where the connection breaks as well, that is the reason.
                let broken = channel(version, answer(media_type).data(&cut).part(Part::Break)).await;
                let (texts, outcome) = several(&broken, Context::new()).await;
                assert_eq!(texts, [text("hi")], "{cut}");
                let status = outcome.unwrap_err();
                let expected = if version == HttpVersion::Http1 { Code::Unavailable } else { Code::Internal };
                assert_eq!(status.code(), expected, "{cut}: {status:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_message_with_a_field_of_that_name_is_no_error() {
    let line = "{\"error\":{\"code\":5,\"message\":\"no\"}}\n";
    let channel = channel(HttpVersion::Http1, answer(LINES).data(line)).await;
    let (texts, outcome) = several(&channel, Context::new()).await;
    assert_eq!((texts.len(), outcome.unwrap_err().code()), (0, Code::NotFound));
    let call = rest_client::server_streaming::<_, Report, Status>(
        &channel,
        target(&DOWNLOAD, &WHOLE),
        Context::new(),
        text("ho"),
    );
    let mut reports = call.await.unwrap();
    let error = reports.message().await.unwrap().unwrap().error.unwrap();
    assert_eq!((error.code, error.message.as_str()), (5, "no"));
    assert_eq!(reports.message().await.unwrap(), None);
}

/// A channel to a server that tells what it is sent: the path with its query, and the body.
async fn recorder(validate: bool) -> (RestChannel, mpsc::UnboundedReceiver<(String, Vec<u8>)>) {
    let (sender, requests) = mpsc::unbounded_channel();
    let handler: Handler = Arc::new(move |parts, body| {
        let sender = sender.clone();
        Box::pin(async move {
            let body = body.collect().await.unwrap().to_bytes().to_vec();
            let _ = sender.send((parts.uri.to_string(), body));
            answer(JSON).data("{}")
        })
    });
    let address = serve(HttpVersion::Http1, handler).await;
    let builder = RestChannel::builder(format!("http://{address}"));
    (builder.validate_requests(validate).build().unwrap(), requests)
}

#[tokio::test]
async fn a_field_in_the_body_is_not_in_the_query() {
    let (channel, mut requests) = recorder(false).await;
    let report =
        Report { text: "a b".into(), error: Some(rpc::Status { code: 5, ..rpc::Status::default() }) };
    let call =
        rest_client::unary::<_, Report, Status>(&channel, target(&UNARY, &FIELD), Context::new(), report);
    call.await.unwrap();
    assert_eq!(requests.recv().await.unwrap(), ("/v1?text=a%20b".to_owned(), b"{\"code\":5}".to_vec()));
}

#[tokio::test]
async fn fields_of_messages_stand_in_the_path_and_in_the_query() {
    use rsvc::codegen::rest::Variable;
    static INSIDE: [Binding; 1] = [Binding::new(0, "GET", "/v1/{error.message}/{text}")
        .variables(&[Variable::new(&[1, 1], 1, 2), Variable::new(&[0], 2, 3)])];
    static OUTSIDE: [Binding; 1] = [Binding::new(0, "GET", "/v1")];
    let error = |message: &str| rpc::Status { code: 5, message: message.into(), details: Vec::new() };
    let (channel, mut requests) = recorder(false).await;
    for (bindings, report, expected) in [
        (&INSIDE, Report { text: "a".into(), error: Some(error("b c")) }, Some("/v1/b%20c/a?error.code=5")),
        (&INSIDE, Report { text: "a".into(), error: None }, None),
        (&INSIDE, Report { text: String::new(), error: Some(error("b")) }, None),
        (
            &OUTSIDE,
            Report { text: "a".into(), error: Some(error("b c")) },
            Some("/v1?text=a&error.code=5&error.message=b%20c"),
        ),
        (&OUTSIDE, Report { text: "a".into(), error: None }, Some("/v1?text=a")),
        // What is there and empty cannot be said.
        (&OUTSIDE, Report { text: "a".into(), error: Some(rpc::Status::default()) }, None),
    ] {
        let name = format!("{report:?}");
        let call = rest_client::unary::<_, Report, Status>(
            &channel,
            target(&UNARY, bindings),
            Context::new(),
            report,
        );
        match (timeout(LONG, call).await.expect("a call ends"), expected) {
            (Ok(_), Some(expected)) => assert_eq!(requests.recv().await.unwrap().0, expected, "{name}"),
            (Err(status), None) => assert_eq!(status.code(), Code::InvalidArgument, "{name}"),
            (outcome, _) => panic!("{name}: {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn requests_are_checked_where_that_is_wanted() {
    let wrong = || Report { text: "wrong".into(), error: None };
    let (trusting, mut requests) = recorder(false).await;
    one(&trusting, Context::new(), wrong()).await.unwrap();
    assert_eq!(requests.recv().await.unwrap().1, b"{\"text\":\"wrong\"}");
    let (checking, mut requests) = recorder(true).await;
    let status = one(&checking, Context::new(), wrong()).await.unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (Code::InvalidArgument, "text: must not be in list [wrong]")
    );
    let several = RequestStream::from_iter([Report::default(), wrong()]);
    let call = rest_client::client_streaming::<_, Report, Status>(
        &checking,
        target(&UPLOAD, &WHOLE),
        Context::new(),
        several,
    );
    assert_eq!(call.await.unwrap_err().code(), Code::InvalidArgument);
    one(&checking, Context::new(), Report::default()).await.unwrap();
    assert_eq!(requests.recv().await.unwrap().1, b"{}");
}

#[tokio::test]
async fn streams_that_never_end_do_not_outrun_the_deadline() {
    let ctx = || Context::new().with_timeout(Duration::from_millis(200));
    for (media_type, again) in [
        (EVENTS, &b":\n"[..]),
        (EVENTS, b"id: 1\n\n"),
        (LINES, b"\n \n"),
        (LINES, b"{}\n"),
        (EVENTS, b"data: {}\n\n"),
        (JSON, b" "),
    ] {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\n\r\n");
        let script: Script =
            Arc::new(move |_| (head.clone().into_bytes(), After::Repeat(again.repeat(100), 0)));
        let over_http1 = to(http1(script).await, HttpVersion::Http1);
        let script: Script = Arc::new(move |stream| {
            let head = [literal(":status", b"200"), literal("content-type", media_type.as_bytes())].concat();
            (head_block(stream, &head, false), After::Repeat(frame(0, 0, stream, again), 0))
        });
        let over_http2 = to(http2(script).await, HttpVersion::Http2);
        for channel in [over_http1, over_http2] {
            let status = several(&channel, ctx()).await.1.unwrap_err();
            // Over HTTP/2 so many small frames may be too much for the connection before, and so much that is not a message
            // is too much as well.
            let expected = [Code::DeadlineExceeded, Code::Unavailable, Code::ResourceExhausted];
            assert!(expected.contains(&status.code()), "{media_type} {again:?}: {status:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_says_nothing() {
    let silence: Script = Arc::new(|_| (Vec::new(), After::Stay));
    let address = http1(silence).await;
    for version in VERSIONS {
        let soon = Duration::from_millis(100);
        all_are(
            &outcomes(&to(address, version), || Context::new().with_timeout(soon)).await,
            Code::DeadlineExceeded,
            "the deadline",
        );
    }
    let builder = RestChannel::builder(format!("http://{address}")).http2(true);
    let channel = builder.connect_timeout(Duration::from_millis(100)).build().unwrap();
    all_are(&outcomes(&channel, Context::new).await, Code::Unavailable, "HTTP/2, without a deadline");
    let settings = [frame(4, 0, 0, &[]), frame(4, 1, 0, &[])].concat();
    let address = crate::raw::blunt(Arc::new(move |_| (settings.clone(), After::Stay))).await;
    let builder = RestChannel::builder(format!("http://{address}")).http2(true);
    let often = Some((Duration::from_millis(100), Duration::from_millis(100)));
    let channel = builder.keepalive(often).build().unwrap();
    all_are(&outcomes(&channel, Context::new).await, Code::Unavailable, "it does not answer pings");
}

#[test]
fn an_endpoint_is_shown_without_its_password() {
    for endpoint in ["http://user:secret@host/prefix", "http://host/?token=secret"] {
        let builder = RestChannel::builder(endpoint);
        let error = builder.clone().build().unwrap_err();
        assert!(error.is_invalid_endpoint());
        assert!(!format!("{builder:?} {error:?} {error}").contains("secret"));
    }
}
