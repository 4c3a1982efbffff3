//! [`Service`]: what generated code is to the protocols.

use std::pin::Pin;

use http::request::Parts;
use http::{Request, Response};

use crate::call::Body;
use crate::call::exchange::{Call, Handling};
use crate::method::ServiceInfo;
#[cfg(feature = "rest")]
use crate::transcode::binding::Binding;

/// A service as generated: one `match` over its methods, whatever the protocol of a call.
pub trait Service: Send + Sync + 'static {
    /// What the service is.
    const INFO: &'static ServiceInfo;

    /// How it can be reached over REST.
    #[cfg(feature = "rest")]
    const BINDINGS: &'static [Binding] = &[];

    /// Hands a call to the handler of the method with this index in [`ServiceInfo::methods`].
    fn call<'a>(&'a self, method: usize, call: Call<'a>) -> Handling<'a>;
}

/// A response on its way.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// A response that is there.
pub(crate) fn answered(response: Response<Body>) -> Answering {
    Box::pin(std::future::ready(response))
}

/// The head of a request, for what needs all of it. Heads are large: what needs a part takes that from where it is.
pub(crate) fn take_parts(parts: &mut Parts) -> Parts {
    let (empty, ()) = Request::new(()).into_parts();
    std::mem::replace(parts, empty)
}

/// A [`Service`] without its type.
pub(crate) trait AnyService: Send + Sync {
    fn info(&self) -> &'static ServiceInfo;

    #[cfg(feature = "rest")]
    fn bindings(&self) -> &'static [Binding];

    fn call<'a>(&'a self, method: usize, call: Call<'a>) -> Handling<'a>;
}

impl<S: Service> AnyService for S {
    fn info(&self) -> &'static ServiceInfo {
        S::INFO
    }

    #[cfg(feature = "rest")]
    fn bindings(&self) -> &'static [Binding] {
        S::BINDINGS
    }

    fn call<'a>(&'a self, method: usize, call: Call<'a>) -> Handling<'a> {
        Service::call(self, method, call)
    }
}
