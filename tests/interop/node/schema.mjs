// The services, from the descriptors that stand beside the Python stubs: no code is generated for them.
import fs from "node:fs";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

export const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, fs.readFileSync(`${process.env.STUBS}/descriptors.binpb`)));

export const TestService = registry.getService("grpc.testing.TestService");
export const UnimplementedService = registry.getService("grpc.testing.UnimplementedService");
