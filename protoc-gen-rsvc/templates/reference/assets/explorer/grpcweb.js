// Calls over gRPC-Web, with messages in JSON: envelopes, the last of which has the trailers.
import { envelope, envelopes } from "./envelope.js";
import { decodeStatus } from "./errors.js";

/** The flag of the envelope with the trailers. */
const TRAILERS = 128;

/** Lines of names and values. */
function parse(text) {
  const headers = new Headers();
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return headers;
}

/** The text of `grpc-message`, which is percent-encoded. */
function unescape(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The error of trailers, as `google.rpc.Status` has it in JSON. */
function status(trailers) {
  const code = Number(trailers.get("grpc-status"));
  if (code === 0) return undefined;
  const details = trailers.get("grpc-status-details-bin");
  return { code, message: unescape(trailers.get("grpc-message") ?? ""), details: details ? decodeStatus(details).details : [] };
}

/** It yields what `callRest` yields. */
export async function* callGrpcWeb({ base, method, requests, headers, signal }) {
  const response = await fetch(base.replace(/\/$/, "") + method.path, {
    method: "POST",
    headers: { "content-type": "application/grpc-web+json", "x-grpc-web": "1", ...headers },
    body: new Blob(requests.map(envelope)),
    signal,
    cache: "no-store",
    credentials: "same-origin",
  });
  yield { head: response };
  if (!response.ok) {
    yield { raw: await response.text() };
    return;
  }
  // Where nothing but an error comes, it is in the headers.
  let trailers = response.headers.has("grpc-status") ? response.headers : undefined;
  for await (const { flags, text } of envelopes(response)) {
    if (flags & TRAILERS) trailers = parse(text);
    else yield { message: JSON.parse(text || "{}") };
  }
  if (!trailers) throw new Error("the response has ended without a status");
  const error = status(trailers);
  if (error) yield { error };
}
