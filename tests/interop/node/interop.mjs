// What the interop programs on @grpc/grpc-js share. `PROTOS` is the folder of the service's files.
import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const definition = loadSync("grpc/testing/test.proto", { includeDirs: [process.env.PROTOS], defaults: true, enums: String });
export const testing = grpc.loadPackageDefinition(definition).grpc.testing;

export const ECHO_INITIAL = "x-grpc-test-echo-initial";
export const ECHO_TRAILING = "x-grpc-test-echo-trailing-bin";

export const zeros = (size) => ({ type: "COMPRESSABLE", body: Buffer.alloc(size) });
export const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
