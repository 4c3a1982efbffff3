//! Each kind of call over each protocol, as text.

use std::fmt::Write as _;

use suite::cases::repository;

use crate::conventions::{ATTRIBUTES, OF_SPANS, OWN_FIELDS};
use crate::notes::{SCENES, Scene, WAYS, play, play_over_websocket};
use crate::recorded::{Fields, Recorded, Span};

/// Writes what was recorded of a call.
fn tell(out: &mut String, spans: &[Span], log: &[Fields]) {
    for span in spans {
        check(&span.fields, &[ATTRIBUTES, OF_SPANS]);
        writeln!(out, "span {}", span.fields).unwrap();
        let mut events: Vec<_> = span.events.iter().map(ToString::to_string).collect();
        // The order between the directions is not given.
        events.sort();
        for (event, fields) in events.iter().zip(&span.events) {
            check(fields, &[OWN_FIELDS]);
            writeln!(out, "  event {event}").unwrap();
        }
    }
    for line in log {
        check(line, &[ATTRIBUTES, OWN_FIELDS]);
        writeln!(out, "log {line}").unwrap();
    }
    assert!(!out.contains("secret"), "{out}");
}

fn check(fields: &Fields, allowed: &[&[&str]]) {
    for name in fields.0.keys() {
        assert!(allowed.iter().any(|names| names.contains(name)), "{name} in {fields}");
    }
}

#[tokio::test]
async fn spans_and_lines_of_the_log() {
    let mut out = String::new();
    for way in WAYS {
        for scene in SCENES {
            let (recorded, _guard) = Recorded::begin();
            play(scene, way).await;
            let spans = recorded.spans(2).await;
            writeln!(out, "== {way:?} {scene:?}").unwrap();
            tell(&mut out, &spans, &recorded.log.lock().unwrap());
            // Handlers run inside the span of the server, also while their streams are read.
            let said = match scene {
                Scene::Refusal | Scene::ClientStream | Scene::Bidi => 0,
                Scene::ServerStream => 2,
                Scene::ServerStreamFails => 3,
                _ => 1,
            };
            assert_eq!([spans[0].said, spans[1].said], [0, said], "{way:?} {scene:?}");
        }
    }
    for scene in [Scene::ServerStream, Scene::ServerStreamFails, Scene::ClientStream, Scene::Bidi] {
        let (recorded, _guard) = Recorded::begin();
        play_over_websocket(scene).await;
        writeln!(out, "== WebSocket {scene:?}").unwrap();
        tell(&mut out, &recorded.spans(1).await, &recorded.log.lock().unwrap());
    }
    compare("spans.txt", &out);
}

/// Compares with a file, or writes it.
pub(crate) fn compare(name: &str, found: &str) {
    let path = repository().join("tests/snapshots/sight").join(name);
    if std::env::var_os("RSVC_BLESS").is_some() {
        std::fs::write(path, found).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap();
    for (line, (expected, found)) in expected.lines().zip(found.lines()).enumerate() {
        assert_eq!(found, expected, "line {} of {name}; `cargo xtask bless` accepts it", line + 1);
    }
    assert_eq!(found.lines().count(), expected.lines().count(), "lines of {name}");
}
