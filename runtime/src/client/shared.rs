//! What can be set of a channel, whatever it speaks.

/// Gives a builder with the fields `connections`, `settings`, `calls` and `stack` the settings that all channels have.
macro_rules! shared_settings {
    ($builder:ty) => {
        impl $builder {
            /// How long a call may take of which neither its context nor its method says less. Default: no limit.
            pub fn timeout(mut self, timeout: ::std::time::Duration) -> Self {
                self.settings.timeout = Some(timeout);
                self
            }

            /// How long a call of one method may take, as in `/shop.v1.UserService/GetUser`, whatever a service config says of it.
            /// The earliest limit holds: that of the context, of the `.proto`, of the method and of the channel.
            pub fn method_timeout(mut self, path: impl Into<String>, timeout: ::std::time::Duration) -> Self {
                self.calls.timeouts.insert(path.into(), timeout);
                self
            }

            /// Which calls are made again when they fail. Default: those that may be, see
            /// [`Retries`](crate::client::Retries).
            pub fn retries(mut self, retries: crate::client::Retries) -> Self {
                self.calls.retries = retries;
                self
            }

            /// What the owner of the services says of calls: a
            /// [service config](https://github.com/grpc/grpc/blob/master/doc/service_config.md) of gRPC, in JSON. Settings of
            /// this builder go before it, and it goes before the options of the `.proto`.
            ///
            /// # Errors
            /// If it is not a service config, with the place of the mistake.
            pub fn service_config(mut self, json: &str) -> Result<Self, crate::client::ServiceConfigError> {
                let config = crate::client::ServiceConfig::parse(json)?;
                self.connections.balancing.of_config = config.balance();
                self.calls.config = Some(config);
                Ok(self)
            }

            /// How requests are compressed. Default: not at all. A server that does not know the compression refuses them.
            pub fn send_compression(
                mut self,
                compression: impl Into<Option<crate::client::Compression>>,
            ) -> Self {
                self.settings.compression = compression.into();
                self
            }

            /// How responses may be compressed, the preferred first. Default: not at all.
            pub fn accept_compression(
                mut self,
                accepted: impl IntoIterator<Item = crate::client::Compression>,
            ) -> Self {
                self.calls.accepted = crate::protocol::compression::AcceptedCompressions::of(accepted);
                self
            }

            /// How many calls may be under way at once, up to the end of their responses, and how many may wait for that. Any
            /// more fail at once with `RESOURCE_EXHAUSTED`. Default: no limit.
            pub fn max_calls(mut self, under_way: usize, waiting: usize) -> Self {
                self.stack.max_calls = Some((under_way, waiting));
                self
            }

            /// How long connecting may take: finding the address, TCP, TLS, and over HTTP/2 until the server says something.
            /// A call that waits for it longer fails with `UNAVAILABLE`. Default: 10 seconds.
            pub fn connect_timeout(mut self, timeout: ::std::time::Duration) -> Self {
                self.connections.settings.connect_timeout = timeout;
                self
            }

            /// How long to wait before connecting again after an attempt that has failed: `min` after the first, then 1.6 times as
            /// long each time, up to `max`, and a fifth more or less at random. Until then calls fail at once, with `UNAVAILABLE`
            /// and the reason of the last attempt. After the loss of a connection another is made at once, and a tenth of
            /// `min` is the first wait. Default: 1 second, 2 minutes.
            pub fn reconnect_backoff(
                mut self,
                min: ::std::time::Duration,
                max: ::std::time::Duration,
            ) -> Self {
                self.connections.settings.backoff = crate::client::backoff::Backoff::new(min, max);
                self
            }

            /// Whether calls wait for a connection, up to their deadlines, in place of failing when one cannot be made. Default: no.
            pub fn wait_for_ready(mut self, yes: bool) -> Self {
                self.connections.settings.wait_for_ready = yes;
                self
            }

            /// Makes connections with a connector of the user's: over an SSH channel, vsock, or pipes within the process. It is
            /// asked with the URI of the endpoint, and gives what is read and written; an `https` endpoint has TLS on it. There
            /// is no proxy then.
            ///
            /// ```no_run
            /// # fn example() -> Result<(), rsvc::client::ConnectError> {
            /// let connector = tower::service_fn(|_uri| tokio::net::UnixStream::connect("/run/shop.sock"));
            /// let channel = rsvc::Channel::builder("http://shop").connect_with(connector).connect_lazy()?;
            /// # Ok(())
            /// # }
            /// ```
            pub fn connect_with<C>(mut self, connector: C) -> Self
            where
                C: ::tower_service::Service<::http::Uri> + Clone + Send + Sync + 'static,
                C::Response: ::tokio::io::AsyncRead + ::tokio::io::AsyncWrite + Send + Unpin + 'static,
                C::Error: Into<Box<dyn ::std::error::Error + Send + Sync>>,
                C::Future: Send + 'static,
            {
                self.connections.ways.own = Some(crate::client::own::OwnConnector::new(connector));
                self
            }

            /// Connects through a proxy: `http://host:port`, which is asked with `CONNECT`, or `socks5h://host:port`. A user and
            /// a password may stand before the host; nothing shows them. `socks5` resolves names here. Default: none.
            pub fn proxy(mut self, proxy: impl Into<String>) -> Self {
                self.connections.ways.proxies = crate::client::proxy::Proxies::One(proxy.into());
                self
            }

            /// Connects through the proxy that the variables `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY` name for the endpoint, if
            /// `NO_PROXY` does not name its host, as curl does; an endpoint at this machine has no proxy. Default: they are not
            /// read, so that nobody else decides where calls go.
            pub fn proxy_from_env(mut self) -> Self {
                self.connections.ways.proxies = crate::client::proxy::Proxies::Environment;
                self
            }

            /// The address of this machine that connections over TCP are made from. Default: that which the system chooses.
            pub fn local_address(mut self, address: ::std::net::IpAddr) -> Self {
                self.connections.settings.local_address = Some(address);
                self
            }

            /// What stands before the name of this library in the header `user-agent`, as in `shop/1.2`. Default: nothing.
            pub fn user_agent(mut self, name: impl AsRef<str>) -> Self {
                match crate::protocol::client::user_agent(name.as_ref()) {
                    Ok(value) => self.settings.user_agent = Some(value),
                    Err(_) => self.connections.wrong = Some("the user agent is not text for a header"),
                }
                self
            }

            /// Adds a layer of tower around the connections, inside of interceptors and of what this builder says about retries.
            /// The first one added is the outermost. It sees requests with their headers as they are sent.
            ///
            /// ```no_run
            /// # fn example() -> Result<(), rsvc::client::ConnectError> {
            /// let layer = tower::layer::layer_fn(|inner: rsvc::client::ChannelService| inner);
            /// let channel = rsvc::Channel::builder("http://127.0.0.1:8080").layer(layer).connect_lazy()?;
            /// # Ok(())
            /// # }
            /// ```
            pub fn layer<L, B>(mut self, layer: L) -> Self
            where
                L: ::tower_layer::Layer<crate::client::ChannelService> + Send + Sync + 'static,
                L::Service: ::tower_service::Service<
                        ::http::Request<crate::Body>,
                        Response = ::http::Response<B>,
                        Error: Into<Box<dyn ::std::error::Error + Send + Sync>>,
                        Future: Send + 'static,
                    > + Clone
                    + Send
                    + Sync
                    + 'static,
                B: ::http_body::Body<Data = ::bytes::Bytes> + Send + 'static,
                B::Error: Into<Box<dyn ::std::error::Error + Send + Sync>>,
            {
                self.stack.layers.add(layer);
                self
            }

            /// How many connections of HTTP/2 calls are spread over. Default: 1. Over HTTP/1.1 each call has a connection of its
            /// own while it lasts.
            pub fn connections(mut self, count: usize) -> Self {
                self.connections.settings.connections = count;
                self
            }

            /// How many connections of HTTP/2 there may be when those that there are have as many calls as the server allows;
            /// further calls wait. What is no longer needed is closed. Default: 4.
            pub fn max_connections(mut self, count: usize) -> Self {
                self.connections.settings.max_connections = count;
                self
            }

            /// Spreads calls over several addresses of the server, each as in `10.0.0.1:8080` or as an
            /// [`Endpoint`](crate::client::Endpoint). The endpoint of the channel is then what requests name as their server and
            /// what certificates have to be for, and is not connected to. How they are spread
            /// [`balance`](Self::balance) says.
            pub fn endpoints(
                mut self,
                endpoints: impl IntoIterator<Item: Into<crate::client::Endpoint>>,
            ) -> Self {
                let endpoints = endpoints.into_iter().map(Into::into).collect();
                self.connections.balancing.source = Some(crate::client::balance::Source::Given(endpoints));
                self
            }

            /// Spreads calls over all addresses that the name of the channel's endpoint stands for, and asks for them again
            /// now and then. An endpoint `dns:///name:port` is the same as `http://name:port` with this.
            pub fn dns(mut self, dns: crate::client::Dns) -> Self {
                self.connections.balancing.source = Some(crate::client::balance::Source::Dns(dns));
                self
            }

            /// Spreads calls over endpoints that change: each item of the stream names all that there are. One that is empty or
            /// an error, and the end of the stream, leave those that there are. One channel can be made of it.
            pub fn endpoint_stream<E>(
                mut self,
                endpoints: impl ::futures_util::Stream<Item = Result<Vec<crate::client::Endpoint>, E>>
                + Send
                + 'static,
            ) -> Self
            where
                E: Into<Box<dyn ::std::error::Error + Send + Sync>> + 'static,
            {
                self.connections.balancing.source = Some(crate::client::balance::Source::stream(endpoints));
                self
            }

            /// How calls are spread over several endpoints. Default: [`Balance::round_robin`](crate::client::Balance::round_robin).
            pub fn balance(mut self, balance: crate::client::Balance) -> Self {
                self.connections.balancing.balance = Some(balance);
                self
            }

            /// How often a ping asks whether the server is still there while calls are under way, and how long it may take to
            /// answer; then the calls fail with `UNAVAILABLE`. Over HTTP/1.1 the kernel asks, by TCP. Default: every 2 minutes,
            /// 20 seconds. `None` never asks.
            pub fn keepalive(
                mut self,
                interval_and_timeout: Option<(::std::time::Duration, ::std::time::Duration)>,
            ) -> Self {
                self.connections.settings.limits.keepalive =
                    interval_and_timeout.map(crate::protocol::limits::Keepalive::of);
                self
            }

            /// Whether requests are checked before they leave: one that breaks a rule fails as the server would have it fail,
            /// without a call. Default: no, since the server checks in any case, and its rules may be newer.
            pub fn validate_requests(mut self, validate: bool) -> Self {
                self.settings.validate_requests = validate;
                self
            }

            /// The largest response message, in bytes, after decompression. Beyond it a call fails with `RESOURCE_EXHAUSTED`.
            /// Default: 4 MiB.
            pub fn max_response_size(mut self, bytes: usize) -> Self {
                self.settings.messages.received.size = bytes;
                self
            }

            /// The memory that a response message may take once it is read, in bytes; 32 times its size is allowed in any case.
            /// Default: 32 MiB. Beyond it a call fails with `RESOURCE_EXHAUSTED`.
            pub fn max_message_memory(mut self, bytes: usize) -> Self {
                self.settings.messages.received.memory = bytes;
                self
            }

            /// The most that the headers of a response may have, in bytes; each header counts 32 more than its name and value, as
            /// HTTP/2 has it. Beyond it a call fails with `RESOURCE_EXHAUSTED`. Over HTTP/2 it holds for trailers as well. Default:
            /// 16 KiB, and 100 headers over HTTP/1.1.
            pub fn max_header_list_size(mut self, bytes: u32) -> Self {
                self.connections.settings.limits.max_header_list_size = bytes;
                self
            }

            /// How many bytes of a response may come before they are taken, over HTTP/2: more is faster over long
            /// distances and takes more memory. Between 1 KiB and 2 GiB. Default: 2 MiB.
            pub fn initial_stream_window_size(mut self, bytes: u32) -> Self {
                self.connections.settings.limits.flow.set_stream_window(bytes);
                self
            }

            /// The same of all responses of a connection together. At least 64 KiB. Default: 5 MiB.
            pub fn initial_connection_window_size(mut self, bytes: u32) -> Self {
                self.connections.settings.limits.flow.set_connection_window(bytes);
                self
            }

            /// Measures how far away the other end is, and lets both windows grow by that, from 64 KiB up to 16 MiB. They are then
            /// not those that were set. Default: no.
            pub fn adaptive_window(mut self, yes: bool) -> Self {
                self.connections.settings.limits.flow.set_adaptive(yes);
                self
            }

            /// The largest frame of HTTP/2 that is taken, in bytes. Between 16 KiB and 16 MiB. Default: 16 KiB.
            pub fn max_frame_size(mut self, bytes: u32) -> Self {
                self.connections.settings.limits.flow.set_max_frame_size(bytes);
                self
            }

            /// Adds an interceptor around all calls. The first one added is the outermost.
            pub fn intercept(mut self, interceptor: impl crate::call::intercept::Interceptor) -> Self {
                self.settings.around_mut().interceptors.add(interceptor);
                self
            }

            /// What calls show of their caller. Default: nothing but the metadata of their contexts.
            ///
            /// Making the channel fails if a token would be sent over plain text, unless
            /// [that is allowed](crate::client::Credentials::over_plain_text).
            pub fn credentials(mut self, credentials: crate::client::Credentials) -> Self {
                self.stack.credentials = Some(credentials);
                self
            }

            /// Makes a span of `tracing` for each call, by OpenTelemetry's conventions, inside the one that is current. Default:
            /// none.
            #[cfg(feature = "spans")]
            pub fn spans(mut self) -> Self {
                self.settings.around_mut().sight.spans = true;
                self
            }

            /// Measures each call, with the recorder that is installed for the crate `metrics`. Default: none.
            #[cfg(feature = "metrics")]
            pub fn metrics(mut self) -> Self {
                self.settings.around_mut().sight.metrics = true;
                crate::sight::describe_metrics();
                self
            }

            /// What an `https` endpoint is to show and to be shown. Default: a certificate of a well-known authority, nothing.
            #[cfg(feature = "_tls")]
            pub fn tls(mut self, tls: crate::tls::ClientTls) -> Self {
                self.connections.tls = tls;
                self
            }
        }
    };
}

pub(super) use shared_settings;
