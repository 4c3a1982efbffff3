//! Channels by what the suite asks of them, each made once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, bail};
use conformance::connect::{ClientCompatRequest, Codec, Compression, HttpVersion, Protocol};
use rsvc::Channel;
use rsvc::client;
use rsvc::tls::{ClientTls, Identity};

/// Everything of a request that its channel depends on.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    host: String,
    port: u32,
    http_version: HttpVersion,
    protocol: Protocol,
    codec: Codec,
    compression: Compression,
    use_get: bool,
    limit: u32,
    /// The certificate that the server's is to be, and the client's own with its key; without them there is no TLS.
    server_cert: Vec<u8>,
    creds: Option<(Vec<u8>, Vec<u8>)>,
}

/// All channels so far.
#[derive(Default)]
pub(crate) struct Channels(Mutex<HashMap<Key, Channel>>);

impl Channels {
    /// The channel for a request.
    pub(crate) fn find(&self, request: &ClientCompatRequest) -> Result<Channel> {
        let key = Key {
            host: request.host.clone(),
            port: request.port,
            http_version: request.http_version(),
            protocol: request.protocol(),
            codec: request.codec(),
            compression: request.compression(),
            use_get: request.use_get_http_method,
            limit: request.message_receive_limit,
            server_cert: request.server_tls_cert.clone(),
            creds: request.client_tls_creds.clone().map(|creds| (creds.cert, creds.key)),
        };
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(&key) {
            return Ok(channel.clone());
        }
        let channel = connect(&key)?;
        channels.insert(key, channel.clone());
        Ok(channel)
    }
}

fn connect(key: &Key) -> Result<Channel> {
    let tls = (!key.server_cert.is_empty()).then(|| {
        let tls = ClientTls::new().ca(&*key.server_cert);
        match &key.creds {
            Some((cert, own_key)) => tls.identity(Identity::from_pem(&**cert, &**own_key)),
            None => tls,
        }
    });
    let scheme = if tls.is_some() { "https" } else { "http" };
    let mut builder = Channel::builder(format!("{scheme}://{}:{}", key.host, key.port))
        .protocol(match key.protocol {
            Protocol::Connect => client::Protocol::Connect,
            Protocol::Grpc => client::Protocol::Grpc,
            Protocol::GrpcWeb => client::Protocol::GrpcWeb,
            Protocol::Unspecified => bail!("a request without a protocol"),
        })
        .codec(match key.codec {
            Codec::Proto => client::Codec::Protobuf,
            Codec::Json => client::Codec::Json,
            other => bail!("not a codec of ours: {other:?}"),
        })
        .http_version(match key.http_version {
            HttpVersion::HttpVersion1 => client::HttpVersion::Http1,
            HttpVersion::HttpVersion2 => client::HttpVersion::Http2,
            other => bail!("not a version of HTTP that we speak: {other:?}"),
        })
        .use_get(key.use_get);
    let compression = match key.compression {
        Compression::Unspecified | Compression::Identity => None,
        Compression::Gzip => Some(client::Compression::Gzip),
        Compression::Br => Some(client::Compression::Brotli),
        Compression::Zstd => Some(client::Compression::Zstd),
        other => bail!("not a compression of ours: {other:?}"),
    };
    // Servers may compress what they send as requests are.
    builder = builder.send_compression(compression).accept_compression(compression);
    if key.limit > 0 {
        builder = builder.max_response_size(key.limit as usize);
    }
    if let Some(tls) = tls {
        builder = builder.tls(tls);
    }
    Ok(builder.connect_lazy()?)
}
