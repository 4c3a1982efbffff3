//! The table of codes is what `google/rpc/code.proto` documents.

use std::fs;

use rsvc_common::codes::CODES;
use suite::cases::repository;

#[test]
fn every_code_has_the_documented_http_status() {
    let text = fs::read_to_string(repository().join("protoc-gen-rsvc/proto/google/rpc/code.proto")).unwrap();
    let mut documented = Vec::new();
    let mut http = None;
    for line in text.lines().map(str::trim) {
        if let Some((_, mapping)) = line.split_once("HTTP") {
            let digits: String = mapping
                .chars()
                .skip_while(|c| !c.is_ascii_digit())
                .take_while(char::is_ascii_digit)
                .collect();
            http = digits.parse().ok().or(http);
        } else if let Some((name, number)) = line.strip_suffix(';').and_then(|l| l.split_once(" = "))
            && let Ok(number) = number.parse::<i32>()
        {
            documented.push((number, name.to_owned(), http.take().unwrap_or(0)));
        }
    }
    documented.sort();
    let table: Vec<(i32, String, u16)> =
        CODES.iter().map(|row| (row.number, row.name.to_owned(), row.http)).collect();
    assert_eq!(documented, table);
}

/// What `docs/errors.md` says of codes and diagnostics is what there is.
#[test]
fn the_page_has_every_code() {
    let page = fs::read_to_string(repository().join("docs/errors.md")).unwrap();
    for row in &CODES {
        assert!(page.contains(&format!("| {} | {} |", row.name, row.http)), "{row:?}");
    }
    for (code, ..) in protoc_gen_rsvc::diag::ALL.iter().filter(|(code, ..)| code.number() / 100 == 4) {
        assert!(page.contains(&format!("| {code} |")), "{code}");
    }
}

/// <https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto>, copied by hand once more.
#[test]
fn the_table_is_googles() {
    let http: Vec<u16> = CODES.iter().map(|row| row.http).collect();
    assert_eq!(http, [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401]);
}
