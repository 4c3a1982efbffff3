// What the page in the browser does: calls of the shop and of the interop service by connect-web.
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, decodeBinaryHeader, encodeBinaryHeader } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";

const ADA = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001";
const GRACE = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a002";
const NOBODY = "00000000-0000-4000-8000-000000000000";
const ORDER = "3f8e2c1a-0b7d-4e59-8c46-2d90f1a7b001";
const PATIENCE = { timeoutMs: 60_000 };

let settings, registry;

/** Takes the options of `browser.mjs`. */
export function start(given) {
  settings = given;
  const bytes = Uint8Array.from(atob(given.descriptors), (char) => char.charCodeAt(0));
  registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
}

/** Runs a case: nothing, or why it has failed or cannot be done. */
export async function outcome(name) {
  try {
    return { skipped: await cases[name]() };
  } catch (error) {
    return { failed: String(error) };
  }
}

function client(baseUrl, service, more = {}) {
  const create = settings.protocol === "connect" ? createConnectTransport : createGrpcWebTransport;
  const transport = create({ baseUrl, useBinaryFormat: settings.codec === "proto", jsonOptions: { registry }, ...more });
  return createClient(registry.getService(service), transport);
}

const shop = (name, more) => client(settings.shop, `shop.v1.${name}Service`, more);
const interop = () => client(settings.interop, "grpc.testing.TestService");

function same(found, expected) {
  const text = (value) => JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}n` : part));
  if (text(found) !== text(expected)) throw new Error(`${text(expected)} expected, found ${text(found)}`);
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
    same([Code[error.code], error.rawMessage], [Code[code], error.rawMessage]);
    return error;
  }
  throw new Error(`${Code[code]} expected, and it was answered`);
}

function detail(error, type) {
  const found = error.findDetails(registry.getMessage(type));
  same(found.length, 1);
  return found[0];
}

async function echoed(call, initial, trailing) {
  const blob = Uint8Array.of(0, 255, 128);
  let header, trailer;
  await call({
    ...PATIENCE,
    headers: { [initial]: "w-1", [trailing]: encodeBinaryHeader(blob) },
    onHeader: (found) => (header = found),
    onTrailer: (found) => (trailer = found),
  });
  same(header.get(initial), "w-1");
  same([...decodeBinaryHeader(trailer.get(trailing))], [...blob]);
}

export const cases = {
  unary: async () => {
    const user = await shop("User").getUser({ userId: ADA }, PATIENCE);
    same([user.name, user.metadata, user.version], ["Ada Lovelace", { tier: "gold" }, 1n]);
  },
  unary_by_get: async () => {
    if (settings.protocol !== "connect") return "gRPC-Web calls with POST alone";
    const methods = [];
    const noted = (input, init) => (methods.push(init.method), fetch(input, init));
    const users = shop("User", { useHttpGet: true, fetch: noted });
    same((await users.getUser({ userId: ADA }, PATIENCE)).name, "Ada Lovelace");
    await fails(Code.NotFound, users.getUser({ userId: NOBODY }, PATIENCE));
    same(methods, ["GET", "GET"]);
  },
  caches: async () => {
    if (settings.protocol !== "connect") return "gRPC-Web calls with POST alone";
    const sizes = [];
    const sized = async (input, init) => {
      const response = await fetch(input, init);
      const copy = response.clone();
      await response.arrayBuffer();
      const [entry] = performance.getEntriesByName(String(input)).slice(-1);
      // By the specification of this number: 0 for what comes from the cache, 300 more than the content for what is sent.
      sizes.push(entry.transferSize === 0 ? "kept" : entry.transferSize === 300 ? "asked" : "sent");
      return copy;
    };
    const more = { useHttpGet: true, fetch: sized };
    const user = await shop("User", more).getUser({ userId: GRACE }, PATIENCE);
    same(await shop("User", more).getUser({ userId: GRACE }, PATIENCE), user);
    const order = { orderId: ORDER };
    same(await shop("Order", more).getOrder(order, PATIENCE), await shop("Order", more).getOrder(order, PATIENCE));
    same(sizes, ["sent", "asked", "sent", "kept"]);
  },
  server_stream: async () => {
    const orders = await all(shop("Order").getOrders({ userId: ADA }, PATIENCE));
    same(orders.length > 0 && orders.every((order) => order.userId === ADA), true);
  },
  error_of_unary: async () => {
    const error = await fails(Code.NotFound, shop("User").getUser({ userId: NOBODY }, PATIENCE));
    same(error.rawMessage, `no user "${NOBODY}"`);
    same(detail(error, "google.rpc.ErrorInfo").reason, "USER_NOT_FOUND");
    same(detail(error, "shop.v1.UserNotFound").userId, NOBODY);
  },
  error_of_server_stream: async () => {
    const error = await fails(Code.NotFound, all(shop("Order").getOrders({ userId: NOBODY }, PATIENCE)));
    same(detail(error, "shop.v1.UserNotFound").userId, NOBODY);
  },
  violations: async () => {
    const error = await fails(Code.InvalidArgument, shop("User").getUser({ userId: "ada" }, PATIENCE));
    same(detail(error, "buf.validate.Violations").violations[0].ruleId, "string.uuid");
  },
  access: async () => {
    await fails(Code.Unauthenticated, shop("User").deleteUser({ userId: NOBODY }, PATIENCE));
    const headers = { authorization: `Bearer ${settings.token}` };
    await fails(Code.NotFound, shop("User").deleteUser({ userId: NOBODY }, { ...PATIENCE, headers }));
  },
  metadata: async () => {
    await echoed((options) => shop("User").getUser({ userId: ADA }, options), "x-request-id", "x-client-context-bin");
    await echoed((options) => all(shop("Order").getOrders({ userId: ADA }, options)), "x-request-id", "x-client-context-bin");
  },
  live_stream_and_cancel: async () => {
    const abort = new AbortController();
    const updates = shop("Order").streamOrderUpdates({ afterSequence: 0n }, { ...PATIENCE, signal: abort.signal });
    const reading = updates[Symbol.asyncIterator]();
    same((await reading.next()).value.sequence, 1n);
    abort.abort();
    await fails(Code.Canceled, (async () => {
      while (!(await reading.next()).done);
    })());
  },
  deadline: async () => {
    await fails(Code.DeadlineExceeded, all(shop("Order").streamOrderUpdates({ afterSequence: 7n }, { timeoutMs: 300 })));
  },
  large: async () => {
    const { payload } = await interop().unaryCall({ responseSize: 314159, payload: { body: new Uint8Array(271828) } }, PATIENCE);
    same(payload.body.length, 314159);
  },
  other_origin: async () => {
    const initial = "x-grpc-test-echo-initial", trailing = "x-grpc-test-echo-trailing-bin";
    await echoed((options) => interop().emptyCall({}, options), initial, trailing);
    const sizes = [31415, 9, 2653];
    const wanted = { responseParameters: sizes.map((size) => ({ size, intervalUs: 1000 })) };
    await echoed(async (options) => {
      const responses = await all(interop().streamingOutputCall(wanted, options));
      same(responses.map(({ payload }) => payload.body.length), sizes);
    }, initial, trailing);
    const message = "Unicode BMP ☺ and non-BMP 😈";
    const error = await fails(Code.DataLoss, interop().unaryCall({ responseStatus: { code: 15, message } }, PATIENCE));
    same(error.rawMessage, message);
  },
};
