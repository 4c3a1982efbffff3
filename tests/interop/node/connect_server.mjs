// gRPC's interop test service on connect-node, over all its protocols: `node connect_server.mjs [--http 1.1|2]`.
// Handlers have no say in the compression of a message, which they say to who asks for that.
import http from "node:http";
import http2 from "node:http2";
import { parseArgs } from "node:util";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { ECHO_INITIAL, ECHO_TRAILING, sleep } from "./interop.mjs";
import { TestService, registry } from "./schema.mjs";

const { values } = parseArgs({ options: { http: { type: "string", default: "2" } } });

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

const adapter = connectNodeAdapter({ routes: (router) => router.service(TestService, handlers), jsonOptions: { registry } });
const server = values.http === "2" ? http2.createServer(adapter) : http.createServer(adapter);
server.listen(0, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
process.on("SIGTERM", () => process.exit(0));
