// The ways in which a method can be called from a page, and each as a command of curl.
import { restRequest } from "./rest.js";

/** The ways of a method: a name for people, a protocol, and the binding. */
export function ways(method) {
  const all = [];
  method.bindings.forEach((binding, index) => {
    const place = `${binding.verb} ${binding.template}`;
    const add = (kind, name, form) => all.push({ id: `${kind}-${index}`, label: `${name}  ${place}`, protocol: "rest", form, binding });
    if (method.kind === "unary") add("rest", "REST", "unary");
    if (method.kind === "client") add("rest", binding.raw ? "REST" : "NDJSON", "client");
    // Content as it is: no events, and no messages in frames.
    if (method.kind === "server" && binding.download) add("rest", "REST", "content");
    else if (method.kind === "server") {
      add("sse", "Server-sent events", "sse");
      add("ndjson", "NDJSON", "ndjson");
    }
    if (method.kind === "unary" || binding.raw || binding.download) return;
    all.push({ id: `ws-${index}`, label: `WebSocket  ${place}`, protocol: "websocket", binding });
  });
  if (method.kind === "unary" || method.kind === "server") {
    all.push({ id: "connect", label: `Connect  POST ${method.path}`, protocol: "connect" });
    all.push({ id: "grpcweb", label: `gRPC-Web  POST ${method.path}`, protocol: "grpcweb" });
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
  if (way.protocol === "connect" || way.protocol === "grpcweb") {
    if (way.protocol === "grpcweb" || method.kind !== "unary") {
      const extra = Object.entries(headers).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`);
      return [`buf curl --protocol ${way.protocol}`, ...extra, `-d ${quote(requests.map((r) => JSON.stringify(r)).join(""))}`, base.replace(/\/$/, "") + method.path].join(" \\\n  ");
    }
    parts.push(quote(base.replace(/\/$/, "") + method.path));
    add({ "content-type": "application/json", ...headers });
    parts.push(`-d ${quote(JSON.stringify(requests[0]))}`);
    return parts.join(" \\\n  ");
  }
  const { verb, url, body } = restRequest(base, way.binding, requests[0]);
  const streams = method.kind !== "unary";
  parts[0] = `curl${method.kind === "server" || method.kind === "bidi" ? " -N" : ""}${verb === "GET" && body === undefined ? "" : ` -X ${verb}`} ${quote(url)}`;
  const messages = streams && !way.binding.download;
  const accept = way.form === "sse" ? "text/event-stream" : messages ? "application/x-ndjson" : undefined;
  add({ ...(accept ? { accept } : {}), ...headers });
  if (way.binding.raw) {
    add({ "content-type": body?.contentType || "application/octet-stream" });
    parts.push("--data-binary @FILE");
  } else if (body !== undefined) {
    const isList = method.kind === "client" || method.kind === "bidi";
    add({ "content-type": isList ? "application/x-ndjson" : "application/json" });
    const text = isList ? requests.map((r) => JSON.stringify(restRequest(base, way.binding, r).body)).join("\n") : JSON.stringify(body);
    parts.push(`--data-binary ${quote(text)}`);
  }
  if (way.binding.download) parts.push("-o RESPONSE");
  return parts.join(" \\\n  ");
}
