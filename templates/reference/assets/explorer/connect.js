// Calls over Connect, in JSON: unary ones are a POST, streams are envelopes with a byte of flags and four of length.
import { decodeDetail } from "./errors.js";

const CODES = [
  "ok", "canceled", "unknown", "invalid_argument", "deadline_exceeded", "not_found", "already_exists", "permission_denied",
  "resource_exhausted", "failed_precondition", "aborted", "out_of_range", "unimplemented", "internal", "unavailable",
  "data_loss", "unauthenticated",
];
/** The flag of the last envelope, which has the error and the trailers. */
const END = 2;

/** An error of Connect as `google.rpc.Status` has it in JSON. */
function status(error) {
  return {
    code: Math.max(CODES.indexOf(error.code), 0) || 2,
    message: error.message ?? "",
    details: (error.details ?? []).map(decodeDetail),
  };
}

function envelope(message) {
  const content = new TextEncoder().encode(JSON.stringify(message));
  const out = new Uint8Array(5 + content.length);
  new DataView(out.buffer).setUint32(1, content.length);
  out.set(content, 5);
  return out;
}

async function* envelopes(response) {
  const reader = response.body.getReader();
  let left = new Uint8Array();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const joined = new Uint8Array(left.length + value.length);
      joined.set(left);
      joined.set(value, left.length);
      left = joined;
      while (left.length >= 5) {
        const length = new DataView(left.buffer, left.byteOffset).getUint32(1);
        if (left.length < 5 + length) break;
        yield { flags: left[0], json: JSON.parse(new TextDecoder().decode(left.subarray(5, 5 + length)) || "{}") };
        left = left.slice(5 + length);
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** It yields what `callRest` yields. */
export async function* callConnect({ base, method, requests, headers, signal }) {
  const isUnary = method.kind === "unary";
  const response = await fetch(base.replace(/\/$/, "") + method.path, {
    method: "POST",
    headers: {
      "content-type": isUnary ? "application/json" : "application/connect+json",
      "connect-protocol-version": "1",
      ...headers,
    },
    body: isUnary ? JSON.stringify(requests[0]) : new Blob(requests.map(envelope)),
    signal,
    cache: "no-store",
    credentials: "same-origin",
  });
  yield { head: response };
  if (!response.ok) {
    const text = await response.text();
    const isJson = (response.headers.get("content-type") ?? "").includes("json");
    yield isJson ? { error: status(JSON.parse(text)) } : { raw: text };
  } else if (isUnary) {
    yield { message: JSON.parse(await response.text()) };
  } else {
    for await (const { flags, json } of envelopes(response)) {
      if (!(flags & END)) yield { message: json };
      else if (json.error) yield { error: status(json.error) };
    }
  }
}
