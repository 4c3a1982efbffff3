// Calls over REST: an address by the binding, bodies and streams in JSON, content as it is, and WebSockets.
import { fromBase64, size } from "./bytes.js";

/** The value at a path of names, taken out of an object. */
function take(from, path) {
  const above = path.slice(0, -1).reduce((at, name) => at?.[name], from);
  const name = path.at(-1);
  if (above === undefined || above === null || !(name in above)) return undefined;
  const value = above[name];
  delete above[name];
  return value;
}

function parameters(name, value, out) {
  if (value === null || value === undefined) return;
  if (Array.isArray(value)) for (const item of value) parameters(name, item, out);
  else if (typeof value === "object") for (const [part, inner] of Object.entries(value)) parameters(`${name}.${part}`, inner, out);
  else out.append(name, String(value));
}

/** The request of a binding: verb, address, and the body as JSON (`undefined` for none). */
export function restRequest(base, binding, request) {
  const rest = structuredClone(request ?? {});
  let path = "";
  for (const part of binding.parts) {
    if (typeof part === "string") {
      path += part;
      continue;
    }
    const value = take(rest, part.field);
    const encoded = encodeURIComponent(value ?? "");
    path += part.multi ? encoded.replaceAll("%2F", "/") : encoded;
  }
  let body;
  if (binding.body === "*") body = rest;
  else if (binding.body) body = take(rest, [binding.body]) ?? {};
  const query = new URLSearchParams();
  for (const name of binding.query) parameters(name, rest[name], query);
  const text = query.toString();
  return {
    verb: binding.verb === "*" ? "GET" : binding.verb,
    url: base.replace(/\/$/, "") + path + (text ? `?${text}` : ""),
    body,
  };
}

/** Reads a stream of text as it comes. */
async function* chunks(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function* lines(response) {
  let left = "";
  for await (const chunk of chunks(response)) {
    left += chunk;
    let end;
    while ((end = left.indexOf("\n")) >= 0) {
      yield left.slice(0, end).replace(/\r$/, "");
      left = left.slice(end + 1);
    }
  }
  if (left) yield left;
}

/** What a text of NDJSON tells: an error is its last line. */
async function* ndjson(response) {
  for await (const line of lines(response)) {
    if (!line.trim()) continue;
    const message = JSON.parse(line);
    const isError = message && typeof message === "object" && Object.keys(message).join() === "error" && "code" in Object(message.error);
    yield isError ? { error: message.error } : { message };
  }
}

/** What server-sent events tell, up to `end` or `error`. */
async function* events(response) {
  let name = "message";
  let data = [];
  for await (const line of lines(response)) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).trim());
    else if (line === "") {
      const text = data.join("\n");
      if (name === "end") return;
      if (text) yield name === "error" ? { error: JSON.parse(text) } : { message: JSON.parse(text) };
      [name, data] = ["message", []];
    }
  }
}

/** Reads content as it is: how much there is so far, and then all of it. */
async function* content(response, type) {
  const reader = response.body.getReader();
  const parts = [];
  let received = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    parts.push(value);
    yield { received: (received += value.length) };
  }
  const [, name] = (response.headers.get("content-disposition") ?? "").match(/filename="?([^";]+)/i) ?? [];
  yield { file: new Blob(parts, { type }), name };
}

const ACCEPT = { unary: "application/json", ndjson: "application/x-ndjson", sse: "text/event-stream", content: "*/*" };

/** What a request has in its body, and the type of it. */
function sent(binding, form, base, requests, body) {
  // An `HttpBody` in JSON, which is sent without being JSON.
  if (binding.raw) return [body?.contentType || "application/octet-stream", fromBase64(body?.data ?? "")];
  if (form !== "client") return ["application/json", JSON.stringify(body)];
  return ["application/x-ndjson", requests.map((request) => `${JSON.stringify(restRequest(base, binding, request).body)}\n`).join("")];
}

/** Calls over HTTP. It yields `head`, `message`, `raw`, `error`, and of content as it is `received` and `file`. */
export async function* callRest({ base, binding, requests, form, headers, signal }) {
  const { verb, url, body } = restRequest(base, binding, requests[0]);
  const accept = binding.download ? ACCEPT.content : (ACCEPT[form] ?? ACCEPT.unary);
  const init = { method: verb, headers: { accept, ...headers }, signal, cache: "no-store", credentials: "same-origin" };
  if (body !== undefined) [init.headers["content-type"], init.body] = sent(binding, form, base, requests, body);
  const response = await fetch(url, init);
  yield { head: response };
  const type = response.headers.get("content-type") ?? "";
  if (!response.ok) {
    const text = await response.text();
    yield type.includes("json") ? { error: JSON.parse(text) } : { raw: text };
  } else if (binding.download) yield* content(response, type);
  else if (type.startsWith("text/event-stream")) yield* events(response);
  else if (type.startsWith("application/x-ndjson")) yield* ndjson(response);
  else if (type.includes("json")) yield { message: JSON.parse(await response.text()) };
  else if (type.startsWith("text/")) yield { raw: await response.text() };
  else yield { raw: `${size((await response.blob()).size)} of ${type || "an unknown type"}` };
}

/**
 * Why a handshake was refused: browsers tell no page. A GET can be repeated without the upgrade, and is answered by the
 * same checks; it yields `head` and `error` or `raw`. Other verbs are not repeated: they would do something.
 */
export async function* whyRefused({ base, binding, request, headers }) {
  if (binding.verb !== "GET") return;
  const abort = new AbortController();
  try {
    for await (const event of callRest({ base, binding, requests: [request], form: "ndjson", headers, signal: abort.signal })) {
      if (event.head?.ok) return;
      yield event;
    }
  } finally {
    abort.abort();
  }
}

/** A WebSocket: `send`, `finish` and `close`, and what comes. A token is the only thing that a page can say besides. */
export function openSocket({ base, binding, request, authorization, on }) {
  const { url } = restRequest(base, binding, request);
  const bearer = authorization?.match(/^Bearer ([A-Za-z0-9._~-]+)$/)?.[1];
  const socket = new WebSocket(url.replace(/^http/, "ws"), bearer ? ["rsvc.json", `rsvc.bearer.${bearer}`] : ["rsvc.json"]);
  socket.addEventListener("open", () => on.open());
  socket.addEventListener("message", (event) => {
    if (typeof event.data !== "string") return on.raw(`${event.data.size} bytes`);
    const message = JSON.parse(event.data);
    const isError = message && typeof message === "object" && Object.keys(message).join() === "error" && "code" in Object(message.error);
    if (isError) on.error(message.error);
    else on.message(message);
  });
  socket.addEventListener("close", (event) => on.close(event));
  return {
    send: (message) => socket.send(JSON.stringify(message)),
    // An empty frame ends the requests.
    finish: () => socket.send(""),
    close: () => socket.close(1000),
  };
}
