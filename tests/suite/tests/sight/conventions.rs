//! The names that may be used: those of OpenTelemetry's semantic conventions 1.44.0, as the package
//! `opentelemetry-semantic-conventions` 0.66b2 of PyPI has them, without what is deprecated.

/// Attributes of spans and labels of metrics, of what is told of calls.
pub(crate) const ATTRIBUTES: &[&str] = &[
    "client.address",
    "client.port",
    "enduser.id",
    "error.type",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "network.peer.address",
    "network.peer.port",
    "network.protocol.name",
    "network.protocol.version",
    "rpc.method",
    "rpc.response.status_code",
    "rpc.system.name",
    "server.address",
    "server.port",
    "url.template",
];

/// What `tracing-opentelemetry` makes the name, the kind and the status of a span of.
pub(crate) const OF_SPANS: &[&str] = &["otel.kind", "otel.name", "otel.status_code"];

/// Metrics.
pub(crate) const METRICS: &[&str] = &["rpc.client.call.duration", "rpc.server.call.duration"];

/// Metrics for which the conventions have no name.
pub(crate) const OWN_METRICS: &[&str] =
    &["active_calls", "request.bytes", "requests", "response.bytes", "responses"];

/// What events and lines of the log have besides.
pub(crate) const OWN_FIELDS: &[&str] = &[
    "bytes",
    "direction",
    "duration",
    "message",
    "number",
    "request_bytes",
    "request_id",
    "requests",
    "response_bytes",
    "responses",
];

/// The convention's names, where Python's package is at hand.
#[test]
fn the_names_are_those_of_the_package() {
    let Some(venv) = suite::surroundings::venv("the names of OpenTelemetry's conventions") else { return };
    let script = "
import pkgutil, importlib, warnings
warnings.simplefilter('ignore')
try:
    import opentelemetry.semconv._incubating.attributes as attributes
    import opentelemetry.semconv._incubating.metrics as metrics
except ImportError:
    raise SystemExit(3)
for package in (attributes, metrics):
    for module in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(package.__name__ + '.' + module.name)
        print(*(value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)), sep='\\n')
";
    let output = std::process::Command::new(venv.join("bin/python")).args(["-c", script]).output().unwrap();
    if output.status.code() == Some(3) {
        suite::surroundings::left_out(
            "the names of OpenTelemetry's conventions",
            "the package is not installed",
        );
        return;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let known = String::from_utf8(output.stdout).unwrap();
    for name in ATTRIBUTES.iter().chain(METRICS) {
        assert!(known.lines().any(|line| line == *name), "{name}");
    }
}
