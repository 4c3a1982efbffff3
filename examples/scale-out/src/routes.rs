//! What Envoy has to know of each method, from the contract: nothing here is written down twice.

use anyhow::{Context as _, Result};
use rsvc::{Idempotency, MethodInfo, MethodKind};
use serde_json::{Value, json};
use shop::api::{CHAT_SERVICE, ORDER_SERVICE, UPLOAD_SERVICE, USER_SERVICE};

/// What never reached a server: repeated whatever it was.
const NEVER_BEGUN: &str = "connect-failure,refused-stream,reset-before-request";
/// What may have been begun: repeated only if the contract says that this does no harm.
const MAYBE_BEGUN: &str = "connect-failure,refused-stream,reset,gateway-error,unavailable";
/// How long a server may be silent before another one is asked.
const PER_TRY: &str = "2s";
const RETRIES: u32 = 4;

/// All methods of the shop.
pub(crate) fn methods() -> impl Iterator<Item = &'static MethodInfo> {
    [&USER_SERVICE, &ORDER_SERVICE, &UPLOAD_SERVICE, &CHAT_SERVICE]
        .into_iter()
        .flat_map(|service| service.methods)
}

/// The method of this name.
pub(crate) fn method(name: &str) -> Result<&'static MethodInfo> {
    methods().find(|method| method.name == name).with_context(|| format!("the shop has no method {name}"))
}

/// Whether the contract lets a call be repeated.
pub(crate) fn is_idempotent(method: &MethodInfo) -> bool {
    method.idempotency != Idempotency::Unknown
}

/// The routes of all methods, over gRPC and over REST. `described` is what the admin port of a shop says at `/routes`.
pub(crate) fn routes(described: &Value, cluster: &str) -> Result<Vec<Value>> {
    let mut routes = Vec::new();
    for entry in described["methods"].as_array().context("/routes has methods")? {
        let path = entry["path"].as_str().context("a method has a path")?;
        // Health and reflection are no methods of the shop.
        let Some(method) = methods().find(|method| method.path == path) else { continue };
        let action = action(method, cluster);
        routes.push(json!({"name": method.path, "match": {"path": path}, "route": action}));
        for binding in entry["bindings"].as_array().into_iter().flatten() {
            let (verb, template) = (binding["method"].as_str(), binding["path"].as_str());
            let (verb, template) = verb.zip(template).context("a binding has a method and a path")?;
            let is_verb = json!({"name": ":method", "string_match": {"exact": verb}});
            let matched = json!({"safe_regex": {"regex": regex(template)}, "headers": [is_verb]});
            routes.push(json!({"name": format!("{verb} {template}"), "match": matched, "route": action}));
        }
    }
    // Health, reflection and what a newer shop has.
    let rest = json!({"cluster": cluster, "timeout": "0s", "retry_policy": policy(NEVER_BEGUN)});
    routes.push(json!({"name": "other", "match": {"prefix": "/"}, "route": rest}));
    Ok(routes)
}

fn action(method: &MethodInfo, cluster: &str) -> Value {
    let mut retries = policy(if is_idempotent(method) { MAYBE_BEGUN } else { NEVER_BEGUN });
    // A stream may be silent for as long as nothing happens.
    if is_idempotent(method) && method.kind == MethodKind::Unary {
        retries["per_try_timeout"] = PER_TRY.into();
    }
    // The deadline of a call is in its `grpc-timeout`, and the server has one for each method.
    json!({"cluster": cluster, "timeout": "0s", "retry_policy": retries})
}

fn policy(retry_on: &str) -> Value {
    let other_host = json!({
        "name": "previous_hosts",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
        },
    });
    json!({
        "retry_on": retry_on,
        "num_retries": RETRIES,
        "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.25s"},
        "retry_host_predicate": [other_host],
        "host_selection_retry_max_attempts": 5,
    })
}

/// A template of `google.api.http` as a regular expression: each variable takes one segment, as all of the shop's do.
fn regex(template: &str) -> String {
    let mut regex = String::new();
    let mut rest = template;
    while let Some((before, variable)) = rest.split_once('{') {
        regex.push_str(&escaped(before));
        regex.push_str("[^/:]+");
        rest = variable.split_once('}').map_or("", |(_, after)| after);
    }
    regex + &escaped(rest)
}

fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| [(c == '.').then_some('\\'), Some(c)]).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_is_what_the_contract_says() {
        let described =
            json!({"methods": methods().map(|method| json!({"path": method.path})).collect::<Vec<_>>()});
        let routes = routes(&described, "shops").unwrap();
        let retry_on = |name: &str| {
            let path = method(name).unwrap().path;
            let route = routes.iter().find(|route| route["match"]["path"] == path).unwrap();
            (route["route"]["retry_policy"]["retry_on"].as_str().unwrap(), route.clone())
        };
        for name in ["GetUser", "GetOrder", "UpdateUser", "DeleteUser"] {
            let (repeated, route) = retry_on(name);
            assert_eq!(
                (repeated, &route["route"]["retry_policy"]["per_try_timeout"]),
                (MAYBE_BEGUN, &PER_TRY.into())
            );
        }
        for name in ["GetOrders", "StreamOrderUpdates"] {
            let (repeated, route) = retry_on(name);
            assert_eq!(repeated, MAYBE_BEGUN);
            assert!(route["route"]["retry_policy"].get("per_try_timeout").is_none(), "{name} streams");
        }
        for name in ["CreateUser", "PlaceOrder", "UpdateOrderStatus", "Chat"] {
            assert_eq!(retry_on(name).0, NEVER_BEGUN, "{name}");
        }
    }

    #[test]
    fn templates_become_expressions() {
        assert_eq!(regex("/v1/users/{user_id}/orders:watch"), "/v1/users/[^/:]+/orders:watch");
        assert_eq!(regex("/v1.0/{a}"), r"/v1\.0/[^/:]+");
        assert_eq!(regex("/"), "/");
    }
}
