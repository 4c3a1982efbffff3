// gRPC's interop test service on connect-node: `node connect_server.mjs`, with the options of `serve.mjs`.
// Handlers have no say in the compression of a message, which they say to who asks for that.
import { Code, ConnectError } from "@connectrpc/connect";
import { ECHO_INITIAL, ECHO_TRAILING, sleep } from "./interop.mjs";
import { TestService } from "./schema.mjs";
import { serve } from "./serve.mjs";

const payload = (size) => ({ body: new Uint8Array(size) });

function echo({ requestHeader, responseHeader, responseTrailer }) {
  const initial = requestHeader.get(ECHO_INITIAL);
  const trailing = requestHeader.get(ECHO_TRAILING);
  if (initial !== null) responseHeader.set(ECHO_INITIAL, initial);
  if (trailing !== null) responseTrailer.set(ECHO_TRAILING, trailing);
}

function failAsAsked({ responseStatus }) {
  if (responseStatus && responseStatus.code !== 0) throw new ConnectError(responseStatus.message, responseStatus.code);
}

function cannotChoose(compressed) {
  if (compressed) throw new ConnectError("handlers of connect-node do not choose the compression of a message", Code.Unimplemented);
}

/** What the headers say of a unary request. */
function checkCompression(expected, { requestHeader }) {
  const encoding = requestHeader.get("content-encoding") ?? requestHeader.get("grpc-encoding") ?? "identity";
  if (expected && expected.value !== (encoding !== "identity")) {
    throw new ConnectError(`the request is in ${encoding}, and says otherwise`, Code.InvalidArgument);
  }
}

async function* answers(request) {
  failAsAsked(request);
  for (const { size, intervalUs, compressed } of request.responseParameters) {
    cannotChoose(compressed);
    if (intervalUs > 0) await sleep(intervalUs / 1000);
    yield { payload: payload(size) };
  }
}

const handlers = {
  emptyCall: (_, context) => (echo(context), {}),
  unaryCall(request, context) {
    echo(context);
    checkCompression(request.expectCompressed, context);
    failAsAsked(request);
    cannotChoose(request.responseCompressed);
    return { payload: payload(request.responseSize) };
  },
  cacheableUnaryCall(_, context) {
    echo(context);
    context.responseHeader.set("cache-control", "max-age=60, public");
    return { payload: { body: new TextEncoder().encode(`${process.hrtime.bigint()}`) } };
  },
  async *streamingOutputCall(request, context) {
    echo(context);
    yield* answers(request);
  },
  async streamingInputCall(requests, context) {
    echo(context);
    let aggregatedPayloadSize = 0;
    for await (const { payload } of requests) aggregatedPayloadSize += payload?.body.length ?? 0;
    return { aggregatedPayloadSize };
  },
  async *fullDuplexCall(requests, context) {
    echo(context);
    for await (const request of requests) yield* answers(request);
  },
  async *halfDuplexCall(requests, context) {
    echo(context);
    const all = [];
    for await (const request of requests) all.push(request);
    for (const request of all) yield* answers(request);
  },
  // What is not here is unimplemented.
};

serve((router) => router.service(TestService, handlers));
