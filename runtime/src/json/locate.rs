//! The path to an offset in a JSON text.
//!
//! Readers keep no path: it is found here, after the fact, so that only errors pay for it.

/// Longest key shown, in bytes; a longer one is cut.
const MAX_KEY: usize = 64;
/// Longest path shown, in bytes; a longer one loses its middle levels.
const MAX_PATH: usize = 512;

/// A container that is open.
enum Level<'a> {
    Object(Option<&'a [u8]>),
    Array(usize),
}

/// The path of the value at `offset` of `text`, which is well-formed up to there.
pub(super) fn locate(text: &[u8], offset: usize) -> String {
    let end = offset.min(text.len());
    let mut levels: Vec<Level<'_>> = Vec::new();
    let mut at = 0;
    // Whether a string met now is a key.
    let mut expect_key = false;
    while at < end {
        match text[at] {
            b'{' => {
                levels.push(Level::Object(None));
                expect_key = true;
            }
            b'[' => {
                levels.push(Level::Array(0));
                expect_key = false;
            }
            b'}' | b']' => {
                levels.pop();
                expect_key = false;
            }
            b',' => match levels.last_mut() {
                Some(Level::Object(key)) => {
                    *key = None;
                    expect_key = true;
                }
                Some(Level::Array(index)) => *index += 1,
                None => {}
            },
            b'"' => {
                let close = string_end(text, at + 1);
                if expect_key && close < end {
                    if let Some(Level::Object(key)) = levels.last_mut() {
                        *key = Some(&text[at + 1..close]);
                    }
                    expect_key = false;
                }
                at = close;
            }
            _ => {}
        }
        at += 1;
    }
    render(&levels)
}

/// The index of the quote that closes the string whose content starts at `at`, or the end.
fn string_end(text: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

fn render(levels: &[Level<'_>]) -> String {
    let mut path = String::new();
    for level in levels {
        match level {
            Level::Object(None) => {}
            Level::Object(Some(key)) => push_key(&mut path, key),
            Level::Array(index) => {
                path.push('[');
                path.push_str(itoa::Buffer::new().format(*index));
                path.push(']');
            }
        }
    }
    if path.len() > MAX_PATH {
        let head = floor_boundary(&path, MAX_PATH / 2);
        let tail = floor_boundary(&path, path.len() - MAX_PATH / 2);
        path = format!("{}…{}", &path[..head], &path[tail..]);
    }
    path
}

fn push_key(path: &mut String, key: &[u8]) {
    let key = String::from_utf8_lossy(key);
    let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let cut = floor_boundary(&key, MAX_KEY);
    let (shown, more) = (&key[..cut], if cut < key.len() { "…" } else { "" });
    if plain {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(shown);
        path.push_str(more);
    } else {
        path.push_str("[\"");
        path.push_str(shown);
        path.push_str(more);
        path.push_str("\"]");
    }
}

/// The last character boundary at or before `at`.
fn floor_boundary(text: &str, at: usize) -> usize {
    if at >= text.len() {
        text.len()
    } else {
        (0..=at).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::locate;

    fn path(text: &str) -> String {
        // `^` marks the offset.
        let offset = text.find('^').expect("a mark");
        locate(text.replace('^', "").as_bytes(), offset)
    }

    #[test]
    fn names_every_level() {
        assert_eq!(path(r#"^{"a":1}"#), "");
        assert_eq!(path(r#"{"a":^1}"#), "a");
        assert_eq!(path(r#"{"a":[{"b":1},{"c": ^2}]}"#), "a[1].c");
        assert_eq!(path(r#"{"a":{"x":"}\"]"},"b c":[[],[1,^2]]}"#), r#"["b c"][1][1]"#);
        assert_eq!(path(r#"{"a":1, ^"b":2}"#), "");
        assert_eq!(path("[^]"), "[0]");
    }

    #[test]
    fn long_keys_and_deep_paths_are_cut() {
        let text = format!("{{\"{}\":^1}}", "é".repeat(400));
        assert!(path(&text).len() < 100);
        let text = format!("{}^", "{\"abcdef\":".repeat(500));
        assert!(path(&text).len() < 600);
    }
}
