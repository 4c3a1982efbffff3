//! What can be chosen about REST, and the limits.

#[cfg(feature = "compression")]
use std::sync::Arc;
use std::time::Duration;

use super::error_body::{ErrorBody, ErrorResponse, WriteError};
use super::origins::Origins;
use crate::call::aside::LargeSeen;
use crate::call::dispatch::Policy;
use crate::call::idle::IdleTimeout;
use crate::json::WriteOptions;
use crate::metadata;
#[cfg(feature = "compression")]
use crate::protocol::compression::held::DecoderMemory;
use crate::protocol::limits::ReceiveLimits;
use crate::transcode::url::QueryRules;

/// How REST is served: limits, and what to do where the specification leaves a choice.
///
/// ```
/// use std::time::Duration;
/// use rsvc::rest::Options;
///
/// let options = Options::new().max_body_size(64 << 20).body_timeout(Duration::from_mins(5)).refuse_unknown(true);
/// ```
///
/// # Limits and their defaults
///
/// | | | beyond it |
/// |---|---|---|
/// | [`max_body_size`](Self::max_body_size) | 4 MiB | 413 |
/// | [`max_message_memory`](Self::max_message_memory) | 32 MiB, or 32 times the body's size | 413 |
/// | [`max_uri_length`](Self::max_uri_length) | 16 KiB | 414 |
/// | [`max_header_size`](Self::max_header_size) | 16 KiB | 431 |
/// | [`max_query_pairs`](Self::max_query_pairs) | 2,000 | 400 |
/// | [`max_depth`](Self::max_depth) | 100 levels, the most that there can be | 400 |
/// | [`max_form_fields`](Self::max_form_fields) | 1,000 | 400 |
/// | [`max_form_text`](Self::max_form_text) | 1 MiB | 413 |
/// | [`max_part_header_size`](Self::max_part_header_size) | 8 KiB | 413 |
/// | [`body_timeout`](Self::body_timeout) | 30 seconds | 408 |
/// | [`idle_timeout`](Self::idle_timeout) | 30 seconds | 408, `DEADLINE_EXCEEDED` |
/// | [`min_rate`](Self::min_rate) | 240 bytes a second | 408, `DEADLINE_EXCEEDED` |
/// | [`send_timeout`](Self::send_timeout) | 30 seconds | the WebSocket ends |
/// | [`max_decoder_memory`](Self::max_decoder_memory) | 64 MiB | 429, with `Retry-After` |
#[derive(Clone, Debug)]
#[must_use = "options do nothing until they are given to a server"]
pub struct Options {
    pub(crate) received: ReceiveLimits,
    pub(crate) max_uri_length: usize,
    pub(crate) max_header_size: usize,
    pub(crate) max_query_pairs: usize,
    pub(crate) max_depth: u32,
    pub(crate) forms: FormLimits,
    pub(crate) body_timeout: Duration,
    pub(crate) idle_timeout: IdleTimeout,
    #[cfg(feature = "websocket")]
    pub(crate) send_timeout: Duration,
    pub(crate) origins: Origins,
    /// The hosts that are served, in lower case; `None` for any.
    pub(crate) hosts: Option<Vec<String>>,
    pub(crate) refuse_unknown: bool,
    pub(crate) json: WriteOptions,
    pub(crate) keep_alive: Duration,
    #[cfg(feature = "compression")]
    pub(crate) compression: CompressionOptions,
    /// What the decoders of all compressed requests hold that have not arrived.
    #[cfg(feature = "compression")]
    pub(crate) decoders: Arc<DecoderMemory>,
    /// What makes the bodies of errors, instead of us.
    pub(crate) write_error: Option<WriteError>,
    /// The headers that become metadata, sorted; `None` for all.
    pub(crate) request_headers: Option<Vec<String>>,
    /// The metadata that goes out under its own name, sorted.
    pub(crate) response_headers: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            received: ReceiveLimits::default(),
            max_uri_length: 16 << 10,
            max_header_size: 16 << 10,
            max_query_pairs: 2_000,
            max_depth: 100,
            forms: FormLimits::default(),
            body_timeout: Duration::from_secs(30),
            idle_timeout: IdleTimeout::default(),
            #[cfg(feature = "websocket")]
            send_timeout: Duration::from_secs(30),
            origins: Origins::default(),
            hosts: None,
            refuse_unknown: false,
            json: WriteOptions::new(),
            keep_alive: Duration::from_secs(15),
            #[cfg(feature = "compression")]
            compression: CompressionOptions::default(),
            #[cfg(feature = "compression")]
            decoders: Arc::default(),
            write_error: None,
            request_headers: None,
            response_headers: RESPONSE_HEADERS.map(str::to_owned).into(),
        }
    }
}

/// What is a header of HTTP when a handler sets it, and not metadata.
const RESPONSE_HEADERS: [&str; 15] = [
    "cache-control",
    "content-disposition",
    "content-language",
    "deprecation",
    "etag",
    "expires",
    "last-modified",
    "link",
    "location",
    "retry-after",
    "server-timing",
    "set-cookie",
    "sunset",
    "vary",
    "www-authenticate",
];

impl Options {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many bytes the body of a request may have, after decompression. For a stream it holds for each message.
    pub fn max_body_size(mut self, bytes: usize) -> Self {
        self.received.size = bytes;
        self
    }

    /// How many bytes of memory a request may take once its body is read: `{}` is two bytes in a list of messages and
    /// hundreds in memory. 32 times the size of the body is allowed in any case. For a stream it holds for each message.
    pub fn max_message_memory(mut self, bytes: usize) -> Self {
        self.received.memory = bytes;
        self
    }

    /// How many bytes the path and the query may have together.
    pub fn max_uri_length(mut self, bytes: usize) -> Self {
        self.max_uri_length = bytes;
        self
    }

    /// How many bytes the names and values of the request's headers may have together.
    pub fn max_header_size(mut self, bytes: usize) -> Self {
        self.max_header_size = bytes;
        self
    }

    /// How many parameters a query may have.
    pub fn max_query_pairs(mut self, count: usize) -> Self {
        self.max_query_pairs = count;
        self
    }

    /// How deep the messages in a body may nest, 100 at most: see
    /// [`depth_limit`](crate::json::ReadOptions::depth_limit).
    pub fn max_depth(mut self, levels: u32) -> Self {
        self.max_depth = levels;
        self
    }

    /// How many fields and files a form may have, those that are ignored included.
    pub fn max_form_fields(mut self, count: usize) -> Self {
        self.forms.fields = count;
        self
    }

    /// How many bytes the names and the values of a form may have together, files left out. They are kept until all
    /// of them are there, or a file begins.
    pub fn max_form_text(mut self, bytes: usize) -> Self {
        self.forms.text = bytes;
        self
    }

    /// How many bytes the headers of a part of a multipart form may have together.
    pub fn max_part_header_size(mut self, bytes: usize) -> Self {
        self.forms.part_header = bytes;
        self
    }

    /// How long the body of a request may take to arrive as a whole. It does not hold for streams.
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.body_timeout = timeout;
        self
    }

    /// How long a client may keep the server waiting: within a body, for the next message of a stream unless both sides
    /// stream, and over WebSocket with any sign of life. Default: 30 seconds.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout.timeout = Some(timeout.max(Duration::from_millis(1)));
        self
    }

    /// How many bytes of a body or a message must come each second, on average over the [`idle_timeout`], and how many
    /// a WebSocket must take. With 0 any progress is enough. Default: 240.
    ///
    /// [`idle_timeout`]: Self::idle_timeout
    pub fn min_rate(mut self, bytes_per_second: u32) -> Self {
        self.idle_timeout.min_rate = bytes_per_second;
        self
    }

    /// How long the client of a WebSocket may not read while there is something to be sent. Other responses have the
    /// limits of the server's connections. Default: 30 seconds.
    #[cfg(feature = "websocket")]
    pub fn send_timeout(mut self, timeout: Duration) -> Self {
        self.send_timeout = timeout;
        self
    }

    /// Whether parameters and fields of a body that the message does not have are an error. By default they are
    /// ignored, so that clients may be newer than the server.
    pub fn refuse_unknown(mut self, refuse: bool) -> Self {
        self.refuse_unknown = refuse;
        self
    }

    /// How messages are written as JSON.
    pub fn json(mut self, json: WriteOptions) -> Self {
        self.json = json;
        self
    }

    /// Makes the bodies of all errors with a function, for services whose callers expect a form of their own. Status and
    /// headers stay what they are. Where the function gives `None`, the usual body is sent; likewise, with an error in the
    /// log, where it panics.
    ///
    /// In a stream that has begun, the body is put where the usual one would be, and has to be JSON on one line. The
    /// clients that rsvc generates read the usual form: from another they have the code of the HTTP status alone.
    ///
    /// ```
    /// use rsvc::rest::{ErrorBody, Options};
    ///
    /// let options = Options::new().error_body(|error| {
    ///     let (code, status) = (error.status().code() as i32, error.http_status().as_u16());
    ///     Some(ErrorBody::json(format!(r#"{{"ok":false,"code":{code},"status":{status}}}"#)))
    /// });
    /// ```
    pub fn error_body(
        mut self,
        write: impl Fn(&ErrorResponse<'_>) -> Option<ErrorBody> + Send + Sync + 'static,
    ) -> Self {
        self.write_error = Some(WriteError::new(write));
        self
    }

    /// The headers that become metadata, besides `Grpc-Metadata-*`, `authorization`, the trace, and those that speak of
    /// the hop, which never travel on. By default all do, as they do over gRPC.
    pub fn request_headers<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.request_headers = Some(sorted(names));
        self
    }

    /// The metadata that handlers set and that goes out as a header of its own name; other metadata goes out as
    /// `Grpc-Metadata-*`. By default these are headers that HTTP has words for: `cache-control`, `content-disposition`,
    /// `content-language`, `deprecation`, `etag`, `expires`, `last-modified`, `link`, `location`, `retry-after`,
    /// `server-timing`, `set-cookie`, `sunset`, `vary` and `www-authenticate`.
    pub fn response_headers<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.response_headers = sorted(names);
        self
    }

    /// The size in bytes from which responses are compressed for clients that accept it, in gzip, or with the features of these
    /// names in br and zstd; streams are at any. `None` compresses nothing. Default: 1 KiB.
    #[cfg(feature = "compression")]
    pub fn compress_from(mut self, bytes: Option<u64>) -> Self {
        self.compression.responses_from = bytes;
        self
    }

    /// Whether the bodies of requests may be compressed with gzip, or with the features of these names with br and
    /// zstd. What they become counts for the limits. Default: no.
    #[cfg(feature = "compression")]
    pub fn accept_compressed(mut self, accept: bool) -> Self {
        self.compression.requests = accept;
        self
    }

    /// How much the decoders of all compressed requests may hold whose rest has not arrived, in bytes: each keeps what it
    /// may have to look back at, up to 16 MiB. A request beyond that is refused with `RESOURCE_EXHAUSTED` (429) and the time
    /// after which to try again. gzip, and what arrives at once, counts for nothing. Default: 64 MiB.
    #[cfg(feature = "compression")]
    pub fn max_decoder_memory(mut self, bytes: usize) -> Self {
        self.decoders = Arc::new(DecoderMemory::new(bytes));
        self
    }

    /// How long a stream of server-sent events, of protobuf or over WebSocket may say nothing before something is said
    /// that means nothing, so that nobody on the way takes the connection for dead. Default: 15 seconds.
    pub fn keep_alive(mut self, interval: Duration) -> Self {
        self.keep_alive = interval.max(Duration::from_millis(1));
        self
    }

    /// Lets pages of another origin, as `https://app.example`, call: open a WebSocket, and send what browsers send
    /// without asking first, as forms and texts. By default only pages of the server's own host may, and whoever is no
    /// page: a page of any other would act with the cookies of whoever looks at it.
    ///
    /// What a browser asks for first (JSON, other methods than `GET` and `POST`) is up to a layer for CORS.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        if let Origins::Own(others) = &mut self.origins {
            others.push(origin.into());
        }
        self
    }

    /// Lets pages of all origins call: for servers that know callers by nothing that a browser sends by itself.
    pub fn allow_any_origin(mut self) -> Self {
        self.origins = Origins::Any;
        self
    }

    /// The hosts that are served, as `api.example` or `localhost:8080`: a request for another is answered with 421.
    /// Without a port, a host is served at any. By default all are: it is the proxy in front that knows.
    ///
    /// Where there is none, as on a developer's machine, a list stops pages that let a name of their own lead there
    /// (DNS rebinding).
    pub fn hosts<'a>(mut self, hosts: impl IntoIterator<Item = &'a str>) -> Self {
        self.hosts = Some(sorted(hosts));
        self
    }

    /// What holds for queries.
    pub(crate) fn query_rules(&self) -> QueryRules {
        QueryRules { max_pairs: self.max_query_pairs, refuse_unknown: self.refuse_unknown }
    }

    /// Whether a request's header becomes metadata.
    pub(crate) fn receives(&self, name: &str) -> bool {
        self.request_headers.as_ref().is_none_or(|names| {
            contains(names, name)
                || name == "authorization"
                || metadata::is_trace(name)
                || !metadata::is_application(name)
        })
    }

    /// Whether metadata goes out under its own name.
    pub(crate) fn sends(&self, key: &str) -> bool {
        contains(&self.response_headers, key)
    }
}

/// The limits of forms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FormLimits {
    /// How many fields and files there may be.
    pub(crate) fields: usize,
    /// How many bytes the names and values may have together that are not files.
    pub(crate) text: usize,
    /// How many bytes the head of a part may have.
    #[cfg_attr(not(feature = "multipart"), allow(dead_code, reason = "only multipart forms have parts"))]
    pub(crate) part_header: usize,
}

impl Default for FormLimits {
    fn default() -> Self {
        Self { fields: 1_000, text: 1 << 20, part_header: 8 << 10 }
    }
}

/// What a server does about compression.
#[cfg(feature = "compression")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct CompressionOptions {
    /// The size from which responses are compressed; `None` never compresses.
    pub(crate) responses_from: Option<u64>,
    /// Whether requests may be compressed.
    pub(crate) requests: bool,
}

#[cfg(feature = "compression")]
impl Default for CompressionOptions {
    fn default() -> Self {
        Self { responses_from: Some(1024), requests: false }
    }
}

fn sorted<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<_> = names.into_iter().map(str::to_ascii_lowercase).collect();
    names.sort_unstable();
    names
}

fn contains(sorted: &[String], name: &str) -> bool {
    sorted.binary_search_by(|other| other.as_str().cmp(name)).is_ok()
}

/// What a server says about every REST call.
#[derive(Clone, Default)]
pub(crate) struct RestSettings {
    pub(crate) policy: Policy,
    pub(crate) options: Options,
    pub(crate) large_seen: LargeSeen,
}
