// The page of `examples/web` in headless Chromium, as the shop serves it: `node web.mjs [--list] [--screenshots DIR] SHOP TOKEN CASE...`.
// It prints a line for each case.
import path from "node:path";
import { parseArgs } from "node:util";
import { AxeBuilder } from "@axe-core/playwright";
import { launch } from "./chromium.mjs";
import { run } from "./report.mjs";

const { values, positionals } = parseArgs({
  options: { list: { type: "boolean" }, screenshots: { type: "string" } },
  allowPositionals: true,
});
const [shop, token, ...names] = positionals;

const ADA = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001";
const GRACE = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a002";
const MALLORY = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a003";
const NOBODY = "00000000-0000-4000-8000-000000000000";
const WIDTHS = [390, 1280];
/** Long enough for a slow machine: only a case that fails waits so long. */
const PATIENCE = 60_000;

let browser;

/** Opens the page, lets a person use it, and fails if the browser has anything to complain about. */
async function visit(use, settings = {}) {
  const context = await browser.newContext({ permissions: ["local-network-access"], ...settings });
  context.setDefaultTimeout(PATIENCE);
  const complaints = [];
  try {
    const open = async () => {
      const page = await context.newPage();
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("request", (request) => {
        if (new URL(request.url()).host !== shop) complaints.push(`a request to ${request.url()}`);
      });
      page.on("console", (message) => {
        // Chromium itself notes each answer that is an error.
        const isAnswer = message.text().startsWith("Failed to load resource");
        if (["error", "warning"].includes(message.type()) && !isAnswer) complaints.push(message.text());
      });
      const answer = await page.goto(`http://${shop}/web/`);
      equal(answer.status(), 200);
      await see(page, "#who", "Ada");
      return page;
    };
    await use(await open(), open);
  } finally {
    await context.close();
  }
  equal(complaints.join("\n"), "");
}

function equal(found, expected) {
  if (found !== expected) throw new Error(`${JSON.stringify(found)} is not ${JSON.stringify(expected)}`);
}

/** Waits until an element shows a text. */
function see(page, selector, text) {
  return page.locator(selector, { hasText: text }).first().waitFor();
}

async function become(page, user) {
  await page.getByLabel("Customer", { exact: true }).fill(user);
  await page.getByRole("button", { name: "Show" }).click();
}

/** Waits until the list of orders has these, in this order. */
async function shown(page, expected) {
  const wanted = expected.join();
  await page.waitForFunction(
    (wanted) => [...document.querySelectorAll("#orders li")].map((row) => row.dataset.order.slice(-1)).join() === wanted,
    wanted,
  );
}

/** Fills in the form for an order and sends it. */
async function order(page, { quantity = "1", street = "12 St James Square", city = "London", product = "cable", country = "GB" } = {}) {
  await page.getByLabel("Product").selectOption(product);
  await page.getByLabel("Quantity").fill(quantity);
  await page.getByLabel("Street and number").fill(street);
  await page.getByLabel("City").fill(city);
  await page.getByLabel("Country, two letters").fill(country);
  await page.getByRole("button", { name: "Place the order" }).click();
}

async function placed(page) {
  await see(page, "#placed", "is placed");
  return (await page.locator("#placed").textContent()).split(" ")[1];
}

/** What somebody of the staff does elsewhere. */
async function move(order, status) {
  const answer = await fetch(`http://${shop}/v1/orders/${order}:updateStatus`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ status }),
  });
  equal(answer.status, 200);
}

const cases = {
  lists_the_orders_of_a_customer: () =>
    visit(async (page) => {
      await shown(page, ["2", "1"]);
      await see(page, "#orders li:first-child .badge", "paid");
      await see(page, "#orders li:first-child .money", "338.98");
      await become(page, GRACE);
      await see(page, "#who", "Grace");
      await shown(page, ["3"]);
    }),
  searches_orders: () =>
    visit(async (page) => {
      await shown(page, ["2", "1"]);
      await page.getByLabel("Search").fill("monitor");
      await shown(page, ["2"]);
      await page.getByLabel("Search").fill("nothing like it");
      await shown(page, []);
      await see(page, "#orders-empty", "No order");
      await page.getByLabel("Search").fill("");
      await page.getByLabel("Status").selectOption("delivered");
      await shown(page, ["1"]);
    }),
  places_an_order: () =>
    visit(async (page) => {
      await order(page, { quantity: "2" });
      const id = await placed(page);
      await see(page, `#orders [data-order="${id}"]`, "2 × USB-C cable");
      await see(page, `#updates [data-order="${id}"]`, "placed");
    }),
  shows_changes_as_they_happen: () =>
    visit(async (page, open) => {
      const other = await open();
      await order(page);
      const id = await placed(page);
      await see(other, `#orders [data-order="${id}"] .badge`, "pending");
      await move(id, "ORDER_STATUS_PAID");
      await see(other, `#updates [data-order="${id}"]`, "pending → paid");
      await see(other, `#orders [data-order="${id}"] .badge`, "paid");
    }),
  shows_violations_at_their_fields: () =>
    visit(async (page) => {
      await order(page, { quantity: "0", street: "", country: "gb" });
      await see(page, "#quantity-problem", "must be greater than or equal to 1");
      await see(page, "#street-problem", "");
      await see(page, "#country-problem", "");
      equal(await page.locator("#city-problem").count(), 0);
      equal(await page.getByLabel("Quantity").getAttribute("aria-invalid"), "true");
      equal(await page.locator("#place-problem").isVisible(), false);
      // What is right now is no longer marked.
      await order(page);
      await placed(page);
      equal(await page.locator(".problem").count(), 0);
    }),
  tells_why_an_order_is_refused: () =>
    visit(async (page) => {
      await become(page, MALLORY);
      await see(page, "#who", "may not order");
      await order(page);
      await see(page, "#place-problem", "is not active");
      await become(page, NOBODY);
      await see(page, "#who", `no user "${NOBODY}"`);
      await see(page, "#orders-problem", "no user");
      await become(page, "nobody");
      await see(page, "#who", "must be a valid UUID");
    }),
  chats_between_two_pages: () =>
    visit(async (page, open) => {
      const other = await open();
      await become(other, GRACE);
      await see(other, "#who", "Grace");
      for (const member of [page, other]) {
        await member.getByRole("button", { name: "Join" }).click();
        await see(member, "#chat-state", "In “lobby”");
      }
      await page.getByLabel("Message", { exact: true }).fill("Is the <b>teapot</b> back?");
      await page.getByRole("button", { name: "Send" }).click();
      for (const member of [page, other]) await see(member, "#messages li", "Ada Is the <b>teapot</b> back?");
      await become(page, MALLORY);
      await page.getByRole("button", { name: "Join" }).click();
      await see(page, "#chat-state", "is not active");
    }),
  has_nothing_in_the_way: async () => {
    for (const colorScheme of ["light", "dark"]) {
      for (const width of WIDTHS) {
        await visit(
          async (page) => {
            await order(page, { quantity: "0" });
            await see(page, "#quantity-problem", "");
            const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            equal(wide, 0);
            const { violations } = await new AxeBuilder({ page }).analyze();
            equal(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`).join("\n"), "");
            if (values.screenshots) {
              await page.screenshot({ path: path.join(values.screenshots, `web-${colorScheme}-${width}.png`), fullPage: true });
            }
          },
          { colorScheme, viewport: { width, height: 800 } },
        );
      }
    }
  },
};

if (values.list) {
  console.log(Object.keys(cases).join("\n"));
} else {
  browser = await launch();
  try {
    await run(names, cases, {});
  } finally {
    await browser.close();
  }
}
