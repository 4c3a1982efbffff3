//! The first endpoint that can be connected to: each has some time before the next is tried as well.

use std::future::pending;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rsvc::Channel;
use rsvc::client::{Balance, Endpoint};
use rsvc::codegen::http::Uri;
use tokio::io::DuplexStream;
use tokio::time::{Instant, sleep};

use crate::setup::who;

/// How long the first one takes to fail.
const FAILS: Duration = Duration::from_millis(200);
/// How long each is waited for before the next is tried.
const DELAY: Duration = Duration::from_millis(250);

#[tokio::test(start_paused = true)]
async fn the_next_is_tried_some_time_after_the_last_one() {
    let begun = Instant::now();
    let asked = Arc::<Mutex<Vec<(String, Duration)>>>::default();
    let noted = Arc::clone(&asked);
    let connector = tower::service_fn(move |uri: Uri| {
        let host = uri.host().unwrap().to_owned();
        noted.lock().unwrap().push((host.clone(), begun.elapsed()));
        async move {
            if host != "fails.test" {
                pending::<()>().await;
            }
            sleep(FAILS).await;
            Err::<DuplexStream, _>(io::Error::other("nobody listens"))
        }
    });
    // Meanwhile the first one is tried again and again, which does not hold up the others.
    let again = FAILS / 4;
    let channel = Channel::builder("http://shop.test")
        .endpoints(
            ["fails.test:80", "silent-1.test:80", "silent-2.test:80", "silent-3.test:80"].map(Endpoint::new),
        )
        .balance(Balance::pick_first())
        .reconnect_backoff(again, again)
        .connect_with(connector)
        .connect_lazy()
        .unwrap();
    let call = tokio::spawn(async move { who(&channel).await });
    sleep(Duration::from_secs(3)).await;
    call.abort();
    let asked = asked.lock().unwrap().clone();
    let first = |host: &str| {
        let (_, after) = asked.iter().find(|(asked, _)| asked == host).unwrap_or_else(|| panic!("{host}"));
        after.as_millis()
    };
    let expected = [Duration::ZERO, FAILS, FAILS + DELAY, FAILS + DELAY * 2].map(|after| after.as_millis());
    let hosts = ["fails.test", "silent-1.test", "silent-2.test", "silent-3.test"];
    // The clock has milliseconds, and rounds up.
    for (host, expected) in hosts.into_iter().zip(expected) {
        assert!((expected..expected + 10).contains(&first(host)), "{host}: {asked:?}");
    }
    assert!(asked.iter().filter(|(host, _)| host == "fails.test").count() > 5, "{asked:?}");
}
