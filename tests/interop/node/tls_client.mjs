// Calls the shop over TLS with grpc-js until its input ends, at least once: `node tls_client.mjs ADDR CA [CERT KEY]`.
// It says when it has begun, and at its end how many calls succeeded and why others failed.
import fs from "node:fs";
import grpc from "@grpc/grpc-js";
import { fromBinary, toBinary, create } from "@bufbuild/protobuf";
import { registry } from "./schema.mjs";

const [addr, ca, cert, key] = process.argv.slice(2);
const ADA = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001";
const read = (path) => (path ? fs.readFileSync(path) : null);

const { input, output } = registry.getService("shop.v1.UserService").method.getUser;
const GetUser = {
  path: "/shop.v1.UserService/GetUser",
  requestStream: false,
  responseStream: false,
  requestSerialize: (message) => Buffer.from(toBinary(input, message)),
  requestDeserialize: (bytes) => fromBinary(input, bytes),
  responseSerialize: (message) => Buffer.from(toBinary(output, message)),
  responseDeserialize: (bytes) => fromBinary(output, bytes),
};
const Users = grpc.makeClientConstructor({ getUser: GetUser }, "UserService");
const connect = () =>
  new Users(addr, grpc.credentials.createSsl(read(ca), read(key), read(cert)), { "grpc.use_local_subchannel_pool": 1 });

const call = (users) =>
  new Promise((resolve) => {
    users.getUser(create(input, { userId: ADA }), { deadline: Date.now() + 30_000 }, (error, user) =>
      resolve(error ? `${error.code}: ${error.details}` : user.name === "Ada Lovelace" ? null : `it is ${user.name}`),
    );
  });

let over = false;
process.stdin.on("end", () => (over = true)).resume();

let calls = 0;
const failed = [];
const open = connect();
do {
  // One connection for all calls, and one for this call alone.
  const other = connect();
  for (const why of [await call(open), await call(other)]) {
    if (why) failed.push(why);
    else calls += 1;
  }
  other.close();
  if (calls === 2) console.log("calling");
} while (!over);
open.close();
console.log(JSON.stringify({ calls, failed }));
