// Errors as what they are: code, reason, domain, details, help, when to try again; and violations at their fields.
import { fromBase64, toBase64 } from "./bytes.js";
import { h, pretty } from "./dom.js";

const NAMES = [
  "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE",
  "DATA_LOSS", "UNAUTHENTICATED",
];
const TYPE = "type.googleapis.com/";

/** The fields of `google/rpc/error_details.proto` by their numbers: a name, and the table of what is below, or its kind. */
const HELP_LINK = { 1: ["description", "text"], 2: ["url", "text"] };
const VIOLATION = { 1: ["field", "text"], 2: ["description", "text"], 3: ["reason", "text"] };
const DETAILS = {
  "google.rpc.BadRequest": { 1: ["fieldViolations", VIOLATION, "list"] },
  "google.rpc.ErrorInfo": { 1: ["reason", "text"], 2: ["domain", "text"], 3: ["metadata", { 1: ["key", "text"], 2: ["value", "text"] }, "map"] },
  "google.rpc.RetryInfo": { 1: ["retryDelay", { 1: ["seconds", "number"], 2: ["nanos", "number"] }] },
  "google.rpc.Help": { 1: ["links", HELP_LINK, "list"] },
  "google.rpc.LocalizedMessage": { 1: ["locale", "text"], 2: ["message", "text"] },
};
const STATUS = { 1: ["code", "number"], 2: ["message", "text"], 3: ["details", { 1: ["type", "text"], 2: ["value", "bytes"] }, "list"] };

/** Reads a message of a table: lengths and varints are all that there is. */
function decode(bytes, table) {
  const out = {};
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; at < bytes.length; shift *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * shift;
      if (byte < 128) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const tag = varint();
    const [name, inner, shape] = table[tag >>> 3] ?? [];
    if ((tag & 7) === 0) {
      const value = varint();
      if (name) out[name] = value;
      continue;
    }
    if ((tag & 7) !== 2) return out;
    const length = varint();
    const part = bytes.subarray(at, (at += length));
    if (!name) continue;
    const value = inner === "text" ? new TextDecoder().decode(part) : inner === "bytes" ? part : decode(part, inner);
    if (shape === "list") (out[name] ??= []).push(value);
    else if (shape === "map") (out[name] ??= {})[value.key ?? ""] = value.value ?? "";
    else out[name] = value;
  }
  return out;
}

/** A detail in protobuf as JSON has it. Of a type that is not known here, `debug` may be its JSON; else it stays as it is. */
export function decodeDetail(type, bytes, debug) {
  const table = DETAILS[type];
  if (!table) return { "@type": TYPE + type, ...(debug ?? { value: toBase64(bytes) }) };
  const detail = decode(bytes, table);
  if (detail.retryDelay) detail.retryDelay = `${(detail.retryDelay.seconds ?? 0) + (detail.retryDelay.nanos ?? 0) / 1e9}s`;
  return { "@type": TYPE + type, ...detail };
}

/** A `google.rpc.Status` in protobuf, in base64. */
export function decodeStatus(text) {
  const status = decode(fromBase64(text), STATUS);
  const details = (status.details ?? []).map(({ type = "", value }) =>
    decodeDetail(type.slice(type.lastIndexOf("/") + 1), value ?? new Uint8Array()));
  return { code: status.code ?? 0, message: status.message ?? "", details };
}

const named = (status, name) => (status.details ?? []).filter((detail) => detail["@type"] === TYPE + name);

/** The parts of a path: `lines[0].product_id` is a name, a number and a name. */
export function parsePath(path) {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[([^\]]*)\]|([^.[\]]+)/g)].map(([, key, index, name]) =>
    key !== undefined ? JSON.parse(`"${key}"`) : (index ?? name));
}

/** The violations of a status: a path and a text each. */
export function violations(status) {
  return named(status, "google.rpc.BadRequest").flatMap((detail) =>
    (detail.fieldViolations ?? []).map(({ field = "", description = "" }) => ({ path: parsePath(field), text: description })));
}

/** An error for people. */
export function showError(status, root) {
  const [info] = named(status, "google.rpc.ErrorInfo");
  const facts = [];
  const fact = (name, ...content) => facts.push(h("div", {}, h("dt", { textContent: name }), h("dd", {}, ...content)));
  if (info?.domain) fact("Domain", h("code", { textContent: info.domain }));
  for (const [key, text] of Object.entries(info?.metadata ?? {})) fact(key, text);
  for (const { retryDelay } of named(status, "google.rpc.RetryInfo")) fact("Try again", `after ${retryDelay}`);
  for (const { links = [] } of named(status, "google.rpc.Help")) {
    for (const { description, url } of links) {
      const isLink = /^https?:/i.test(url ?? "");
      fact("Help", isLink ? h("a", { href: url, rel: "noreferrer", textContent: description || url }) : `${description ?? ""} ${url ?? ""}`);
    }
  }
  for (const { locale, message } of named(status, "google.rpc.LocalizedMessage")) fact(locale || "For users", message ?? "");
  const known = new Set([...Object.keys(DETAILS).map((name) => TYPE + name), `${TYPE}buf.validate.Violations`]);
  const payloads = (status.details ?? []).filter((detail) => !known.has(detail["@type"]));
  const list = violations(status);
  const name = NAMES[status.code] ?? `code ${status.code}`;
  return h("div", { className: "ex-error", role: "alert" },
    h("h4", { textContent: info?.reason ? `${info.reason} (${name})` : name }),
    h("p", { textContent: status.message ?? "" }),
    list.length ? h("ul", {}, list.map(({ path, text }) => h("li", {}, h("code", { textContent: path.join(".") || "request" }), ` ${text}`))) : null,
    facts.length ? h("dl", { className: "facts" }, facts) : null,
    payloads.map((payload) => {
      const { "@type": type, ...rest } = payload;
      const full = type.slice(type.lastIndexOf("/") + 1);
      return h("div", {}, h("a", { href: `${root}messages/${encodeURIComponent(full)}.html`, textContent: full }),
        h("pre", { className: "ex-body", textContent: pretty(rest) }));
    }));
}
