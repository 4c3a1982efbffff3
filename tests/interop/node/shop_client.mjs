// The shop, called by connect-node: `node shop_client.mjs [--protocol …] [--http …] [--codec …] ADDR TOKEN CASE...`.
// It prints a line for each case; `--list` prints their names.
import assert from "node:assert/strict";
import { subscribe } from "node:diagnostics_channel";
import { parseArgs } from "node:util";
import { Code, ConnectError, createClient, decodeBinaryHeader, encodeBinaryHeader } from "@connectrpc/connect";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import { NotApplicable, run } from "./report.mjs";
import { registry } from "./schema.mjs";
import { options, transport } from "./transports.mjs";

const { values, positionals } = parseArgs({ options: { ...options, list: { type: "boolean" } }, allowPositionals: true });
const [addr, token, ...names] = positionals;

const ADA = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001";
const MALLORY = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a003";
const NOBODY = "00000000-0000-4000-8000-000000000000";
const PATIENCE = { timeoutMs: 60_000 };

/** A client of one of the shop's services. */
const client = (name, more) => createClient(registry.getService(`shop.v1.${name}Service`), transport(addr, values, more));

function needDuplex() {
  if (values.http !== "2") throw new NotApplicable("a stream in both directions needs HTTP/2");
}

async function* each(...requests) {
  yield* requests;
}

async function all(responses) {
  const list = [];
  for await (const response of responses) list.push(response);
  return list;
}

async function fails(code, answer) {
  try {
    await answer;
  } catch (reason) {
    const error = ConnectError.from(reason);
    assert.equal(Code[error.code], Code[code], error.message);
    return error;
  }
  assert.fail(`${Code[code]} expected, and it was answered`);
}

/** The one detail of this type. */
function detail(error, type) {
  const [found, ...others] = error.findDetails(registry.getMessage(type));
  assert.ok(found, `no ${type} in ${JSON.stringify(error.details)}`);
  assert.deepEqual(others, []);
  return found;
}

/** An error of one of the shop's sets: its payload. */
function typed(error, set, name) {
  const { reason, domain } = detail(error, "google.rpc.ErrorInfo");
  assert.equal(domain, `${set}.shop.example`);
  assert.equal(reason, name.replace(/(?<=.)[A-Z]/g, "_$&").toUpperCase());
  return detail(error, `shop.v1.${name}`);
}

const blob = Uint8Array.of(0, 255, 128);

/** Calls with metadata, and checks what comes back by headers and trailers. */
async function echoed(call) {
  const headers = { "x-request-id": "n-1", "x-client-context-bin": encodeBinaryHeader(blob) };
  let header, trailer;
  const answer = await call({ ...PATIENCE, headers, onHeader: (found) => (header = found), onTrailer: (found) => (trailer = found) });
  assert.equal(header.get("x-request-id"), "n-1");
  assert.deepEqual(decodeBinaryHeader(trailer.get("x-client-context-bin")), blob);
  return answer;
}

const cases = {
  unary: async () => {
    const user = await client("User").getUser({ userId: ADA }, PATIENCE);
    assert.equal(user.name, "Ada Lovelace");
    assert.deepEqual(user.metadata, { tier: "gold" });
    assert.equal(user.version, 1n);
  },
  unary_by_get: async () => {
    if (values.protocol !== "connect") throw new NotApplicable("gRPC calls with POST alone");
    // Node may tell of a request more than once, and of HTTP/2 not at all.
    const sent = new Set();
    subscribe("http.client.request.start", ({ request }) => sent.add(request));
    const users = client("User", { useHttpGet: true });
    assert.equal((await users.getUser({ userId: ADA }, PATIENCE)).name, "Ada Lovelace");
    const error = await fails(Code.NotFound, users.getUser({ userId: NOBODY }, PATIENCE));
    assert.equal(typed(error, "users", "UserNotFound").userId, NOBODY);
    // A method that changes something is called by POST still.
    await fails(Code.InvalidArgument, users.createUser({}, PATIENCE));
    if (values.http === "1.1") assert.deepEqual([...sent].map(({ method }) => method), ["GET", "GET", "POST"]);
  },
  validation_by_mask: async () => {
    const users = client("User");
    const { id: userId } = await users.createUser({ name: "N", email: `${crypto.randomUUID()}@shop.example` }, PATIENCE);
    const change = (paths, preferences) => users.updatePreferences({ userId, preferences, updateMask: { paths } }, PATIENCE);
    const both = await change(["quiet_from", "quiet_until"], { quietFrom: 1320, quietUntil: 360 });
    assert.deepEqual([both.quietFrom, both.quietUntil], [1320, 360]);
    // What is not named may be wrong, and half of the quiet hours is enough.
    const one = await change(["quiet_until"], { quietFrom: -1, quietUntil: 420 });
    assert.deepEqual([one.quietFrom, one.quietUntil], [1320, 420]);
    const error = await fails(Code.InvalidArgument, change(["quiet_until"], { quietUntil: 1440 }));
    assert.deepEqual(detail(error, "google.rpc.BadRequest").fieldViolations.map(({ field }) => field), ["preferences.quiet_until"]);
    await fails(Code.InvalidArgument, change(["quiet_until"], {}));
    const unknown = await fails(Code.InvalidArgument, change(["colour"], {}));
    assert.deepEqual(detail(unknown, "google.rpc.BadRequest").fieldViolations.map(({ field }) => field), ["update_mask"]);
  },
  server_stream: async () => {
    const orders = await all(client("Order").getOrders({ userId: ADA }, PATIENCE));
    assert.ok(orders.length > 0);
    for (const order of orders) assert.equal(order.userId, ADA);
  },
  client_stream: async () => {
    const chunks = ["first half, ", "second half"].map((text, sequence) => ({
      uploadId: `node-${process.pid}`,
      sequence,
      data: new TextEncoder().encode(text),
    }));
    const result = await client("Upload").uploadChunks(each(...chunks), PATIENCE);
    assert.equal(result.size, 23n);
    assert.equal(result.chunkCount, 2);
  },
  bidi_stream: async () => {
    needDuplex();
    let answered;
    const requests = async function* () {
      for (const serviceId of ["shop", "shop.v1.UserService"]) {
        const answer = new Promise((resolve) => (answered = resolve));
        yield { serviceId };
        await answer;
      }
    };
    const measured = [];
    for await (const { serviceId } of client("Chat").monitor(requests(), PATIENCE)) {
      measured.push(serviceId);
      answered();
    }
    assert.deepEqual(measured, ["shop", "shop.v1.UserService"]);
  },
  error_of_unary: async () => {
    const error = await fails(Code.NotFound, client("User").getUser({ userId: NOBODY }, PATIENCE));
    assert.equal(error.rawMessage, `no user "${NOBODY}"`);
    assert.equal(typed(error, "users", "UserNotFound").userId, NOBODY);
  },
  error_of_server_stream: async () => {
    const error = await fails(Code.NotFound, all(client("Order").getOrders({ userId: NOBODY }, PATIENCE)));
    assert.equal(typed(error, "orders", "UserNotFound").userId, NOBODY);
  },
  error_of_client_stream: async () => {
    const chunks = each({ uploadId: "gap", sequence: 7, data: Uint8Array.of(1) });
    const error = await fails(Code.OutOfRange, client("Upload").uploadChunks(chunks, PATIENCE));
    const { expected, got } = typed(error, "uploads", "ChunkOutOfOrder");
    assert.deepEqual([expected, got], [0, 7]);
  },
  error_of_bidi_stream: async () => {
    needDuplex();
    const answers = client("Chat").monitor(each({ serviceId: "shop" }, { serviceId: "shop.v1.NoService" }), PATIENCE);
    const heard = [];
    const error = await fails(Code.NotFound, (async () => {
      for await (const answer of answers) heard.push(answer.serviceId);
    })());
    assert.deepEqual(heard, ["shop"]);
    assert.equal(typed(error, "chats", "ServiceNotFound").serviceId, "shop.v1.NoService");
  },
  violations: async () => {
    const error = await fails(Code.InvalidArgument, client("User").getUser({ userId: "ada" }, PATIENCE));
    assert.equal(error.rawMessage, "user_id: must be a valid UUID");
    assert.equal(detail(error, "buf.validate.Violations").violations[0].ruleId, "string.uuid");
    assert.equal(detail(error, "google.rpc.BadRequest").fieldViolations[0].field, "user_id");
  },
  access: async () => {
    await fails(Code.Unauthenticated, client("User").deleteUser({ userId: MALLORY }, PATIENCE));
    const headers = { authorization: `Bearer ${token}` };
    await fails(Code.NotFound, client("User").deleteUser({ userId: NOBODY }, { ...PATIENCE, headers }));
  },
  metadata: async () => {
    await echoed((options) => client("User").getUser({ userId: ADA }, options));
    await echoed((options) => all(client("Order").getOrders({ userId: ADA }, options)));
    const headers = { "x-request-id": "n-2" };
    const error = await fails(Code.NotFound, client("User").getUser({ userId: NOBODY }, { ...PATIENCE, headers }));
    assert.equal(error.metadata.get("x-request-id"), "n-2");
  },
  compression: async () => {
    // gRPC has no br.
    const known = values.protocol === "connect" ? [compressionGzip, compressionBrotli] : [compressionGzip];
    for (const compression of known) {
      const users = client("User", { sendCompression: compression, acceptCompression: [compression], compressMinBytes: 0 });
      assert.equal((await users.getUser({ userId: ADA }, PATIENCE)).name, "Ada Lovelace");
      const orders = client("Order", { sendCompression: compression, acceptCompression: [compression], compressMinBytes: 0 });
      assert.ok((await all(orders.getOrders({ userId: ADA }, PATIENCE))).length > 0);
    }
  },
  deadline: async () => {
    await fails(Code.DeadlineExceeded, all(client("Order").streamOrderUpdates({ afterSequence: 7n }, { timeoutMs: 300 })));
  },
  cancel: async () => {
    const abort = new AbortController();
    const updates = client("Order").streamOrderUpdates({ afterSequence: 0n }, { ...PATIENCE, signal: abort.signal });
    const reading = updates[Symbol.asyncIterator]();
    assert.equal((await reading.next()).value.sequence, 1n);
    abort.abort();
    await fails(Code.Canceled, (async () => {
      while (!(await reading.next()).done);
    })());
  },
  many_at_once: async () => {
    const users = client("User");
    const found = await Promise.all(Array.from({ length: 50 }, () => users.getUser({ userId: ADA }, PATIENCE)));
    assert.ok(found.every((user) => user.name === "Ada Lovelace"));
  },
  unknown_method: async () => {
    const { method } = registry.getService("grpc.testing.UnimplementedService");
    const other = transport(addr, values);
    await fails(Code.Unimplemented, other.unary(method.unimplementedCall, undefined, PATIENCE.timeoutMs, undefined, {}));
  },
};

if (values.list) {
  console.log(Object.keys(cases).join("\n"));
} else {
  await run(names, cases, {});
}
process.exit(); // sessions that wait for more calls would keep it alive
