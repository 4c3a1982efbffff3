// The interop service for @grpc/grpc-js. `PROTOS` is the folder of its files.
import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const definition = loadSync("grpc/testing/test.proto", { includeDirs: [process.env.PROTOS], defaults: true, enums: String });
export const testing = grpc.loadPackageDefinition(definition).grpc.testing;

export const zeros = (size) => ({ type: "COMPRESSABLE", body: Buffer.alloc(size) });
