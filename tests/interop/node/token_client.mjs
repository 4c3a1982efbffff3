// Calls the shop with grpc-js until its input ends, with a new token for each call: `node token_client.mjs ADDR CA TOKENS`.
// It says when it has begun, and at its end how many calls the shop let pass and why others failed.
import fs from "node:fs";
import grpc from "@grpc/grpc-js";
import { fromBinary, toBinary, create } from "@bufbuild/protobuf";
import { registry } from "./schema.mjs";

const [addr, ca, tokens] = process.argv.slice(2);
const NOBODY = "00000000-0000-4000-8000-000000000000";

const { input, output } = registry.getService("shop.v1.UserService").method.deleteUser;
const DeleteUser = {
  path: "/shop.v1.UserService/DeleteUser",
  requestStream: false,
  responseStream: false,
  requestSerialize: (message) => Buffer.from(toBinary(input, message)),
  requestDeserialize: (bytes) => fromBinary(input, bytes),
  responseSerialize: (message) => Buffer.from(toBinary(output, message)),
  responseDeserialize: (bytes) => fromBinary(output, bytes),
};
const Users = grpc.makeClientConstructor({ deleteUser: DeleteUser }, "UserService");

async function metadata() {
  const claims = JSON.stringify({ sub: "node", scope: "users.delete" });
  const token = await (await fetch(tokens, { method: "POST", body: claims })).text();
  const metadata = new grpc.Metadata();
  metadata.set("authorization", `Bearer ${token}`);
  return metadata;
}

const ofCalls = grpc.credentials.createFromMetadataGenerator((_, callback) =>
  metadata().then((metadata) => callback(null, metadata), callback),
);
const ofChannel = grpc.credentials.createSsl(fs.readFileSync(ca));
const users = new Users(addr, grpc.credentials.combineChannelCredentials(ofChannel, ofCalls));

const call = () =>
  new Promise((resolve) => {
    users.deleteUser(create(input, { userId: NOBODY }), { deadline: Date.now() + 30_000 }, (error) =>
      // Who may delete users hears that there is no such user.
      resolve(error?.code === grpc.status.NOT_FOUND ? null : `${error?.code}: ${error?.details}`),
    );
  });

let over = false;
process.stdin.on("end", () => (over = true)).resume();

let calls = 0;
const failed = [];
do {
  const why = await call();
  if (why) failed.push(why);
  else calls += 1;
  if (calls + failed.length === 1) console.log("calling");
} while (!over);
users.close();
console.log(JSON.stringify({ calls, failed }));
