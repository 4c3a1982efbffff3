//! What is asked with a read, and errors.

use crate::notes::{Named, Store, open, serve};
use crate::wire::{ask, connect, get};

/// Conditions of reads whose response has the tag `"7"`, and what comes of them (RFC 9110, section 13.2.2).
#[tokio::test]
async fn conditions() {
    let addr = open().await;
    for target in ["/v1/notes/a/version".to_owned(), connect("ByVersion", "json", "a")] {
        let is_rest = target.starts_with("/v1");
        for (headers, expected) in [
            (&[("if-none-match", "\"7\"")][..], 304),
            (&[("if-none-match", "W/\"7\"")], 304),
            (&[("if-none-match", "\"6\", W/\"7\"")], 304),
            (&[("if-none-match", "\"6\""), ("if-none-match", "\"7\"")], 304),
            (&[("if-none-match", "*")], 304),
            (&[("if-none-match", "\"6\"")], 200),
            (&[("if-none-match", "\"7~gzip\"")], 200),
            (&[("if-none-match", "")], 200),
            // To ignore it is never wrong.
            (&[("if-none-match", "7")], 200),
            (&[("if-none-match", "\"7\", *")], 200),
            (&[("if-match", "\"7\"")], 200),
            (&[("if-match", "*")], 200),
            (&[("if-match", "\"6\", \"7\"")], 200),
            (&[("if-match", "\"6\"")], 412),
            (&[("if-match", "W/\"7\"")], 412),
            (&[("if-match", "\"7~gzip\"")], 412),
            (&[("if-match", "7")], 400),
            // `If-Match` comes first.
            (&[("if-match", "\"7\""), ("if-none-match", "\"7\"")], 304),
            (&[("if-match", "\"6\""), ("if-none-match", "\"7\"")], 412),
            (&[("if-match", "\"7\""), ("if-none-match", "\"6\"")], 200),
            // There is no date to compare with.
            (&[("if-modified-since", "Sat, 29 Oct 2094 19:43:31 GMT")], 200),
        ] {
            // Connect has one HTTP status for a code.
            let expected = if !is_rest && expected == 412 { 400 } else { expected };
            let answer = get(addr, &target, headers).await;
            assert_eq!(answer.status, expected, "{target} {headers:?}");
            match expected {
                200 => assert!(answer.text().contains("\"version\":\"7\"")),
                304 => assert_eq!((answer.etag().as_str(), answer.body.len()), ("\"7\"", 0)),
                _ => {
                    assert_eq!(answer.cached(), [None, Some("no-store".into()), answer.header("vary")]);
                    let code = if answer.text().contains("of another version") {
                        ["9", "failed_"]
                    } else {
                        ["3", "invalid_"]
                    };
                    assert!(code.iter().any(|code| answer.text().contains(code)), "{}", answer.text());
                }
            }
        }
    }
}

#[tokio::test]
async fn where_there_is_no_tag() {
    let addr = open().await;
    let target = connect("ByText", "json", "bare");
    for (name, value, expected) in [
        ("if-none-match", "\"7\"", 200),
        ("if-none-match", "*", 304),
        ("if-match", "*", 200),
        ("if-match", "\"7\"", 400),
    ] {
        assert_eq!(get(addr, &target, &[(name, value)]).await.status, expected, "{name}: {value}");
    }
}

/// Nobody keeps an error, whatever was said of the response before. A status can say something else of itself.
#[tokio::test]
async fn errors() {
    let addr = open().await;
    for (id, status, expected) in
        [("missing", 404, "no-store"), ("broken", 500, "no-store"), ("negative", 404, "max-age=3")]
    {
        let answer =
            get(addr, &format!("/v1/notes/{id}/version"), &[("if-none-match", "*"), ("if-match", "\"1\"")])
                .await;
        assert_eq!((answer.status, answer.header("etag")), (status, None), "{id}");
        assert_eq!(answer.header("cache-control").as_deref(), Some(expected), "{id}");
        let answer = get(addr, &connect("ByVersion", "json", id), &[]).await;
        assert_eq!((answer.status, answer.header("etag")), (status, None), "{id}");
        assert_eq!(answer.header("cache-control").as_deref(), Some(expected), "{id}");
    }
    let known = serve(Store::new(), |server| server.authenticator(Named)).await;
    for target in ["/v1/notes/a/content".to_owned(), connect("ByContent", "json", "a")] {
        let refused = get(known, &target, &[("if-none-match", "*")]).await;
        assert_eq!(
            (refused.status, refused.header("cache-control").as_deref()),
            (401, Some("no-store")),
            "{target}"
        );
    }
    // An error in the form that was asked for, after the response was made.
    let problem = [("accept", "application/problem+json"), ("if-match", "\"6\"")];
    let answer = get(addr, "/v1/notes/a/version", &problem).await;
    assert_eq!(
        (answer.status, answer.header("content-type").as_deref()),
        (412, Some("application/problem+json"))
    );
    let head = ask(addr, "HEAD", "/v1/notes/a/version", &problem, "").await;
    assert_eq!((head.status, head.body.len()), (412, 0));
}
