// The interop cases of gRPC, with @grpc/grpc-js as client: `node grpc_client.mjs ADDR CASE...`.
// It prints what `interop-client` prints: a line for each case.
import assert from "node:assert/strict";
import grpc from "@grpc/grpc-js";
import { testing, zeros } from "./grpc_service.mjs";
import { ECHO_INITIAL, ECHO_TRAILING, REQUESTS, RESPONSES } from "./interop.mjs";
import { NotApplicable, run } from "./report.mjs";

const [addr, ...names] = process.argv.slice(2);
const SOAK = 10;
const PATIENCE = 60_000;
const GZIP = { "grpc.default_compression_algorithm": 2 };
const NO_COMPRESSION = 2; // a flag of a message
const LARGE = { responseSize: 314159, payload: zeros(271828) };

const connect = (options = {}) => new testing.TestService(addr, grpc.credentials.createInsecure(), options);
const deadline = () => ({ deadline: Date.now() + PATIENCE });
const exchange = (request, response) => ({ responseParameters: [{ size: response }], payload: zeros(request) });

/** A call with one response. */
function unary(stub, method, request, metadata = new grpc.Metadata()) {
  return new Promise((resolve, reject) => {
    const seen = {};
    const call = stub[method](request, metadata, deadline(), (error, response) => {
      // The status comes after the response.
      if (error) reject(error);
      else call.on("status", ({ metadata }) => resolve({ response, headers: seen.headers, trailers: metadata }));
    });
    call.on("metadata", (headers) => (seen.headers = headers));
  });
}

/** A call with many requests and one response; `send` gets the call. */
function upload(stub, send) {
  return new Promise((resolve, reject) => {
    const call = stub.streamingInputCall(new grpc.Metadata(), deadline(), (error, response) => (error ? reject(error) : resolve(response)));
    send(call);
  });
}

async function all(call) {
  const responses = [];
  for await (const response of call) responses.push(response);
  return responses;
}

function checkPayload({ payload }, size) {
  assert.equal(payload.body.length, size);
  assert.ok(payload.body.every((byte) => byte === 0), "the payload is not of zeros");
}

async function fails(code, answer) {
  try {
    await answer;
  } catch (error) {
    assert.equal(error.code, code, error.message);
    return error.details;
  }
  assert.fail(`code ${code} expected, and it was answered`);
}

/** A server that cannot choose the compression of a message says so by its status. */
async function chosen(answer) {
  try {
    return await answer;
  } catch (error) {
    if (error.code === grpc.status.UNIMPLEMENTED) throw new NotApplicable(`the server: ${error.details}`);
    throw error;
  }
}

const channel = connect();

async function echoStatus(message) {
  assert.equal(await fails(2, unary(channel, "unaryCall", { responseStatus: { code: 2, message } })), message);
}

const echoed = () => {
  const metadata = new grpc.Metadata();
  metadata.set(ECHO_INITIAL, "test_initial_metadata_value");
  metadata.set(ECHO_TRAILING, Buffer.from("ababab", "hex"));
  return metadata;
};

function checkEcho(headers, trailers) {
  assert.deepEqual(headers?.get(ECHO_INITIAL), ["test_initial_metadata_value"]);
  assert.deepEqual(trailers?.get(ECHO_TRAILING), [Buffer.from("ababab", "hex")]);
}

const cases = {
  empty_unary: async () => assert.deepEqual((await unary(channel, "emptyCall", {})).response, {}),
  large_unary: async () => checkPayload((await unary(channel, "unaryCall", LARGE)).response, 314159),
  client_compressed_unary: async () => {
    const says = (value) => ({ ...LARGE, expectCompressed: { value } });
    const compressing = connect(GZIP);
    await fails(grpc.status.INVALID_ARGUMENT, unary(channel, "unaryCall", says(true)));
    checkPayload((await unary(compressing, "unaryCall", says(true))).response, 314159);
    checkPayload((await unary(channel, "unaryCall", says(false))).response, 314159);
    compressing.close();
  },
  client_compressed_streaming: async () => {
    const first = { expectCompressed: { value: true }, payload: zeros(27182) };
    const second = { expectCompressed: { value: false }, payload: zeros(45904) };
    const probe = upload(channel, (call) => call.end(first));
    await fails(grpc.status.INVALID_ARGUMENT, probe);
    const compressing = connect(GZIP);
    const response = await upload(compressing, (call) => {
      call.write(first);
      call.write(second, NO_COMPRESSION);
      call.end();
    });
    compressing.close();
    assert.equal(response.aggregatedPayloadSize, 73086);
  },
  // Of responses grpc-js does not tell whether they were compressed.
  server_compressed_unary: async () => {
    for (const value of [true, false]) {
      const { response } = await chosen(unary(channel, "unaryCall", { ...LARGE, responseCompressed: { value } }));
      checkPayload(response, 314159);
    }
  },
  server_compressed_streaming: async () => {
    const responseParameters = [{ size: 31415, compressed: { value: true } }, { size: 92653, compressed: { value: false } }];
    const responses = await chosen(all(channel.streamingOutputCall({ responseParameters }, deadline())));
    assert.equal(responses.length, 2);
    responses.forEach((response, index) => checkPayload(response, responseParameters[index].size));
  },
  client_streaming: async () => {
    const response = await upload(channel, (call) => {
      for (const size of REQUESTS) call.write({ payload: zeros(size) });
      call.end();
    });
    assert.equal(response.aggregatedPayloadSize, 74922);
  },
  server_streaming: async () => {
    const responses = await all(channel.streamingOutputCall({ responseParameters: RESPONSES.map((size) => ({ size })) }, deadline()));
    assert.equal(responses.length, RESPONSES.length);
    responses.forEach((response, index) => checkPayload(response, RESPONSES[index]));
  },
  ping_pong: async () => {
    const call = channel.fullDuplexCall(deadline());
    const responses = call[Symbol.asyncIterator]();
    for (const [index, size] of RESPONSES.entries()) {
      call.write(exchange(REQUESTS[index], size));
      checkPayload((await responses.next()).value, size);
    }
    call.end();
    assert.equal((await responses.next()).done, true);
  },
  empty_stream: async () => {
    const call = channel.fullDuplexCall(deadline());
    call.end();
    assert.deepEqual(await all(call), []);
  },
  custom_metadata: async () => {
    const { response, headers, trailers } = await unary(channel, "unaryCall", LARGE, echoed());
    checkPayload(response, 314159);
    checkEcho(headers, trailers);
    const call = channel.fullDuplexCall(echoed(), deadline());
    const seen = {};
    call.on("metadata", (headers) => (seen.headers = headers));
    const status = new Promise((resolve) => call.on("status", resolve));
    call.end(exchange(271828, 314159));
    const [only, ...others] = await all(call);
    checkPayload(only, 314159);
    assert.deepEqual(others, []);
    checkEcho(seen.headers, (await status).metadata);
  },
  status_code_and_message: async () => {
    await echoStatus("test status message");
    const call = channel.fullDuplexCall(deadline());
    call.end({ responseStatus: { code: 2, message: "test status message" } });
    assert.equal(await fails(2, all(call)), "test status message");
  },
  special_status_message: () => echoStatus("\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"),
  unimplemented_method: () => fails(grpc.status.UNIMPLEMENTED, unary(channel, "unimplementedCall", {})),
  unimplemented_service: async () => {
    const other = new testing.UnimplementedService(addr, grpc.credentials.createInsecure());
    await fails(grpc.status.UNIMPLEMENTED, unary(other, "unimplementedCall", {}));
    other.close();
  },
  cancel_after_begin: () => fails(grpc.status.CANCELLED, upload(channel, (call) => call.cancel())),
  cancel_after_first_response: async () => {
    const call = channel.fullDuplexCall(deadline());
    const responses = call[Symbol.asyncIterator]();
    call.write(exchange(REQUESTS[0], RESPONSES[0]));
    checkPayload((await responses.next()).value, RESPONSES[0]);
    call.cancel();
    await fails(grpc.status.CANCELLED, responses.next());
  },
  timeout_on_sleeping_server: async () => {
    const call = channel.fullDuplexCall({ deadline: Date.now() + 1 });
    call.on("error", () => {}); // it may come before anybody reads
    const responses = all(call);
    call.write({ payload: zeros(REQUESTS[0]) });
    await fails(grpc.status.DEADLINE_EXCEEDED, responses);
  },
  rpc_soak: async () => {
    for (let call = 0; call < SOAK; call++) await cases.large_unary();
  },
  channel_soak: async () => {
    for (let call = 0; call < SOAK; call++) {
      const stub = connect({ "grpc.use_local_subchannel_pool": 1 });
      checkPayload((await unary(stub, "unaryCall", LARGE)).response, 314159);
      stub.close();
    }
  },
};

const notApplicable = {
  cacheable_unary: "gRPC calls with POST alone, which no cache answers",
  orca_per_rpc: "grpc-js shows load reports (ORCA) to its own balancing policies alone",
  orca_oob: "grpc-js shows load reports (ORCA) to its own balancing policies alone",
  max_concurrent_streams_connection_scaling: "a subchannel of grpc-js has one connection",
};

await run(names, cases, notApplicable);
channel.close();
process.exit(); // the timers of deadlines of calls that are over would keep it alive
