//! Everything of tonic that this crate names, in one place.
//!
//! Calls go by code of our own. What is tonic's are the types that a user may share with other crates ([`Status`],
//! metadata), the services that a tonic server mounts or that are mounted here, and the transport below a channel.

#[cfg(feature = "rpc")]
pub use tonic::metadata::{Ascii, AsciiMetadataKey, Binary, BinaryMetadataKey, MetadataMap, MetadataValue};
#[cfg(feature = "server")]
pub use tonic::server::NamedService;
pub use tonic::{Code, Status};
pub use tonic_types::StatusExt;
pub(crate) use tonic_types::{
    BadRequest, DebugInfo, ErrorDetails, ErrorInfo, Help, LocalizedMessage, RetryInfo, pb,
};

/// The address of the peer, as a tonic server tells it in the extensions of a request.
#[cfg(feature = "rpc")]
pub(crate) fn remote_addr(extensions: &http::Extensions) -> Option<std::net::SocketAddr> {
    #[cfg(feature = "server")]
    {
        use tonic::transport::server::TcpConnectInfo;
        #[cfg(feature = "tls")]
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

/// The certificates of the peer, as a tonic server tells them in the extensions of a request.
#[cfg(all(feature = "rpc", feature = "tls"))]
pub(crate) fn certificates(
    extensions: &http::Extensions,
) -> Option<std::sync::Arc<Vec<crate::tls::CertificateDer<'static>>>> {
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
