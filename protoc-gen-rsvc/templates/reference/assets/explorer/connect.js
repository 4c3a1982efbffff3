// Calls over Connect, in JSON: unary ones are a POST, streams are envelopes.
import { fromBase64 } from "./bytes.js";
import { envelope, envelopes } from "./envelope.js";
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
    details: (error.details ?? []).map(({ type, value, debug }) => decodeDetail(type, fromBase64(value), debug)),
  };
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
    for await (const { flags, text } of envelopes(response)) {
      const json = JSON.parse(text || "{}");
      if (!(flags & END)) yield { message: json };
      else if (json.error) yield { error: status(json.error) };
    }
  }
}
