// The transports of connect-node, by the words that the interop programs take: `--protocol`, `--http`, `--codec`.
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { registry } from "./schema.mjs";

const CREATE = { connect: createConnectTransport, grpc: createGrpcTransport, "grpc-web": createGrpcWebTransport };

export const options = {
  protocol: { type: "string", default: "connect" },
  http: { type: "string", default: "2" },
  codec: { type: "string", default: "proto" },
};

/** A transport to `http://addr`; `more` are options of connect-node. */
export function transport(addr, { protocol, http, codec }, more = {}) {
  return CREATE[protocol]({
    baseUrl: `http://${addr}`,
    httpVersion: http,
    useBinaryFormat: codec === "proto",
    jsonOptions: { registry },
    ...more,
  });
}
