// The list of orders and the search in it: the view that is made of the OpenAPI document.

import { rest } from "./api";
import { byId, control, element, say } from "./dom";
import type { components } from "./gen/openapi";

type Order = components["schemas"]["Order"];
type Status = NonNullable<Order["status"]>;

const STATUSES = [
  "ORDER_STATUS_PENDING",
  "ORDER_STATUS_PAID",
  "ORDER_STATUS_SHIPPED",
  "ORDER_STATUS_DELIVERED",
  "ORDER_STATUS_CANCELLED",
] as const satisfies Status[];

const form = byId("search", HTMLFormElement);
const list = byId("orders", HTMLUListElement);
const problem = byId("orders-problem", HTMLElement);
const empty = byId("orders-empty", HTMLElement);
let shown: Order[] = [];
let newest = 0;

/** As in "paid". */
export function statusName(status: string | undefined): string {
  return (status ?? "").replace("ORDER_STATUS_", "").toLowerCase();
}

/** Fills in the form; `user` tells whose orders there are to see. */
export function startOrders(user: () => string): void {
  const choice = control(form, "status");
  choice.append(new Option("all", ""), ...STATUSES.map((status) => new Option(statusName(status), status)));
  choice.addEventListener("change", () => void loadOrders(user()));
  control(form, "text").addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
}

/** Asks the shop for the orders of a user, of the chosen status. */
export async function loadOrders(userId: string): Promise<void> {
  const turn = ++newest;
  const status = STATUSES.filter((status) => status === control(form, "status").value);
  const { data, error } = await rest.GET("/v1/users/{user_id}/orders", {
    params: { path: { user_id: userId }, query: { limit: 100, statuses: status } },
  });
  // Somebody has chosen anew in the meantime.
  if (turn !== newest) return;
  say(problem, error?.message ?? "");
  shown = [];
  for (const element of data ?? []) {
    // The list is a stream: it begins before the shop has found the last one, and what goes wrong then is in its place.
    if ("error" in element) say(problem, element.error.message);
    else shown.push(element);
  }
  show();
}

function show(): void {
  const text = control(form, "text").value.trim().toLowerCase();
  const found = shown.filter((order) => describe(order).toLowerCase().includes(text));
  list.replaceChildren(...found.map(row));
  empty.hidden = found.length > 0;
}

/** What is searched. */
function describe(order: Order): string {
  return [order.orderId, order.note, ...(order.items ?? []).map((item) => `${item.name} ${item.productId}`)].join(" ");
}

function row(order: Order): HTMLElement {
  const items = (order.items ?? []).map((item) => `${item.quantity} × ${item.name}`).join(", ");
  const status = statusName(order.status);
  const made = element(
    "li",
    "order",
    element("span", "items", items),
    element("span", "money", money(order.total)),
    element("span", `badge ${status}`, status),
    element("code", "id", order.orderId ?? ""),
  );
  made.dataset.order = order.orderId;
  return made;
}

/** Amounts are whole numbers of the smallest unit, as text, since they may have 64 bits. */
function money(amount: Order["total"]): string {
  if (!amount?.currencyCode) return "";
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency: amount.currencyCode });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(Number(amount.minorUnits ?? "0") / 10 ** digits);
}
