//! The layers of the generator and of the runtime.

use crate::layers::{Layer, Table};

const GENERATOR: Table = Table {
    folder: "protoc-gen-rsvc/src/",
    name: "protoc_gen_rsvc",
    roots: &["lib.rs", "main.rs"],
    exempt: &[],
    layers: &[
        Layer { name: "collections", files: &["sorted/"], uses: &[] },
        Layer { name: "diagnostics", files: &["diag/"], uses: &["collections"] },
        Layer { name: "threads", files: &["threads.rs"], uses: &["diagnostics"] },
        Layer { name: "options", files: &["options/"], uses: &["diagnostics"] },
        Layer { name: "model", files: &["model/"], uses: &["collections", "diagnostics"] },
        Layer {
            name: "input",
            files: &["input/"],
            uses: &["collections", "threads", "diagnostics", "model"],
        },
        Layer { name: "names", files: &["names/"], uses: &["collections", "model"] },
        Layer { name: "tokens", files: &["tokens.rs"], uses: &["model", "names"] },
        Layer { name: "storage", files: &["storage/"], uses: &["collections", "options", "model", "tokens"] },
        // The syntax and the types of CEL: they know neither the schema nor Rust.
        Layer { name: "CEL's front end", files: &["cel/"], uses: &["collections"] },
        Layer {
            name: "values in plans",
            files: &["cel/stored.rs", "cel/constant.rs"],
            uses: &["collections", "model"],
        },
        Layer {
            name: "CEL to plans",
            files: &["cel/lower/", "cel/native.rs"],
            uses: &["collections", "model", "storage", "CEL's front end", "values in plans"],
        },
        // It prints plans and does not see where they came from.
        Layer {
            name: "plans to Rust",
            files: &["cel/emit/"],
            uses: &["model", "tokens", "storage", "values in plans"],
        },
        Layer { name: "annotations", files: &["resolve/annotations.rs"], uses: &["model"] },
        Layer {
            name: "resolve rules",
            files: &["resolve/rules/"],
            uses: &[
                "collections",
                "diagnostics",
                "options",
                "model",
                "input",
                "CEL's front end",
                "values in plans",
                "CEL to plans",
                "annotations",
            ],
        },
        Layer {
            name: "resolve",
            files: &["resolve/"],
            uses: &[
                "collections",
                "diagnostics",
                "options",
                "model",
                "input",
                "names",
                "storage",
                "annotations",
            ],
        },
        // They are compiled as rules are.
        Layer {
            name: "resolve conditions",
            files: &["resolve/conditions.rs"],
            uses: &[
                "diagnostics",
                "model",
                "input",
                "CEL's front end",
                "values in plans",
                "CEL to plans",
                "resolve rules",
                "resolve",
            ],
        },
        Layer {
            name: "samples",
            files: &["samples/"],
            uses: &["collections", "diagnostics", "model", "values in plans"],
        },
        Layer {
            name: "check",
            files: &["check/"],
            uses: &["collections", "diagnostics", "options", "model", "names", "samples"],
        },
        Layer {
            name: "emit",
            files: &["emit/"],
            uses: &[
                "collections",
                "diagnostics",
                "options",
                "model",
                "tokens",
                "names",
                "storage",
                "plans to Rust",
                "samples",
            ],
        },
        Layer {
            name: "output",
            files: &["output/"],
            uses: &["collections", "diagnostics", "threads", "emit"],
        },
        Layer {
            name: "library",
            files: &["lib.rs", "documents.rs"],
            uses: &[
                "collections",
                "diagnostics",
                "options",
                "model",
                "input",
                "resolve",
                "check",
                "threads",
                "emit",
                "output",
            ],
        },
        Layer {
            name: "program",
            files: &["main.rs", "cli.rs", "plugin.rs"],
            uses: &["diagnostics", "options", "input", "output", "library"],
        },
    ],
    exceptions: &[],
};

/// Ends stand on protocols, these on what a call is, and that on messages.
const RUNTIME: Table = Table {
    folder: "runtime/src/",
    name: "rsvc",
    roots: &["lib.rs"],
    exempt: &["json/wkt/prost_types.rs", "pb/", "server/generated/"],
    layers: &[
        // The one file that names tonic.
        Layer { name: "bridge", files: &["bridge.rs"], uses: &[] },
        Layer { name: "json", files: &["json/"], uses: &[] },
        Layer { name: "cel", files: &["cel/"], uses: &["json"] },
        // A call as the condition of its method sees it.
        Layer { name: "condition", files: &["condition.rs"], uses: &["cel"] },
        Layer {
            name: "method",
            files: &["cache.rs", "etag/", "method.rs", "retry.rs"],
            uses: &["bridge", "condition"],
        },
        Layer { name: "pb", files: &["pb/"], uses: &[] },
        Layer { name: "weights", files: &["weights.rs"], uses: &[] },
        Layer { name: "error", files: &["error/"], uses: &["bridge", "method", "weights"] },
        Layer { name: "validate", files: &["validate/"], uses: &["bridge", "json", "cel", "error", "pb"] },
        Layer { name: "mask", files: &["mask.rs"], uses: &["bridge", "json", "validate"] },
        Layer { name: "message", files: &["message.rs"], uses: &["json", "validate"] },
        Layer { name: "sample", files: &["sample.rs"], uses: &["json", "validate"] },
        // What is told of calls, whoever tells it.
        Layer { name: "sight", files: &["sight/"], uses: &["bridge", "method", "error"] },
        // It knows no protocol, no server and no client.
        Layer {
            name: "vocabulary",
            files: &[
                "access.rs",
                "cancellation.rs",
                "challenge.rs",
                "context/",
                "deadline.rs",
                "metadata.rs",
                "peer.rs",
                "precondition.rs",
                "principal.rs",
                "stream/",
            ],
            uses: &["bridge", "condition", "method", "message", "sight"],
        },
        Layer {
            name: "call",
            files: &["call/"],
            uses: &["bridge", "method", "json", "validate", "error", "message", "sight", "vocabulary"],
        },
        // What the two ends of REST share.
        Layer {
            name: "transcode",
            files: &["transcode/"],
            uses: &["bridge", "method", "json", "pb", "message", "call"],
        },
        // What the two ends of a protocol share.
        Layer {
            name: "protocol",
            files: &["protocol/"],
            uses: &["bridge", "json", "weights", "error", "message", "vocabulary", "call"],
        },
        Layer {
            name: "protocols on a server",
            files: &[
                "protocol/caching/",
                "protocol/intercepted.rs",
                "protocol/server/",
                "protocol/service.rs",
                "protocol/settings.rs",
                "protocol/text.rs",
            ],
            uses: &[
                "bridge",
                "method",
                "sight",
                "json",
                "error",
                "message",
                "vocabulary",
                "call",
                "transcode",
                "protocol",
            ],
        },
        Layer {
            name: "server side of a protocol",
            files: &["protocol/grpc/server", "protocol/connect/server", "protocol/rest/server"],
            uses: &[
                "bridge",
                "method",
                "sight",
                "validate",
                "json",
                "weights",
                "error",
                "message",
                "vocabulary",
                "call",
                "transcode",
                "protocol",
                "protocols on a server",
            ],
        },
        // It tells the protocol of a request.
        Layer {
            name: "rpc",
            files: &["protocol/rpc.rs"],
            uses: &[
                "bridge",
                "method",
                "sight",
                "call",
                "protocol",
                "protocols on a server",
                "server side of a protocol",
            ],
        },
        Layer {
            name: "protocols on a client",
            files: &["protocol/client/"],
            uses: &["bridge", "method", "sight", "validate", "message", "vocabulary", "call", "protocol"],
        },
        // Both ends of a call in one process.
        Layer {
            name: "local calls",
            files: &["protocol/client/local.rs"],
            uses: &[
                "bridge",
                "sight",
                "json",
                "message",
                "vocabulary",
                "call",
                "protocols on a server",
                "protocols on a client",
            ],
        },
        Layer {
            name: "client side of a protocol",
            files: &[
                "protocol/grpc/client",
                "protocol/connect/client",
                "protocol/connect/unary",
                "protocol/rest/client",
            ],
            uses: &[
                "bridge",
                "method",
                "json",
                "error",
                "pb",
                "message",
                "vocabulary",
                "call",
                "transcode",
                "protocol",
                "protocols on a client",
                // REST tells of the binding that a call goes by.
                "sight",
            ],
        },
        Layer { name: "tls", files: &["tls/"], uses: &["call"] },
        Layer {
            name: "server",
            files: &["server/"],
            uses: &[
                "bridge",
                "method",
                "sight",
                "json",
                "validate",
                "vocabulary",
                "call",
                "transcode",
                "protocol",
                "protocols on a server",
                "server side of a protocol",
                "rpc",
                "local calls",
                "tls",
            ],
        },
        Layer {
            name: "client",
            files: &["client/"],
            uses: &[
                "bridge",
                "method",
                "sight",
                "json",
                "validate",
                "error",
                "message",
                "vocabulary",
                "call",
                "protocol",
                "protocols on a client",
                "client side of a protocol",
                "tls",
            ],
        },
        // Channels to a server in the same process.
        Layer {
            name: "in process",
            files: &["in_process.rs"],
            uses: &[
                "call",
                "protocol",
                "protocols on a server",
                "rpc",
                "protocols on a client",
                "local calls",
                "server",
                "client",
            ],
        },
        // Ready-made authenticators. Keys come over TLS, and certificates of it.
        Layer { name: "auth", files: &["auth/"], uses: &["bridge", "json", "message", "vocabulary", "tls"] },
        // What generated code names: it passes on, and only generated code in the crate names it.
        Layer {
            name: "codegen",
            files: &["codegen/"],
            uses: &[
                "bridge",
                "condition",
                "method",
                "json",
                "cel",
                "validate",
                "sample",
                "error",
                "vocabulary",
                "call",
                "transcode",
                "protocols on a server",
                "client side of a protocol",
                "server",
                "client",
            ],
        },
        // It exists for fuzzers and tests alone.
        Layer {
            name: "fuzzing",
            files: &["fuzzing/"],
            uses: &[
                "bridge",
                "method",
                "error",
                "vocabulary",
                "auth",
                "call",
                "transcode",
                "protocol",
                "server side of a protocol",
                "protocols on a client",
                "client side of a protocol",
                "client",
            ],
        },
        Layer {
            name: "library",
            files: &["lib.rs"],
            uses: &["bridge", "method", "validate", "error", "vocabulary", "call", "server", "client"],
        },
    ],
    exceptions: &[],
};

#[test]
fn the_layers_of_the_generator_hold() {
    let wrong = GENERATOR.check();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn the_layers_of_the_runtime_hold() {
    let wrong = RUNTIME.check();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
