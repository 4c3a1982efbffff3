//! Several connections to a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rsvc::Context;
use tokio::time::{pause, resume, sleep, timeout};

use crate::server::{LONG, Serve, Server, answer, answer_all, unary};

/// Answers calls after some time. `open` is told how many connections there are.
fn slow(open: &Arc<AtomicUsize>) -> Serve {
    let open = Arc::clone(open);
    Arc::new(move |_, mut connection| {
        let open = Arc::clone(&open);
        open.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            while let Some(Ok((_, respond))) = connection.accept().await {
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    answer(respond);
                });
            }
            open.fetch_sub(1, Ordering::SeqCst);
        })
    })
}

#[tokio::test]
async fn a_connection_that_is_full_is_not_the_only_one() {
    for (max, expected) in [(1, 1), (3, 3), (8, 5)] {
        let server = Server::start(4, slow(&Arc::default())).await;
        let channel = server.builder().max_connections(max).connect().await.unwrap();
        // The server's limit is known once it has answered.
        unary(&channel, Context::new()).await.unwrap();
        let since = Instant::now();
        for outcome in join_all((0..20).map(|_| unary(&channel, Context::new()))).await {
            outcome.unwrap();
        }
        let count = server.connections();
        println!("20 calls at once, 4 a connection, at most {max}: {count} after {:?}", since.elapsed());
        assert_eq!(count, expected);
    }
}

#[tokio::test]
async fn calls_are_spread_over_as_many_connections_as_are_asked_for() {
    let server = Server::start(100, slow(&Arc::default())).await;
    let channel = server.builder().connections(4).connect().await.unwrap();
    for _ in 0..5 {
        for outcome in join_all((0..8).map(|_| unary(&channel, Context::new()))).await {
            outcome.unwrap();
        }
    }
    assert_eq!(server.connections(), 4);
}

#[tokio::test]
async fn one_connection_is_enough_for_calls_one_after_the_other() {
    let server = Server::start(1, Arc::new(|_, connection| Box::pin(answer_all(connection)))).await;
    let channel = server.builder().connect_lazy().unwrap();
    for _ in 0..20 {
        unary(&channel, Context::new()).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn connections_that_are_not_needed_any_more_are_closed() {
    for kept in [1, 2] {
        let open = Arc::new(AtomicUsize::new(0));
        let server = Server::start(4, slow(&open)).await;
        let channel = server.builder().connections(kept).max_connections(8).connect().await.unwrap();
        unary(&channel, Context::new()).await.unwrap();
        for outcome in join_all((0..20).map(|_| unary(&channel, Context::new()))).await {
            outcome.unwrap();
        }
        let most = server.connections();
        assert!(most >= 5, "{most}");
        assert_eq!(open.load(Ordering::SeqCst), most);
        // They are looked for every half minute. The first time they had calls.
        pause();
        for looks in 0..2 {
            assert_eq!(open.load(Ordering::SeqCst), most, "{looks}");
            sleep(Duration::from_secs(31)).await;
        }
        resume();
        let closed = async {
            while open.load(Ordering::SeqCst) > kept {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(LONG, closed).await.unwrap();
        // No more than those, and what is left is used.
        sleep(Duration::from_millis(50)).await;
        assert_eq!(open.load(Ordering::SeqCst), kept);
        unary(&channel, Context::new()).await.unwrap();
        assert_eq!(server.connections(), most);
    }
}
