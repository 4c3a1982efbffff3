// Servers on connect-node.
import http from "node:http";
import http2 from "node:http2";
import { parseArgs } from "node:util";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { registry } from "./schema.mjs";
import { options } from "./transports.mjs";

const CONTENT_TYPES = {
  connect: ["application/", "application/connect+"],
  grpc: ["application/grpc+"],
  "grpc-web": ["application/grpc-web+"],
};

/** Whether a request is of the protocol and codec that the server is told to take. */
function asTold({ method, url, headers }, { protocol, codec }) {
  if (method === "GET") return protocol === "connect" && new URLSearchParams(url.split("?")[1]).get("encoding") === codec;
  const type = headers["content-type"];
  // Without a word of the codec, gRPC means proto.
  const full = /^application\/grpc(-web)?$/.test(type) ? `${type}+proto` : type;
  return CONTENT_TYPES[protocol].some((start) => full === start + codec);
}

/**
 * Serves until it is stopped: `[--protocol connect|grpc|grpc-web] [--http 1.1|2] [--codec proto|json]`. It takes no call
 * of another protocol or codec, so that a client that does not do as it is told finds nobody.
 */
export function serve(routes) {
  const { values } = parseArgs({ options });
  const adapter = connectNodeAdapter({ routes, jsonOptions: { registry } });
  const answer = (request, response) => (asTold(request, values) ? adapter(request, response) : response.writeHead(415).end());
  const server = values.http === "2" ? http2.createServer(answer) : http.createServer(answer);
  server.listen(0, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
  process.on("SIGTERM", () => process.exit(0));
}
