//! Files for browsers, such as the page of `examples/web`.

use std::path::Path;

use anyhow::bail;
use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

/// What a browser is told of each file. The first: nothing but the shop itself, and no code but in files of its own.
const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// The files of a folder, below `/web/`. Fails if the folder has no page: a wrong path is better noticed at the start.
pub(crate) fn pages(folder: &Path) -> anyhow::Result<Router> {
    if !folder.join("index.html").is_file() {
        bail!("{} has no index.html: examples/web/README.md tells how it is built", folder.display());
    }
    let mut router = Router::new().nest_service("/web", ServeDir::new(folder));
    for (name, value) in HEADERS {
        router = router.layer(SetResponseHeaderLayer::overriding(name, value));
    }
    Ok(router)
}
