//! What forms may not do: limits, all on by default, and forms that are none.

use rsvc::rest::Options;
use serde_json::json;

use crate::form_demo::forms;
use crate::forms::{MULTIPART, Part, URLENCODED, multipart, text, violation};
use crate::setup::{Answer, ask};

async fn limited(options: Options, target: &str, media_type: &str, body: &str) -> Answer {
    ask(&forms(options), "POST", target, &[("content-type", media_type)], body).await
}

async fn post(media_type: &str, body: &str) -> Answer {
    limited(Options::new(), "/v1/form", media_type, body).await
}

fn parts(count: usize) -> String {
    multipart(&vec![("name=\"x\"", "", "1"); count])
}

#[tokio::test]
async fn the_number_of_fields() {
    // Those that are ignored count.
    for (count, status) in [(1_000, 200), (1_001, 400)] {
        let urlencoded = vec!["x=1"; count].join("&");
        for (media_type, body) in [(URLENCODED, urlencoded), (MULTIPART, parts(count))] {
            let answer = post(media_type, &body).await;
            assert_eq!(answer.status, status, "{count}");
            if status == 400 {
                assert_eq!(answer.json()["message"], "the form has more than 1000 fields");
            }
        }
    }
    let answer = limited(Options::new().max_form_fields(2), "/v1/upload", MULTIPART, &parts(3)).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn the_size_of_text() {
    let limit = 1 << 20;
    for (len, status) in [(limit - 3, 200), (limit - 2, 413)] {
        let answer = post(URLENCODED, &format!("id={}", "x".repeat(len))).await;
        assert_eq!(answer.status, status, "{len}");
    }
    for (len, status) in [(limit - 2, 200), (limit - 1, 413)] {
        let value = "x".repeat(len);
        for body in [
            multipart(&[(&text("id"), "", &value)]),
            // Ignored, and in several fields.
            multipart(&[(&text("xx"), "", &value)]),
            multipart(&[("name=\"\"", "", &value[..100]), (&text("xx"), "", &value[100..])]),
        ] {
            for target in ["/v1/form", "/v1/upload"] {
                let answer = limited(Options::new(), target, MULTIPART, &body).await;
                assert_eq!(answer.status, status, "{len} {target}");
                if status == 413 {
                    let message = "the fields of the form have more than 1048576 bytes";
                    assert_eq!(
                        (&answer.json()["code"], &answer.json()["message"]),
                        (&json!(8), &json!(message))
                    );
                }
            }
        }
    }
    // Files are not text.
    let file = "x".repeat(2 << 20);
    let body = multipart(&[("name=\"data\"; filename=\"a\"", "", &file)]);
    assert_eq!(post(MULTIPART, &body).await.status, 200);
}

#[tokio::test]
async fn the_size_of_a_body() {
    let options = || Options::new().max_body_size(300);
    let body = |len| multipart(&[("name=\"data\"; filename=\"a\"", "", &"x".repeat(len))]);
    assert_eq!(limited(options(), "/v1/form", MULTIPART, &body(50)).await.status, 200);
    let answer = limited(options(), "/v1/form", MULTIPART, &body(300)).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (413, &json!(8)));
    assert_eq!(
        limited(options(), "/v1/form", URLENCODED, &format!("id={}", "x".repeat(300))).await.status,
        413
    );
    // In a stream it holds for a message, and a piece of a file is one.
    let answer = limited(options(), "/v1/upload", MULTIPART, &body(1000)).await;
    let pieces = answer.json()["items"].as_array().unwrap().len();
    assert!((4..=8).contains(&pieces), "{pieces}");
    // A field that is longer is beyond it, too.
    let fields = multipart(&[(&text("id"), "", &"x".repeat(400))]);
    let answer = limited(options(), "/v1/upload", MULTIPART, &fields).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (413, &json!(8)));
}

#[tokio::test]
async fn the_memory_of_a_message() {
    // Each element of a list takes much more memory than what it is written with.
    let body = vec!["tags="; 900].join("&");
    let options = Options::new().max_message_memory(0);
    let answer = limited(options.clone(), "/v1/form", URLENCODED, &body).await;
    assert_eq!(answer.status, 200, "32 times the bytes are allowed: {:?}", answer.body);
    let deep = |n: usize| format!("{}tags=x", "child.".repeat(n));
    let answer = limited(options, "/v1/form", URLENCODED, &deep(30)).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (413, &json!(8)));
    assert_eq!(post(URLENCODED, &deep(31)).await.status, 200);
    let answer = post(URLENCODED, &deep(32)).await;
    assert_eq!(violation(&answer).1, "the name is too deep");
}

#[tokio::test]
async fn the_head_of_a_part() {
    let head = |len: usize| multipart(&[(&text("id"), &format!("X: {}\r\n", "x".repeat(len)), "1")]);
    // Names and values count.
    let others = "content-disposition".len() + "form-data; name=\"id\"".len() + "x".len();
    for (len, status) in [((8 << 10) - others, 200), ((8 << 10) - others + 1, 413), (100_000, 413)] {
        for target in ["/v1/form", "/v1/upload"] {
            let answer = limited(Options::new(), target, MULTIPART, &head(len)).await;
            assert_eq!(answer.status, status, "{len}");
            if status == 413 {
                let message = "the head of a part of the form has more than 8192 bytes";
                assert_eq!(answer.json()["message"], message);
            }
        }
    }
    let many = "A: b\r\n".repeat(40);
    let answer = post(MULTIPART, &multipart(&[(&text("id"), &many, "1")])).await;
    assert_eq!(answer.json()["message"], "the form: the head of a part is not one");
    // What comes before the first part has the same limit.
    for (len, status) in [(1_000, 200), (20_000, 413)] {
        let body = format!("{}\r\n{}", "preamble ".repeat(len / 9), parts(1));
        assert_eq!(post(MULTIPART, &body).await.status, status, "{len}");
    }
    let padded = parts(1).replacen("--XX", &format!("--XX{}", " ".repeat(20_000)), 1);
    assert_eq!(post(MULTIPART, &padded).await.status, 413);
}

#[tokio::test]
async fn what_is_no_multipart_form() {
    let form = multipart(&[(&text("id"), "", "x"), (&text("note"), "", "y")]);
    let no_name: &[Part<'_>] = &[("", "", "x")];
    for (media_type, body, message) in [
        ("multipart/form-data", &*form, "its `Content-Type` has no boundary"),
        ("multipart/form-data; boundary=", &form, "its `Content-Type` has no boundary"),
        ("multipart/form-data; boundary=YY", &form, "it breaks off before its last boundary"),
        (
            &format!("multipart/form-data; boundary={}", "X".repeat(71)),
            &form,
            "its boundary has more than 70 bytes",
        ),
        (MULTIPART, "", "it breaks off before its last boundary"),
        (MULTIPART, "--XX", "it breaks off before its last boundary"),
        (MULTIPART, "--XX\r\n", "it breaks off before its last boundary"),
        (MULTIPART, "hello", "it breaks off before its last boundary"),
        (MULTIPART, "--XXY\r\n\r\n\r\n--XX--", "a boundary is followed by something else"),
        (
            MULTIPART,
            "--XX\r\nContent-Disposition: form-data; name=\"a\"",
            "it breaks off before its last boundary",
        ),
        (MULTIPART, "--XX\r\nno header\r\n\r\nx\r\n--XX--", "the head of a part is not one"),
        (MULTIPART, &multipart(no_name), "a part has no name in UTF-8"),
    ] {
        for target in ["/v1/form", "/v1/upload"] {
            let answer = limited(Options::new(), target, media_type, body).await;
            assert_eq!(answer.status, 400, "{media_type} {body}");
            assert_eq!(answer.json()["message"], format!("the form: {message}"), "{media_type} {body}");
        }
    }
    // What a form can look like besides.
    for (media_type, body) in [
        ("multipart/form-data; boundary=\"XX\"", form.clone()),
        ("Multipart/Form-Data; charset=utf-8; Boundary=XX", form.clone()),
        (MULTIPART, form.trim_end().to_owned()),
        (MULTIPART, format!("{form}epilogue")),
        (MULTIPART, form.replace("--XX\r\n", "--XX \t\r\n")),
        (MULTIPART, form.replace("Content-Disposition: form-data", "content-disposition:form-data")),
    ] {
        let answer = post(media_type, &body).await;
        assert_eq!(answer.json(), json!({"id": "x", "note": "y"}), "{media_type} {body}");
    }
}

#[tokio::test]
async fn a_form_that_is_cut_is_no_form() {
    let form = multipart(&[(&text("id"), "", "x"), ("name=\"data\"; filename=\"a\"", "", "1\r\n2")]);
    let end = form.trim_end().len();
    for cut in 0..end {
        for target in ["/v1/form", "/v1/upload"] {
            let answer = limited(Options::new(), target, MULTIPART, &form[..cut]).await;
            assert_eq!(answer.status, 400, "{:?}", &form[..cut]);
        }
    }
    let answer = post(MULTIPART, &form[..form.find("2\r").unwrap()]).await;
    assert_eq!(violation(&answer), ("data".into(), "the form breaks off in it".into()));
}
