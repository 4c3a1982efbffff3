// Puts the page together: one customer at a time, and four views of the shop.

import { users } from "./api";
import { startChat } from "./chat";
import { byId, control, onSubmit, say } from "./dom";
import { follow } from "./live";
import { loadOrders, startOrders } from "./orders";
import { startPlacing } from "./place";
import { sentence, violations } from "./problem";
import { CUSTOMERS } from "./seed";

const form = byId("customer", HTMLFormElement);
const who = byId("who", HTMLElement);
const user = () => control(form, "user").value.trim();

byId("customers", HTMLDataListElement).append(...CUSTOMERS.map(({ id, name }) => new Option(name, id)));
control(form, "user").value = CUSTOMERS[0]?.id ?? "";
startOrders(user);
startPlacing(user, () => void loadOrders(user()));
startChat(user);
onSubmit(form, open);
void open();

/** Shows another customer, and everything about their orders. */
async function open(): Promise<void> {
  const userId = user();
  void follow(userId, () => void loadOrders(userId));
  void loadOrders(userId);
  say(who, await introduce(userId));
}

async function introduce(userId: string): Promise<string> {
  try {
    const { name, email, active } = await users.getUser({ userId });
    return `${name}, ${email}${active ? "" : ", may not order"}`;
  } catch (error) {
    const [first] = violations(error);
    return first ? `The id ${first.message}.` : sentence(error);
  }
}
