//! What is compressed, and that it comes back as it was.

use std::io::Write as _;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::HeaderMap;
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody};
use proptest::prelude::*;

use http::header::VARY;

use super::*;
use crate::bridge::Code;

/// A body of these frames.
fn frames(frames: Vec<Bytes>) -> Body {
    let frames = frames.into_iter().map(|bytes| Ok::<_, Status>(Frame::data(bytes)));
    Body::new(StreamBody::new(futures_util::stream::iter(frames)))
}

/// A body read to its end, of which all is there.
fn collect(body: Body) -> Result<Bytes, Status> {
    let collected = async {
        let mut body = body;
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            bytes.extend_from_slice(&frame?.into_data().unwrap_or_default());
        }
        Ok(bytes.into())
    };
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(collected)
}

fn compress(coding: Compression, parts: Vec<Bytes>) -> Bytes {
    collect(Body::new(Compressed::new(coding, frames(parts)))).unwrap()
}

fn decompress(coding: Compression, parts: Vec<Bytes>) -> Result<Bytes, Status> {
    collect(Body::new(Decompressed::new(coding, frames(parts), DecoderShare::new(Arc::default()))))
}

fn header(name: http::HeaderName, value: &str) -> HeaderMap {
    HeaderMap::from_iter([(name, value.parse().unwrap())])
}

#[test]
fn the_client_chooses() {
    for (accepted, expected) in [
        ("gzip, deflate, br, zstd", Some(Compression::Brotli)),
        ("gzip", Some(Compression::Gzip)),
        ("X-GZIP", Some(Compression::Gzip)),
        ("gzip;q=0.5, zstd", Some(Compression::Zstd)),
        ("br;q=0, gzip;q=0.001", Some(Compression::Gzip)),
        ("*", Some(Compression::Brotli)),
        ("*;q=0.5, br;q=0", Some(Compression::Gzip)),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip", Some(Compression::Gzip)),
        ("identity;q=0.5, gzip;q=0.5", Some(Compression::Gzip)),
        ("identity, gzip", Some(Compression::Gzip)),
        ("identity;q=0.501, gzip;q=0.5", None),
        ("gzip;q=0", None),
        ("deflate", None),
        ("gzip;q=2", None),
        ("gzip;q=0.1234", None),
        ("", None),
    ] {
        assert_eq!(
            Compression::wanted(&header(ACCEPT_ENCODING, accepted), ACCEPT_ENCODING),
            expected,
            "{accepted}"
        );
    }
    assert_eq!(Compression::wanted(&HeaderMap::new(), ACCEPT_ENCODING), None);
}

/// The response to a request that takes gzip.
fn answered(media_type: &str, extra: &[(&'static str, &'static str)], size: usize) -> HeaderMap {
    let mut inner = Response::new(Body::new(Full::from("x".repeat(size))));
    inner.headers_mut().insert(CONTENT_TYPE, media_type.parse().unwrap());
    for (name, value) in extra {
        inner.headers_mut().insert(*name, HeaderValue::from_static(value));
    }
    let mut response = inner.map(Body::from);
    super::response(CompressionOptions::default(), &header(ACCEPT_ENCODING, "gzip"), &mut response);
    response.into_parts().0.headers
}

#[test]
fn what_gets_smaller_is_compressed() {
    for (media_type, size, expected) in [
        ("application/json", 1024, true),
        ("application/json", 1023, false),
        ("application/problem+json", 4096, true),
        ("text/html; charset=utf-8", 4096, true),
        ("image/svg+xml", 4096, true),
        ("image/png", 4096, false),
        ("application/zip", 4096, false),
        ("application/octet-stream", 4096, false),
    ] {
        let headers = answered(media_type, &[], size);
        assert_eq!(headers.contains_key(CONTENT_ENCODING), expected, "{media_type} {size}");
        assert_eq!(headers.contains_key(VARY), expected, "{media_type} {size}");
    }
    for extra in [
        ("content-encoding", "br"),
        ("cache-control", "private, no-transform"),
        ("content-range", "bytes 0-1/2"),
    ] {
        assert_ne!(
            answered("text/plain", &[extra], 4096).get(CONTENT_ENCODING).map(HeaderValue::as_bytes),
            Some(&b"gzip"[..])
        );
    }
}

#[test]
fn who_does_not_ask_gets_it_plain_and_caches_know() {
    let mut inner = Response::new(Body::new(Full::from("x".repeat(4096))));
    inner.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut response = inner.map(Body::from);
    super::response(CompressionOptions::default(), &HeaderMap::new(), &mut response);
    assert_eq!(response.headers().get(VARY).unwrap(), "accept-encoding");
    assert!(!response.headers().contains_key(CONTENT_ENCODING));
    assert_eq!(collect(response.into_body()).unwrap().len(), 4096);
}

#[test]
fn every_frame_can_be_read_when_it_is_sent() {
    for coding in Compression::SUPPORTED.iter().copied() {
        let parts = ["{\"a\":1}", ",{\"b\":2}", "]"].map(|part| Bytes::from(part.to_owned()));
        let mut body = Compressed::new(coding, frames(parts.to_vec()));
        let mut sent = Vec::new();
        for count in 1..=parts.len() {
            sent.push(body.frame().now_or_never().unwrap().unwrap().unwrap().into_data().unwrap());
            // What has been sent so far gives what went in so far, and then waits for more.
            let unfinished = futures_util::stream::iter(
                sent.clone().into_iter().map(|bytes| Ok::<_, Status>(Frame::data(bytes))),
            );
            let unfinished = futures_util::StreamExt::chain(unfinished, futures_util::stream::pending());
            let mut read = Decompressed::new(
                coding,
                Body::new(StreamBody::new(unfinished)),
                DecoderShare::new(Arc::default()),
            );
            let mut text = Vec::new();
            while let Some(Some(frame)) = read.frame().now_or_never() {
                text.extend_from_slice(&frame.unwrap().into_data().unwrap());
            }
            assert_eq!(text, parts[..count].concat(), "{coding:?}");
        }
    }
}

/// A mebibyte of blanks, at which a decoder looks back.
fn mebibyte(coding: Compression) -> Bytes {
    if coding != Compression::Zstd {
        return collect(Body::new(Compressed::new(coding, frames(vec![Bytes::from(vec![b' '; 1 << 20])]))))
            .unwrap();
    }
    // One frame with the largest window; each block repeats a byte.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 13 << 3];
    for block in 0..8_u32 {
        let header: u32 = (128 << 10) << 3 | 1 << 1 | u32::from(block == 7);
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.push(b' ');
    }
    frame.into()
}

#[test]
fn what_waits_for_more_may_not_hold_more_than_there_is() {
    for (coding, limit, expected) in [
        (Compression::Brotli, 1 << 20, None),
        (Compression::Brotli, 1 << 19, Some(Code::ResourceExhausted)),
        (Compression::Zstd, 1 << 21, None),
        (Compression::Zstd, 1 << 20, Some(Code::ResourceExhausted)),
        (Compression::Gzip, 1 << 19, None),
    ] {
        let mut sent = mebibyte(coding);
        sent.truncate(sent.len() - 1);
        let unfinished = futures_util::stream::iter([Ok::<_, Status>(Frame::data(sent))]);
        let unfinished = futures_util::StreamExt::chain(unfinished, futures_util::stream::pending());
        let memory = Arc::new(DecoderMemory::new(limit));
        let share = DecoderShare::new(Arc::clone(&memory));
        let mut read = Decompressed::new(coding, Body::new(StreamBody::new(unfinished)), share);
        let mut end = None;
        // It yields in between.
        for _ in 0..10_000 {
            match read.frame().now_or_never() {
                Some(Some(Err(status))) => end = Some(status.code()),
                Some(None) => break,
                Some(Some(Ok(_))) | None => {}
            }
        }
        assert_eq!(end, expected, "{coding:?} {limit}");
    }
}

#[test]
fn what_may_be_held_is_known_before_it_is_waited_for() {
    for coding in [Compression::Brotli, Compression::Zstd] {
        let sent = mebibyte(coding);
        let memory = Arc::new(DecoderMemory::new(1 << 19));
        // All of it is there: nothing is counted, whatever the others hold.
        let mut read =
            Decompressed::new(coding, Body::from(sent.clone()), DecoderShare::new(Arc::clone(&memory)));
        assert_eq!(read_all(&mut read), (1 << 20, None), "{coding:?}");
        // The same with an end that may not come: it is refused while there is still something to read.
        let more = futures_util::stream::iter(
            [sent, Bytes::from_static(b"x")].map(|data| Ok::<_, Status>(Frame::data(data))),
        );
        let mut read = Decompressed::new(coding, Body::new(StreamBody::new(more)), DecoderShare::new(memory));
        let (count, end) = read_all(&mut read);
        assert_eq!(end, Some(Code::ResourceExhausted), "{coding:?}");
        assert!(count <= 1 << 19, "{coding:?} {count}");
    }
}

#[test]
fn a_window_is_asked_for_before_it_is_taken() {
    // The largest window, and a block that says that it has 16 MiB; nothing of it comes out.
    let bits: u64 = 0b1111 | 2 << 5 | ((1 << 24) - 1) << 7 | 1 << 31;
    let start = Bytes::copy_from_slice(&bits.to_le_bytes()[..4]);
    for (limit, expected) in [(15 << 20, Some(Code::ResourceExhausted)), (17 << 20, None)] {
        let unfinished = futures_util::stream::iter([Ok::<_, Status>(Frame::data(start.clone()))]);
        let unfinished = futures_util::StreamExt::chain(unfinished, futures_util::stream::pending());
        let share = DecoderShare::new(Arc::new(DecoderMemory::new(limit)));
        let mut read = Decompressed::new(Compression::Brotli, Body::new(StreamBody::new(unfinished)), share);
        let end = read.frame().now_or_never().flatten().map(|frame| frame.unwrap_err().code());
        assert_eq!(end, expected, "{limit}");
    }
}

/// How much comes out of what is there, and with what it ends.
fn read_all(body: &mut Decompressed) -> (usize, Option<Code>) {
    let mut count = 0;
    // It yields in between.
    for _ in 0..10_000 {
        match body.frame().now_or_never() {
            Some(Some(Ok(frame))) => count += frame.into_data().unwrap().len(),
            Some(Some(Err(status))) => return (count, Some(status.code())),
            Some(None) => return (count, None),
            None => {}
        }
    }
    panic!("it does not end");
}

#[test]
fn trailers_stay() {
    let trailers = header(http::HeaderName::from_static("grpc-status"), "5");
    let inner =
        vec![Ok::<_, Status>(Frame::data(Bytes::from_static(b"x"))), Ok(Frame::trailers(trailers.clone()))];
    let inner = Body::new(StreamBody::new(futures_util::stream::iter(inner)));
    let body = Compressed::new(Compression::Gzip, inner);
    let collected = body.collect().now_or_never().unwrap().unwrap();
    assert_eq!(collected.trailers(), Some(&trailers));
}

#[test]
fn a_large_body_comes_back() {
    let text = (0..200_000).map(|n: u32| n.to_string()).collect::<Vec<_>>().join(",");
    for coding in Compression::SUPPORTED.iter().copied() {
        let small = compress(coding, vec![text.clone().into()]);
        assert!(small.len() * 2 < text.len(), "{coding:?} {}", small.len());
        assert_eq!(
            decompress(coding, small.chunks(1000).map(Bytes::copy_from_slice).collect()).unwrap(),
            text
        );
    }
}

#[test]
fn what_is_cut_off_or_goes_on_is_refused() {
    for coding in Compression::SUPPORTED.iter().copied() {
        let whole = compress(coding, vec![Bytes::from("some text that is not short ".repeat(20))]);
        for cut in 1..whole.len() {
            let read = decompress(coding, vec![whole.slice(..cut)]);
            assert!(read.is_err(), "{coding:?} {cut} of {}", whole.len());
            let error = read.unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument);
            assert!(
                error.message().starts_with(&format!("the body of the request is not {}", coding.name()))
            );
        }
        let more = [&*whole, b"{}"].concat();
        assert!(decompress(coding, vec![more.into()]).is_err(), "{coding:?}");
    }
}

#[test]
fn a_bomb_explodes_as_slowly_as_it_is_read() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..1000 {
        bomb.write_all(&vec![0; 1 << 16]).unwrap();
    }
    let bomb = Bytes::from(bomb.finish().unwrap());
    let mut body =
        Decompressed::new(Compression::Gzip, frames(vec![bomb]), DecoderShare::new(Arc::default()));
    let (mut yields, mut since) = (0, 0);
    while yields < 10 {
        let Some(frame) = body.frame().now_or_never() else {
            (yields, since) = (yields + 1, 0);
            continue;
        };
        let frame = frame.unwrap().unwrap().into_data().unwrap();
        assert!(frame.len() <= 16 * 1024);
        since += frame.len();
        assert!(since <= 100 * 1024, "it does not yield");
    }
}

#[test]
fn requests_are_read_if_the_server_wants_that() {
    let gzip = compress(Compression::Gzip, vec![Bytes::from_static(b"{}")]);
    let read = |requests, codings: &str| {
        let options = CompressionOptions { requests, ..CompressionOptions::default() };
        let mut body = frames(vec![gzip.clone()]);
        let read = request(options, &Arc::default(), &header(CONTENT_ENCODING, codings), &mut body);
        read.map_err(|error| error.http).map(|()| collect(body).unwrap())
    };
    assert_eq!(read(false, "gzip").unwrap(), gzip);
    assert_eq!(read(true, "gzip").unwrap(), "{}");
    assert_eq!(read(true, "identity").unwrap(), gzip);
    for codings in ["compress", "gzip, br"] {
        assert_eq!(read(true, codings), Err(415), "{codings}");
    }
}

proptest! {
    #[test]
    fn all_comes_back(
        parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..6),
        coding in prop::sample::select(Compression::SUPPORTED),
        step in 1..200_usize,
    ) {
        let plain = parts.concat();
        let small = compress(coding, parts.into_iter().map(Bytes::from).collect());
        let frames = small.chunks(step).map(Bytes::copy_from_slice).collect();
        prop_assert_eq!(&decompress(coding, frames).unwrap()[..], &plain[..]);
    }

    #[test]
    fn garbage_is_an_error_whatever_its_frames(
        mut garbage in prop::collection::vec(any::<u8>(), 1..200),
        at in any::<prop::sample::Index>(),
        coding in prop::sample::select(Compression::SUPPORTED),
        valid in any::<bool>(),
    ) {
        if valid {
            let flip = garbage[0];
            garbage = compress(coding, vec![Bytes::from(garbage)]).to_vec();
            let at = at.index(garbage.len());
            garbage[at] ^= flip;
        }
        let whole = decompress(coding, vec![Bytes::from(garbage.clone())]);
        let parts = decompress(coding, garbage.chunks(7).map(Bytes::copy_from_slice).collect());
        prop_assert_eq!(whole.ok(), parts.ok());
    }
}
