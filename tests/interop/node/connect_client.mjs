// The interop cases of gRPC, with connect-node as client, over any protocol:
// `node connect_client.mjs [--protocol connect|grpc|grpc-web] [--http 1.1|2] [--codec proto|json] [--cache ADDR] ADDR CASE...`.
// It prints what `interop-client` prints: a line for each case.
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { Code, ConnectError, createClient, decodeBinaryHeader, encodeBinaryHeader } from "@connectrpc/connect";
import { compressionGzip } from "@connectrpc/connect-node";
import { ECHO_INITIAL, ECHO_TRAILING, REQUESTS, RESPONSES, sleep } from "./interop.mjs";
import { NotApplicable, run } from "./report.mjs";
import { TestService, UnimplementedService } from "./schema.mjs";
import { options, transport } from "./transports.mjs";

const { values, positionals } = parseArgs({ options: { ...options, cache: { type: "string" } }, allowPositionals: true });
const [addr, ...names] = positionals;
const SOAK = 10;
const LARGE = { responseSize: 314159, payload: zeros(271828) };
const PATIENCE = { timeoutMs: 60_000 };

function zeros(size) {
  return { body: new Uint8Array(size) };
}

const connect = (more) => createClient(TestService, transport(addr, values, more));
const client = connect();
const exchange = (request, response) => ({ responseParameters: [{ size: response }], payload: zeros(request) });

async function* each(requests) {
  yield* requests;
}

function checkPayload({ payload }, size) {
  assert.equal(payload.body.length, size);
  assert.ok(payload.body.every((byte) => byte === 0), "the payload is not of zeros");
}

async function all(responses) {
  const list = [];
  for await (const response of responses) list.push(response);
  return list;
}

async function fails(code, answer) {
  try {
    await answer;
  } catch (error) {
    const { code: found, rawMessage } = ConnectError.from(error);
    assert.equal(Code[found], Code[code], error.message);
    return rawMessage;
  }
  assert.fail(`${Code[code]} expected, and it was answered`);
}

/** A server that cannot choose the compression of a message says so by its status. */
async function chosen(answer) {
  try {
    return await answer;
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    if (code === Code.Unimplemented) throw new NotApplicable(`the server: ${rawMessage}`);
    throw error;
  }
}

/** Calls with this metadata, and checks that it comes back. */
async function echoed(call) {
  const sent = { [ECHO_INITIAL]: "test_initial_metadata_value", [ECHO_TRAILING]: encodeBinaryHeader(Uint8Array.of(0xab, 0xab, 0xab)) };
  let headers, trailers;
  const onHeader = (found) => (headers = found);
  const onTrailer = (found) => (trailers = found);
  const responses = await call({ ...PATIENCE, headers: sent, onHeader, onTrailer });
  assert.equal(headers.get(ECHO_INITIAL), "test_initial_metadata_value");
  assert.deepEqual(decodeBinaryHeader(trailers.get(ECHO_TRAILING)), Uint8Array.of(0xab, 0xab, 0xab));
  return responses;
}

async function echoStatus(message) {
  assert.equal(await fails(Code.Unknown, client.unaryCall({ responseStatus: { code: 2, message } }, PATIENCE)), message);
}

/** Requests that never come to an end. */
async function* endless(...first) {
  yield* first;
  await sleep(2 * PATIENCE.timeoutMs);
}

/** HTTP/1.1 has no streams in both directions: there, the server's stream stands in where the case lets it. */
const duplex = values.http === "2";
const outputs = (request, options) => (duplex ? client.fullDuplexCall(each([request]), options) : client.streamingOutputCall(request, options));

const cases = {
  empty_unary: async () => assert.equal((await client.emptyCall({}, PATIENCE)).$typeName, "grpc.testing.Empty"),
  cacheable_unary: async () => {
    if (values.protocol !== "connect") throw new NotApplicable("gRPC calls with POST alone, which no cache answers");
    if (!values.cache) throw new NotApplicable("it needs a cache in front of the server");
    const cached = createClient(TestService, transport(values.cache, values, { useHttpGet: true }));
    const request = { payload: { body: new TextEncoder().encode(`${process.hrtime.bigint()}`) } };
    const headers = { "x-user-ip": "1.2.3.4" };
    const first = await cached.cacheableUnaryCall(request, { ...PATIENCE, headers });
    const second = await cached.cacheableUnaryCall(request, { ...PATIENCE, headers });
    assert.ok(first.payload.body.length > 0);
    assert.deepEqual(second, first);
  },
  large_unary: async () => checkPayload(await client.unaryCall(LARGE, PATIENCE), 314159),
  client_compressed_unary: async () => {
    const says = (value) => ({ ...LARGE, expectCompressed: { value } });
    const compressing = connect({ sendCompression: compressionGzip, compressMinBytes: 0 });
    await fails(Code.InvalidArgument, client.unaryCall(says(true), PATIENCE));
    checkPayload(await compressing.unaryCall(says(true), PATIENCE), 314159);
    checkPayload(await client.unaryCall(says(false), PATIENCE), 314159);
  },
  // Of responses connect-node does not tell whether they were compressed.
  server_compressed_unary: async () => {
    for (const value of [true, false]) {
      checkPayload(await chosen(client.unaryCall({ ...LARGE, responseCompressed: { value } }, PATIENCE)), 314159);
    }
  },
  server_compressed_streaming: async () => {
    const responseParameters = [{ size: 31415, compressed: { value: true } }, { size: 92653, compressed: { value: false } }];
    const responses = await chosen(all(client.streamingOutputCall({ responseParameters }, PATIENCE)));
    assert.equal(responses.length, 2);
    responses.forEach((response, index) => checkPayload(response, responseParameters[index].size));
  },
  client_streaming: async () => {
    const requests = each(REQUESTS.map((size) => ({ payload: zeros(size) })));
    assert.equal((await client.streamingInputCall(requests, PATIENCE)).aggregatedPayloadSize, 74922);
  },
  server_streaming: async () => {
    const responses = await all(client.streamingOutputCall({ responseParameters: RESPONSES.map((size) => ({ size })) }, PATIENCE));
    assert.equal(responses.length, RESPONSES.length);
    responses.forEach((response, index) => checkPayload(response, RESPONSES[index]));
  },
  ping_pong: async () => {
    let answered, responses = 0;
    const requests = async function* () {
      for (const [index, size] of RESPONSES.entries()) {
        const answer = new Promise((resolve) => (answered = resolve));
        yield exchange(REQUESTS[index], size);
        await answer;
      }
    };
    for await (const response of client.fullDuplexCall(requests(), PATIENCE)) {
      checkPayload(response, RESPONSES[responses++]);
      answered();
    }
    assert.equal(responses, RESPONSES.length);
  },
  empty_stream: async () => assert.deepEqual(await all(client.fullDuplexCall(each([]), PATIENCE)), []),
  custom_metadata: async () => {
    checkPayload(await echoed((options) => client.unaryCall(LARGE, options)), 314159);
    const responses = await echoed((options) => all(outputs(exchange(271828, 314159), options)));
    assert.equal(responses.length, 1);
    checkPayload(responses[0], 314159);
  },
  status_code_and_message: async () => {
    await echoStatus("test status message");
    const responses = outputs({ responseStatus: { code: 2, message: "test status message" } }, PATIENCE);
    assert.equal(await fails(Code.Unknown, all(responses)), "test status message");
  },
  special_status_message: () => echoStatus("\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"),
  unimplemented_method: () => fails(Code.Unimplemented, client.unimplementedCall({}, PATIENCE)),
  unimplemented_service: () => {
    const other = createClient(UnimplementedService, transport(addr, values));
    return fails(Code.Unimplemented, other.unimplementedCall({}, PATIENCE));
  },
  cancel_after_begin: async () => {
    const abort = new AbortController();
    const answer = client.streamingInputCall(endless(), { ...PATIENCE, signal: abort.signal });
    abort.abort();
    await fails(Code.Canceled, answer);
  },
  cancel_after_first_response: async () => {
    const abort = new AbortController();
    const requests = endless(exchange(REQUESTS[0], RESPONSES[0]));
    const responses = client.fullDuplexCall(requests, { ...PATIENCE, signal: abort.signal })[Symbol.asyncIterator]();
    checkPayload((await responses.next()).value, RESPONSES[0]);
    abort.abort();
    await fails(Code.Canceled, responses.next());
  },
  timeout_on_sleeping_server: () => {
    const requests = endless({ payload: zeros(REQUESTS[0]) });
    return fails(Code.DeadlineExceeded, all(client.fullDuplexCall(requests, { timeoutMs: 1 })));
  },
  rpc_soak: async () => {
    for (let call = 0; call < SOAK; call++) await cases.large_unary();
  },
  channel_soak: async () => {
    for (let call = 0; call < SOAK; call++) checkPayload(await connect().unaryCall(LARGE, PATIENCE), 314159);
  },
};

const notApplicable = {
  client_compressed_streaming: "connect-node compresses a message by its size alone",
  orca_per_rpc: "connect-node has no load reports (ORCA)",
  orca_oob: "connect-node has no load reports (ORCA)",
  max_concurrent_streams_connection_scaling: "a session of connect-node has one connection",
};
for (const name of duplex ? [] : ["ping_pong", "empty_stream", "cancel_after_first_response", "timeout_on_sleeping_server"]) {
  notApplicable[name] = "a stream in both directions needs HTTP/2";
}

await run(names, cases, notApplicable);
process.exit(); // requests without an end, and sessions that wait for more calls, would keep it alive
