use std::time::Duration;

use super::*;
use crate::bridge::Code;
use crate::method::MethodKind;

static GET: MethodInfo = MethodInfo::new("a.B", "Get", "/a.B/Get", MethodKind::Unary);
static PUT: MethodInfo = MethodInfo::new("a.B", "Put", "/a.B/Put", MethodKind::Unary);
static OTHER: MethodInfo = MethodInfo::new("a.C", "Put", "/a.C/Put", MethodKind::Unary);

const RETRY: &str = r#""maxAttempts": 9, "initialBackoff": "0.1s", "maxBackoff": "1s",
    "backoffMultiplier": 1.5, "retryableStatusCodes": ["unavailable", 10]"#;

fn parse(text: &str) -> ServiceConfig {
    ServiceConfig::parse(text).unwrap()
}

/// A config with one method.
fn method(fields: &str) -> String {
    format!(r#"{{ "methodConfig": [{{ "name": [{{}}], {fields} }}] }}"#)
}

#[test]
fn the_longest_name_wins() {
    let config = parse(
        r#"{ "methodConfig": [
            { "name": [{}], "timeout": "1s" },
            { "name": [{ "service": "a.B" }], "timeout": "2s", "maxRequestMessageBytes": 10 },
            { "name": [{ "service": "a.B", "method": "Get" }], "timeout": "3s", "maxResponseMessageBytes": "20" },
            { "name": [{ "service": "x" }, { "service": "y" }], "waitForReady": true },
            { "timeout": "9s" }
        ], "unknown": [1, 2] }"#,
    );
    let timeout = |info| config.method(info).unwrap().overrides.timeout.unwrap().as_secs();
    assert_eq!([timeout(&GET), timeout(&PUT), timeout(&OTHER)], [3, 2, 1]);
    let seconds = |path| config.of_path(path).timeout.map(|timeout| timeout.as_secs());
    assert_eq!([seconds("/a.B/Get"), seconds("/a.B/X"), seconds("/z/X")], [Some(3), Some(2), Some(1)]);
    assert_eq!(config.of_path("/a.B/Put").max_request_size, Some(10));
    assert_eq!(config.of_path("/a.B/Get").max_response_size, Some(20));
    assert!(config.services["y"].overrides.wait_for_ready);
}

#[test]
fn policies_are_read() {
    let retry = parse(&method(&format!(r#""retryPolicy": {{ {RETRY} }}"#)));
    let expected = RetryPolicy::retry()
        .max_attempts(5)
        .initial_backoff(Duration::from_millis(100))
        .max_backoff(Duration::from_secs(1))
        .multiplier(1.5)
        .codes(&[Code::Unavailable, Code::Aborted]);
    assert_eq!(retry.method(&GET).unwrap().retry, Some(expected));
    let hedging = parse(&method(r#""hedgingPolicy": { "maxAttempts": 3 }"#));
    let expected = RetryPolicy::hedge(Duration::ZERO).max_attempts(3).codes(&[]);
    assert_eq!(hedging.method(&GET).unwrap().retry, Some(expected));
    let throttled = parse(r#"{ "retryThrottling": { "maxTokens": 10, "tokenRatio": 0.1 } }"#);
    assert_eq!(throttled.throttling(), Some(Throttling::new(10, 0.1)));
}

#[test]
fn the_first_known_balancing_is_taken() {
    let of = |text: &str| parse(text).load_balancing();
    assert_eq!(of("{}"), None);
    assert_eq!(of(r#"{ "loadBalancingPolicy": "ROUND_ROBIN" }"#), Some(LoadBalancing::RoundRobin));
    let list = |entries: &str| format!(r#"{{ "loadBalancingConfig": [{entries}] }}"#);
    assert_eq!(of(&list(r#"{ "new": {} }, { "round_robin": {} }"#)), Some(LoadBalancing::RoundRobin));
    let shuffled = LoadBalancing::PickFirst { shuffle: true };
    assert_eq!(of(&list(r#"{ "pick_first": { "shuffleAddressList": true } }"#)), Some(shuffled));
    for least in [r#"{ "least_request": {} }"#, r#"{ "least_request_experimental": { "choiceCount": 50 } }"#]
    {
        assert_eq!(of(&list(least)), Some(LoadBalancing::LeastRequest));
    }
    let health = parse(r#"{ "healthCheckConfig": { "serviceName": "a.B" } }"#);
    assert_eq!(health.health_check_service(), Some("a.B"));
    assert!(health.balance().is_some() && parse("{}").balance().is_none());
}

#[test]
fn mistakes_are_named_with_their_place() {
    let without = |name: &str| {
        let fields: Vec<_> = RETRY.split(", ").filter(|field| !field.contains(name)).collect();
        method(&format!(r#""retryPolicy": {{ {} }}"#, fields.join(", ")))
    };
    let retry =
        |from: &str, to: &str| method(&format!(r#""retryPolicy": {{ {} }}"#, RETRY.replace(from, to)));
    let cases = [
        ("[]".to_owned(), "", "not a JSON object"),
        ("{".to_owned(), "", "not a JSON object"),
        (r#"{ "methodConfig": {} }"#.to_owned(), "methodConfig", "a list"),
        (method(r#""timeout": "1m""#), "methodConfig[0].timeout", "duration"),
        (method(r#""timeout": "-1s""#), "methodConfig[0].timeout", "negative"),
        (method(r#""waitForReady": 1"#), "methodConfig[0].waitForReady", "true or false"),
        (method(r#""maxRequestMessageBytes": -1"#), "methodConfig[0].maxRequestMessageBytes", "integer"),
        (without("backoffMultiplier"), "methodConfig[0].retryPolicy", "needs `backoffMultiplier`"),
        (retry("9", "1"), "methodConfig[0].retryPolicy.maxAttempts", "above 1"),
        (retry("9", "2.5"), "methodConfig[0].retryPolicy.maxAttempts", "above 1"),
        (retry("0.1s", "0s"), "methodConfig[0].retryPolicy.initialBackoff", "above 0"),
        (retry("1.5", "0"), "methodConfig[0].retryPolicy.backoffMultiplier", "above 0"),
        (
            retry("unavailable", "OK"),
            "methodConfig[0].retryPolicy.retryableStatusCodes[0]",
            "code of an error",
        ),
        (retry("10", "17"), "methodConfig[0].retryPolicy.retryableStatusCodes[1]", "code of an error"),
        (
            method(&format!(r#""retryPolicy": {{ {RETRY} }}, "hedgingPolicy": {{ "maxAttempts": 2 }}"#)),
            "methodConfig[0].hedgingPolicy",
            "not both",
        ),
        (
            r#"{ "methodConfig": [{ "name": [{ "method": "x" }] }] }"#.to_owned(),
            "methodConfig[0].name[0]",
            "has a `service`",
        ),
        (
            r#"{ "methodConfig": [{ "name": [{}] }, { "name": [{ "service": "a" }, {}] }] }"#.to_owned(),
            "methodConfig[1].name[1]",
            "twice",
        ),
        (
            r#"{ "retryThrottling": { "maxTokens": 1001, "tokenRatio": 1 } }"#.to_owned(),
            "retryThrottling.maxTokens",
            "from 1 to 1000",
        ),
        (
            r#"{ "retryThrottling": { "maxTokens": 10, "tokenRatio": 0 } }"#.to_owned(),
            "retryThrottling.tokenRatio",
            "above 0",
        ),
        (r#"{ "loadBalancingConfig": [{ "new": {} }] }"#.to_owned(), "loadBalancingConfig", "no policy"),
        (
            r#"{ "loadBalancingConfig": [{ "least_request": { "choiceCount": 1 } }] }"#.to_owned(),
            "loadBalancingConfig[0].least_request.choiceCount",
            "at least 2",
        ),
        (r#"{ "loadBalancingConfig": [{}] }"#.to_owned(), "loadBalancingConfig[0]", "one policy"),
    ];
    for (text, path, problem) in cases {
        let error = ServiceConfig::parse(&text).unwrap_err();
        assert_eq!(error.path(), path, "{text}");
        assert!(error.to_string().contains(problem), "{error}");
    }
}
