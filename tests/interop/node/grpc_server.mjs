// gRPC's interop test service on @grpc/grpc-js: `node grpc_server.mjs`, until it is stopped.
//
// grpc-js tells no handler whether a request was compressed, so that `expect_compressed` is not looked at, and it
// compresses no responses, which it says to who asks for that.
import grpc from "@grpc/grpc-js";
import { testing, zeros } from "./grpc_service.mjs";
import { ECHO_INITIAL, ECHO_TRAILING, sleep } from "./interop.mjs";

const MAX = 64 << 20;

/** Sends the header back that is to come back; the trailers for the end of the call. */
function echo(call) {
  const [headers, trailers] = [new grpc.Metadata(), new grpc.Metadata()];
  for (const value of call.metadata.get(ECHO_INITIAL)) headers.add(ECHO_INITIAL, value);
  for (const value of call.metadata.get(ECHO_TRAILING)) trailers.add(ECHO_TRAILING, value);
  if (call.metadata.get(ECHO_INITIAL).length > 0) call.sendMetadata(headers);
  return trailers;
}

const failure = (code, details) => Object.assign(new Error(details), { code, details });

function failAsAsked({ responseStatus }) {
  if (responseStatus && responseStatus.code !== 0) throw failure(responseStatus.code, responseStatus.message);
}

function mustCompress(wanted) {
  if (wanted?.value) throw failure(grpc.status.UNIMPLEMENTED, "grpc-js compresses no responses");
}

/** A handler of a call with one response. */
const single = (handler) => (call, done) => {
  const trailers = echo(call);
  Promise.resolve(handler(call)).then((response) => done(null, response, trailers), (error) => done({ ...error, metadata: trailers }));
};

/** A handler of a call with many responses. */
const several = (handler) => async (call) => {
  const trailers = echo(call);
  try {
    for await (const response of handler(call)) {
      if (!call.write(response)) await new Promise((resolve) => call.once("drain", resolve));
    }
    call.end(trailers);
  } catch (error) {
    call.emit("error", { ...error, metadata: trailers });
  }
};

/** The requests of a call in both directions. The usual iterator would destroy it, responses included, at their end. */
const requestsOf = (call) => call.iterator({ destroyOnReturn: false });

async function* answers(request) {
  failAsAsked(request);
  for (const { size, intervalUs, compressed } of request.responseParameters) {
    mustCompress(compressed);
    if (intervalUs > 0) await sleep(intervalUs / 1000);
    yield { payload: zeros(size) };
  }
}

const service = {
  emptyCall: single(() => ({})),
  unaryCall: single(async ({ request }) => {
    failAsAsked(request);
    mustCompress(request.responseCompressed);
    return { payload: zeros(request.responseSize) };
  }),
  cacheableUnaryCall: single(() => ({ payload: { body: Buffer.from(String(process.hrtime.bigint())) } })),
  streamingOutputCall: several((call) => answers(call.request)),
  streamingInputCall: single(async (call) => {
    let size = 0;
    for await (const { payload } of call) size += payload?.body.length ?? 0;
    return { aggregatedPayloadSize: size };
  }),
  fullDuplexCall: several(async function* (call) {
    for await (const request of requestsOf(call)) yield* answers(request);
  }),
  halfDuplexCall: several(async function* (call) {
    const requests = [];
    for await (const request of requestsOf(call)) requests.push(request);
    for (const request of requests) yield* answers(request);
  }),
};

const server = new grpc.Server({ "grpc.max_receive_message_length": MAX });
server.addService(testing.TestService.service, service);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`listening on http://127.0.0.1:${port}`);
});
process.on("SIGTERM", () => {
  server.forceShutdown();
  process.exit(0);
});
