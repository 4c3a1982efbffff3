//! What a response says to caches, by its form and its method.

use crate::notes::{Named, Store, open, serve};
use crate::wire::{ask, connect, get};

const PROTOBUF: (&str, &str) = ("accept", "application/x-protobuf");
const GZIP: (&str, &str) = ("accept-encoding", "gzip");
const BR: (&str, &str) = ("accept-encoding", "br");

fn some(texts: [&str; 3]) -> [Option<String>; 3] {
    texts.map(|text| (!text.is_empty()).then(|| text.to_owned()))
}

/// Each form of one version has a tag of its own.
#[tokio::test]
async fn forms_of_a_version() {
    let addr = open().await;
    let fresh = "max-age=60";
    let (json, proto) = (|id| connect("ByVersion", "json", id), |id| connect("ByVersion", "proto", id));
    let rest = |id| format!("/v1/notes/{id}/version");
    for (target, headers, expected) in [
        (rest("a"), &[][..], ["\"7\"", fresh, "accept"]),
        (rest("a"), &[PROTOBUF], ["\"7~proto\"", fresh, "accept"]),
        // It is too short to be compressed.
        (rest("a"), &[GZIP], ["\"7\"", fresh, "accept"]),
        (rest("long"), &[], ["\"7\"", fresh, "accept, accept-encoding"]),
        (rest("long"), &[GZIP], ["\"7~gzip\"", fresh, "accept, accept-encoding"]),
        (rest("long"), &[BR], ["\"7~br\"", fresh, "accept, accept-encoding"]),
        (rest("long"), &[PROTOBUF, GZIP], ["\"7~proto~gzip\"", fresh, "accept, accept-encoding"]),
        (json("a"), &[], ["\"7\"", fresh, "accept-encoding"]),
        (proto("a"), &[], ["\"7~proto\"", fresh, "accept-encoding"]),
        (json("long"), &[GZIP], ["\"7~gzip\"", fresh, "accept-encoding"]),
        (proto("long"), &[BR], ["\"7~proto~br\"", fresh, "accept-encoding"]),
    ] {
        for method in if target.starts_with("/v1") { &["GET", "HEAD"][..] } else { &["GET"] } {
            let answer = ask(addr, method, &target, headers, "").await;
            assert_eq!(
                (answer.status, answer.cached()),
                (200, some(expected)),
                "{method} {target} {headers:?}"
            );
            // Whoever has just this form need not get it again.
            let tag = answer.etag();
            let again =
                ask(addr, method, &target, &[headers, &[("if-none-match", &*tag)]].concat(), "").await;
            assert_eq!(
                (again.status, again.cached()),
                (304, answer.cached()),
                "{method} {target} {headers:?}"
            );
            assert_eq!(again.body, b"", "{method} {target} {headers:?}");
            for name in ["content-type", "content-encoding", "content-length", "transfer-encoding"] {
                assert_eq!(again.header(name), None, "{method} {target} {headers:?}: {name}");
            }
            assert!(again.header("date").is_some());
        }
    }
}

/// A hash of the content tells forms apart as well, and the media types of content that is the same.
#[tokio::test]
async fn forms_of_content() {
    let addr = serve(Store::new(), |server| server.authenticator(Named)).await;
    let known = ("authorization", "ann");
    let mut tags = Vec::new();
    for (target, headers) in [
        ("/v1/notes/long/content".to_owned(), &[][..]),
        ("/v1/notes/long/content".to_owned(), &[PROTOBUF]),
        ("/v1/notes/long/content".to_owned(), &[GZIP]),
        ("/v1/notes/long/content".to_owned(), &[PROTOBUF, GZIP]),
        ("/v1/notes/other/content".to_owned(), &[]),
        ("/v1/notes/long/text".to_owned(), &[]),
        ("/v1/notes/a/file".to_owned(), &[]),
        ("/v1/notes/html/file".to_owned(), &[]),
    ] {
        let answer = get(addr, &target, &[headers, &[known]].concat()).await;
        assert_eq!(answer.status, 200, "{target}");
        let tag = answer.etag();
        assert_eq!(get(addr, &target, &[headers, &[known]].concat()).await.etag(), tag);
        let again = get(addr, &target, &[headers, &[known, ("if-none-match", &tag)]].concat()).await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{target}");
        tags.push(tag);
    }
    let count = tags.len();
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), count, "{tags:?}");
    // It is the same in every process and on every machine.
    assert_eq!(get(addr, "/v1/notes/a/file", &[known]).await.etag(), "\"80c5a15a6bad08474fc076e5f008b3c0\"");
    // Connect sends the same message in the same form.
    let target = connect("ByContent", "json", "long");
    let expected = get(addr, "/v1/notes/long/content", &[known]).await.etag();
    assert_eq!(get(addr, &target, &[known]).await.etag(), expected);
}

/// Every type that a version has.
#[tokio::test]
async fn versions_of_all_types() {
    let addr = open().await;
    for (method, tag) in [
        ("ByText", "\"a%20b\""),
        ("ByBytes", "\"abab\""),
        ("ByTime", "\"12.000000005\""),
        ("ByPresence", "\"-3\""),
        ("ByEnum", "\"1\""),
        ("ByKeyword", "\"4\""),
        ("ByForeign", "\"50\""),
    ] {
        let answer = get(addr, &connect(method, "json", "a"), &[]).await;
        assert_eq!((answer.status, answer.etag().as_str()), (200, tag), "{method}");
    }
    assert_eq!(get(addr, &connect("ByPath", "json", "deep"), &[]).await.etag(), "W/\"deep\"");
    // What is not set has no tag, numbers without presence have one in any case.
    for (method, tag) in [
        ("ByText", None),
        ("ByBytes", None),
        ("ByTime", None),
        ("ByPresence", None),
        ("ByPath", None),
        ("ByEnum", Some("\"0\"")),
        ("ByKeyword", Some("\"0\"")),
        ("ByVersion", Some("\"0\"")),
    ] {
        let answer = get(addr, &connect(method, "json", "bare"), &[]).await;
        assert_eq!((answer.status, answer.header("etag").as_deref()), (200, tag), "{method}");
        assert!(answer.header("cache-control").is_some(), "{method}");
    }
}

/// Who may keep a response, and for how long.
#[tokio::test]
async fn what_caches_may_do() {
    let open = open().await;
    let known = serve(Store::new(), |server| server.authenticator(Named)).await;
    let ann = [("authorization", "ann")];
    for (addr, target, headers, expected) in [
        (open, "/v1/notes/a/version", &[][..], "max-age=60"),
        (open, "/v1/notes/a/open", &[], "max-age=3600"),
        (open, "/v1/notes/a/file", &[], "max-age=5"),
        // Credentials that nobody here reads may still be somebody's.
        (open, "/v1/notes/a/version", &ann, "private, max-age=60"),
        // What sets a cookie is for one caller.
        (open, "/v1/notes/cookie/version", &[], "private, max-age=60"),
        // Where callers are known, a method that declares nothing goes by them.
        (known, "/v1/notes/a/version", &ann, "private, max-age=60"),
        (known, "/v1/notes/a/open", &[], "max-age=3600"),
        (known, "/v1/notes/a/content", &ann, "private, no-cache"),
    ] {
        let answer = get(addr, target, headers).await;
        assert_eq!(
            (answer.status, answer.header("cache-control").as_deref()),
            (200, Some(expected)),
            "{target}"
        );
    }
    let answer = get(known, "/v1/notes/a/content", &ann).await;
    assert_eq!(answer.header("vary").as_deref(), Some("accept, accept-language, x-tenant"));
    let answer = get(open, &connect("ByBytes", "json", "a"), &[]).await;
    assert_eq!(answer.header("cache-control").as_deref(), Some("max-age=0"));
    let answer = get(open, &connect("ByText", "json", "a"), &[]).await;
    assert_eq!(answer.header("cache-control").as_deref(), Some("no-cache"));
    // Raw content is what it is, whatever the client would like.
    let answer = get(open, "/v1/notes/a/file", &[PROTOBUF]).await;
    assert_eq!(answer.header("vary"), None);
}

#[tokio::test]
async fn what_a_handler_says_stays() {
    let addr = open().await;
    for (target, tag, vary) in [
        ("/v1/notes/own/version".to_owned(), "\"own\"", "x-own, Accept"),
        // Each form has a URL of its own.
        (connect("ByVersion", "json", "own"), "\"own\"", "x-own, Accept, accept-encoding"),
        (connect("ByVersion", "proto", "own"), "\"own\"", "x-own, Accept, accept-encoding"),
    ] {
        let answer = get(addr, &target, &[]).await;
        assert_eq!((answer.status, answer.cached()), (200, some([tag, "max-age=1", vary])), "{target}");
        let again = get(addr, &target, &[("if-none-match", tag)]).await;
        assert_eq!((again.status, again.cached()), (304, answer.cached()), "{target}");
        // Metadata stays, too.
        assert!(again.header("x-more").or_else(|| again.header("grpc-metadata-x-more")).is_some());
        assert_eq!(get(addr, &target, &[("if-none-match", "\"7\"")]).await.status, 200, "{target}");
    }
    // The form of a tag goes with the media type and the coding, also without the option.
    for (target, headers, tag) in [
        ("/v1/notes/own", &[][..], "\"own\""),
        ("/v1/notes/own", &[PROTOBUF], "\"own~proto\""),
        ("/v1/notes/own/version", &[PROTOBUF], "\"own~proto\""),
        ("/v1/notes/ownlong", &[GZIP], "\"own~gzip\""),
        ("/v1/notes/ownlong", &[GZIP, PROTOBUF], "\"own~proto~gzip\""),
    ] {
        assert_eq!(get(addr, target, headers).await.etag(), tag, "{target} {headers:?}");
    }
    let early = get(addr, "/v1/notes/early", &[]).await;
    assert_eq!(early.cached(), some(["", "max-age=1", "accept"]));
    let strange = get(addr, "/v1/notes/strange/version", &[("if-none-match", "\"7\"")]).await;
    assert_eq!((strange.status, strange.etag().as_str()), (200, "no tag"));
}

/// A method without the option says what its handler says, and answers all that is asked.
#[tokio::test]
async fn nothing_without_the_option() {
    let addr = open().await;
    for target in ["/v1/notes/a".to_owned(), connect("Plain", "json", "a")] {
        let answer = get(addr, &target, &[("if-none-match", "*"), ("if-match", "\"8\"")]).await;
        assert_eq!(
            (answer.status, answer.header("etag"), answer.header("cache-control")),
            (200, None, None),
            "{target}"
        );
    }
    // What is sent by POST is not kept.
    let answer =
        ask(addr, "POST", "/caches.v1.Notes/ByVersion", &[("if-none-match", "*")], "{\"id\":\"a\"}").await;
    assert_eq!((answer.status, answer.cached()), (200, [None, None, None]));
}
