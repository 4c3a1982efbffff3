//! Everything of tonic that this crate names, in one place.
//!
//! Calls go by code of our own. What is tonic's are the types that a user may share with other crates ([`Status`],
//! metadata), the services that a tonic server mounts or that are mounted here, and the transport below a channel.

#[cfg(feature = "server")]
pub(crate) use tonic::body::Body as TonicBody;
#[cfg(feature = "rpc")]
pub use tonic::metadata::{Ascii, AsciiMetadataKey, Binary, BinaryMetadataKey, MetadataMap, MetadataValue};
#[cfg(feature = "server")]
pub use tonic::server::NamedService;
#[cfg(feature = "server")]
pub use tonic::transport::server::Connected;
#[cfg(feature = "server")]
pub(crate) use tonic::transport::server::TcpConnectInfo;
#[cfg(all(unix, feature = "server"))]
pub(crate) use tonic::transport::server::UdsConnectInfo;
pub use tonic::{Code, Status};
#[cfg(feature = "rpc")]
pub(crate) use tonic_types::ErrorDetails;
pub use tonic_types::StatusExt;
pub(crate) use tonic_types::{BadRequest, DebugInfo, ErrorInfo, Help, LocalizedMessage, RetryInfo, pb};

/// The address of the peer, where tonic's transport has noted it on a request.
#[cfg(feature = "rpc")]
pub(crate) fn remote_addr(extensions: &http::Extensions) -> Option<std::net::SocketAddr> {
    #[cfg(feature = "server")]
    {
        use tonic::transport::server::TcpConnectInfo;
        #[cfg(feature = "_tls")]
        if let Some(info) = extensions.get::<tonic::transport::server::TlsConnectInfo<TcpConnectInfo>>() {
            return info.get_ref().remote_addr;
        }
        extensions.get::<TcpConnectInfo>()?.remote_addr
    }
    #[cfg(not(feature = "server"))]
    {
        let _ = extensions;
        None
    }
}

/// The certificates of the peer, where tonic's transport has noted them on a request.
#[cfg(all(feature = "rpc", feature = "_tls"))]
pub(crate) fn certificates(
    extensions: &http::Extensions,
) -> Option<std::sync::Arc<Vec<tokio_rustls::rustls::pki_types::CertificateDer<'static>>>> {
    #[cfg(feature = "server")]
    {
        use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};
        extensions.get::<TlsConnectInfo<TcpConnectInfo>>()?.peer_certs()
    }
    #[cfg(not(feature = "server"))]
    {
        let _ = extensions;
        None
    }
}

/// A channel made with tonic.
#[cfg(feature = "tonic-channel")]
pub(crate) use tonic::transport::Channel as TonicChannel;

/// Sends a request through a channel made with tonic.
#[cfg(feature = "tonic-channel")]
pub(crate) async fn send<B>(
    mut channel: TonicChannel,
    request: http::Request<B>,
) -> Result<http::Response<tonic::body::Body>, Box<dyn std::error::Error + Send + Sync>>
where
    B: http_body::Body<Data = bytes::Bytes, Error = Status> + Send + 'static,
{
    use tower_service::Service as _;

    std::future::poll_fn(|task| channel.poll_ready(task)).await?;
    Ok(channel.call(request.map(tonic::body::Body::new)).await?)
}

/// Whether a channel made with tonic has found that the time of a call is over, which it reads from the headers.
#[cfg(feature = "tonic-channel")]
pub(crate) fn is_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<tonic::TimeoutExpired>() || error.source().is_some_and(is_timeout)
}
