//! Requests that no server has begun with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rsvc::{Channel, Code, Context, MethodInfo, MethodKind, Status};

use crate::raw::{After, Script, frame, head_block, http2, literal};
use crate::setup::{Text, hi, read, text};
use crate::support::CHANGE;
use crate::unary::call;

const RST_STREAM: u8 = 3;
const REFUSED_STREAM: u32 = 7;
const INTERNAL_ERROR: u32 = 2;

static WATCH: MethodInfo = MethodInfo::new("a.B", "Watch", "/a.B/Watch", MethodKind::ServerStreaming);

/// A server that resets so many streams before it answers, and how many it has got.
async fn channel(resets: u32, reason: u32) -> (Channel, Arc<AtomicU32>) {
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    let script: Script = Arc::new(move |stream| {
        if counted.fetch_add(1, Ordering::Relaxed) < resets {
            return (frame(RST_STREAM, 0, stream, &reason.to_be_bytes()), After::Stay);
        }
        let head = [&[0x88][..], &literal("content-type", b"application/grpc")].concat();
        let said = [
            head_block(stream, &head, false),
            frame(0, 0, stream, &hi()),
            head_block(stream, &literal("grpc-status", b"0"), true),
        ];
        (said.concat(), After::Stay)
    });
    let address = http2(script).await;
    let builder = Channel::builder(format!("http://{address}"));
    (builder.connect_lazy().unwrap(), count)
}

#[tokio::test]
async fn it_goes_again_once_whatever_the_method_does() {
    let (channel, count) = self::channel(1, REFUSED_STREAM).await;
    call(&channel, &CHANGE, &Context::new()).await.unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 2);

    let (channel, count) = self::channel(1, REFUSED_STREAM).await;
    let responses = rsvc::codegen::client::server_streaming::<_, Text, Status>(
        &channel,
        &WATCH,
        Context::new(),
        text("ho"),
    );
    let (texts, outcome) = read(responses.await.unwrap()).await;
    outcome.unwrap();
    assert_eq!((texts.len(), count.load(Ordering::Relaxed)), (1, 2));
}

#[tokio::test]
async fn a_server_that_goes_on_refusing_has_the_last_word() {
    let (channel, count) = channel(u32::MAX, REFUSED_STREAM).await;
    let status = call(&channel, &CHANGE, &Context::new()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    // Some by the connection, and once more by the call.
    let refused = count.load(Ordering::Relaxed);
    assert!((2..10).contains(&refused), "{refused}");
}

#[tokio::test]
async fn another_reset_may_come_after_the_server_has_begun() {
    let (channel, count) = channel(1, INTERNAL_ERROR).await;
    call(&channel, &CHANGE, &Context::new()).await.unwrap_err();
    assert_eq!(count.load(Ordering::Relaxed), 1);
}
