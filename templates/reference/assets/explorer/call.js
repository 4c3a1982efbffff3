// The ways in which a method can be called from a page, and each as a command of curl.
import { restRequest } from "./rest.js";

/** The ways of a method: a name for people, a protocol, and the binding. */
export function ways(method) {
  const all = [];
  method.bindings.forEach((binding, index) => {
    const place = `${binding.verb} ${binding.template}`;
    if (binding.raw) return;
    if (method.kind === "unary") all.push({ id: `rest-${index}`, label: `REST  ${place}`, protocol: "rest", form: "unary", binding });
    if (method.kind === "server") {
      all.push({ id: `sse-${index}`, label: `Server-sent events  ${place}`, protocol: "rest", form: "sse", binding });
      all.push({ id: `ndjson-${index}`, label: `NDJSON  ${place}`, protocol: "rest", form: "ndjson", binding });
    }
    if (method.kind === "client") all.push({ id: `rest-${index}`, label: `NDJSON  ${place}`, protocol: "rest", form: "client", binding });
    if (method.kind !== "unary") all.push({ id: `ws-${index}`, label: `WebSocket  ${place}`, protocol: "websocket", binding });
  });
  if (method.kind === "unary" || method.kind === "server") {
    all.push({ id: "connect", label: `Connect  POST ${method.path}`, protocol: "connect" });
  }
  // Both directions at once are what WebSockets are for; the others are best where nothing has to be sent first.
  if (method.kind === "bidi") all.sort((a, b) => Number(b.protocol === "websocket") - Number(a.protocol === "websocket"));
  return all;
}

const quote = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;

/** The same call as a command. A WebSocket is shown as the HTTP request that streams the same. */
export function asCurl({ base, method, way, requests, headers }) {
  const parts = ["curl"];
  const add = (headers_) => Object.entries(headers_).forEach(([name, value]) => parts.push(`-H ${quote(`${name}: ${value}`)}`));
  if (way.protocol === "connect") {
    if (method.kind !== "unary") {
      const extra = Object.entries(headers).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`);
      return ["buf curl --protocol connect", ...extra, `-d ${quote(requests.map((r) => JSON.stringify(r)).join(""))}`, base.replace(/\/$/, "") + method.path].join(" \\\n  ");
    }
    parts.push(quote(base.replace(/\/$/, "") + method.path));
    add({ "content-type": "application/json", ...headers });
    parts.push(`-d ${quote(JSON.stringify(requests[0]))}`);
    return parts.join(" \\\n  ");
  }
  const { verb, url, body } = restRequest(base, way.binding, requests[0]);
  const streams = method.kind !== "unary";
  parts[0] = `curl${method.kind === "server" || method.kind === "bidi" ? " -N" : ""}${verb === "GET" && body === undefined ? "" : ` -X ${verb}`} ${quote(url)}`;
  const accept = way.form === "sse" ? "text/event-stream" : streams ? "application/x-ndjson" : undefined;
  add({ ...(accept ? { accept } : {}), ...headers });
  if (body !== undefined) {
    const isList = method.kind === "client" || method.kind === "bidi";
    add({ "content-type": isList ? "application/x-ndjson" : "application/json" });
    const text = isList ? requests.map((r) => JSON.stringify(restRequest(base, way.binding, r).body)).join("\n") : JSON.stringify(body);
    parts.push(`--data-binary ${quote(text)}`);
  }
  return parts.join(" \\\n  ");
}
