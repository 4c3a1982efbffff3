// The form that places an order, with what the rules of the `.proto` say about it at its fields.

import { orders } from "./api";
import { byId, control, element, onSubmit, say } from "./dom";
import { sentence, violations, type Violation } from "./problem";
import { PRODUCTS } from "./seed";

const form = byId("place", HTMLFormElement);
const placed = byId("placed", HTMLElement);
const problem = byId("place-problem", HTMLElement);

/** Fills in the form; `user` tells who buys. */
export function startPlacing(user: () => string, done: () => void): void {
  control(form, "product").append(...PRODUCTS.map((product) => new Option(product, product)));
  onSubmit(form, async () => {
    say(placed, "");
    show([]);
    say(problem, "");
    try {
      const order = await place(user());
      say(placed, `Order ${order.orderId} is placed.`);
      done();
    } catch (error) {
      const found = violations(error);
      const rest = show(found);
      say(problem, found.length > 0 ? rest.map(({ message }) => message).join("; ") : sentence(error));
    }
  });
}

/** No field is tested here: the shop does that by the rules that it shares with all callers. */
function place(userId: string) {
  const text = (name: string) => control(form, name).value;
  return orders.placeOrder({
    userId,
    lines: [{ productId: text("product"), quantity: Math.trunc(Number(text("quantity"))) }],
    shippingAddress: { lines: [text("street")], city: text("city"), countryCode: text("country") },
    payment: { method: { case: "points", value: true } },
    requestId: crypto.randomUUID?.() ?? "",
  });
}

/** Shows each violation at its field; what is about none of them is left. */
function show(found: Violation[]): Violation[] {
  const left = new Set(found);
  for (const input of form.querySelectorAll<HTMLElement>("[data-path]")) {
    document.getElementById(`${input.id}-problem`)?.remove();
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
    const own = found.filter(({ path }) => path === input.dataset.path);
    if (own.length === 0) continue;
    const note = element("p", "problem", own.map(({ message }) => message).join("; "));
    note.id = `${input.id}-problem`;
    input.after(note);
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", note.id);
    own.forEach((violation) => left.delete(violation));
  }
  form.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  return [...left];
}
