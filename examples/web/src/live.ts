// Live updates: one call that the shop answers for as long as the page is open.

import { Code, ConnectError } from "@connectrpc/connect";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { orders } from "./api";
import { byId, element, say } from "./dom";
import { OrderStatus, type OrderUpdate } from "./gen/shop/v1/order_pb";
import { statusName } from "./orders";
import { sentence } from "./problem";

/** How many updates the page shows. */
const KEPT = 50;

const state = byId("live-state", HTMLElement);
const list = byId("updates", HTMLOListElement);
let current = new AbortController();

/** Follows the orders of a user in place of those before; `changed` is called for each update. */
export async function follow(userId: string, changed: () => void): Promise<void> {
  current.abort();
  const { signal } = (current = new AbortController());
  list.replaceChildren();
  let seen: bigint | undefined;
  for (let failures = 0; !signal.aborted; ) {
    try {
      say(state, failures === 0 ? "Listening." : "Listening again.");
      // With what was seen last, nothing is lost between two connections.
      for await (const update of orders.streamOrderUpdates({ userId, afterSequence: seen }, { signal })) {
        failures = 0;
        seen = update.sequence;
        show(update);
        changed();
      }
    } catch (error) {
      if (signal.aborted) return;
      say(state, sentence(error));
      if (!isPassing(error)) return;
    }
    failures += 1;
    await new Promise((resolve) => setTimeout(resolve, Math.min(30_000, 500 * 2 ** failures)));
  }
}

/** Whether it may work later: the shop restarts, or the network is gone. */
function isPassing(error: unknown): boolean {
  return error instanceof ConnectError && (error.code === Code.Unavailable || error.code === Code.Unknown);
}

function show(update: OrderUpdate): void {
  const name = (status: OrderStatus) => statusName(OrderStatus[status]);
  const change =
    update.previousStatus === OrderStatus.UNSPECIFIED ? "placed" : `${name(update.previousStatus)} → ${name(update.status)}`;
  const when = update.occurredAt ? timestampDate(update.occurredAt) : new Date();
  const time = element("time", "", when.toLocaleTimeString());
  time.setAttribute("datetime", when.toISOString());
  const row = element("li", "", time, element("span", "", change), element("code", "id", update.orderId));
  row.dataset.order = update.orderId;
  list.prepend(row);
  while (list.children.length > KEPT) list.lastElementChild?.remove();
}
