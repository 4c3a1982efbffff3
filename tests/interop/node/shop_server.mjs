// Methods of the shop on connect-node that fail as they are asked, with typed errors: one of each kind of method.
// `node shop_server.mjs`, with the options of `serve.mjs`; what can be asked for is in `rich.py`.
import { ScalarType, create, getOption } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { registry } from "./schema.mjs";
import { serve } from "./serve.mjs";

const ErrorInfo = registry.getMessage("google.rpc.ErrorInfo");
const errorOption = registry.getExtension("rsvc.v1.error");
const setOption = registry.getExtension("rsvc.v1.error_set");
const WISHES = ["error", "reason", "newer"];

/** A payload of which no field has its default. */
function sample(desc) {
  const fields = desc.fields.map((field, index) => {
    const wide = [ScalarType.INT64, ScalarType.UINT64].includes(field.scalar);
    const number = wide ? BigInt(index + 2) : index + 2;
    return [field.localName, field.scalar === ScalarType.STRING ? `the "${field.name}"` : number];
  });
  return create(desc, Object.fromEntries(fields));
}

/** The fields of a payload as text, by their names in the proto. */
function texts(desc, payload) {
  const text = (field) => field.enum?.value[payload[field.localName]].name ?? String(payload[field.localName]);
  return Object.fromEntries(desc.fields.map((field) => [field.name, text(field)]));
}

/** Fails with an error of the set, if `text` is a wish for one. */
function failAsAsked(set, text) {
  const [, kind, number] = /^0000000([0-2])-0000-4000-8000-(\d{12})$/.exec(text) ?? [];
  const field = registry.getMessage(`shop.v1.${set}Error`).fields.find((field) => field.number === Number(number));
  if (!field) return;
  const wish = WISHES[kind];
  const payload = sample(field.message);
  const metadata = texts(field.message, payload);
  const { code, message } = getOption(field, errorOption);
  const info = {
    reason: wish === "newer" ? "FROM_THE_FUTURE" : field.name.toUpperCase(),
    domain: getOption(field.parent, setOption).domain,
    metadata,
  };
  const details = [{ desc: ErrorInfo, value: create(ErrorInfo, info) }, { desc: field.message, value: payload }];
  const said = message.replace(/\{(\w+)\}/g, (_, name) => metadata[name]);
  throw new ConnectError(said, code, undefined, wish === "reason" ? details.slice(0, 1) : details);
}

const services = {
  User: { getUser: ({ userId }) => (failAsAsked("User", userId), { id: userId, name: "Node" }) },
  Order: { getOrder: ({ orderId }) => (failAsAsked("Order", orderId), { orderId }) },
  Upload: {
    async uploadChunks(requests) {
      for await (const { uploadId } of requests) failAsAsked("Upload", uploadId);
      return { fileId: "stored" };
    },
  },
  Chat: {
    async *monitor(requests) {
      for await (const { serviceId } of requests) {
        yield { serviceId };
        failAsAsked("Chat", serviceId);
      }
    },
  },
};

serve((router) => {
  for (const [name, methods] of Object.entries(services)) router.service(registry.getService(`shop.v1.${name}Service`), methods);
});
