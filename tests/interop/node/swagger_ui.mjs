// Swagger UI as the shop serves it: `node swagger_ui.mjs [--list] SHOP TOKEN CASE...`. It prints a line for each case.
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { launch } from "./chromium.mjs";
import { run } from "./report.mjs";

const { values, positionals } = parseArgs({
  options: { list: { type: "boolean" } },
  allowPositionals: true,
});
const [shop, token, ...names] = positionals;
const root = `http://${shop}/swagger/`;
const ADA = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001";
const NOBODY = "00000000-0000-4000-8000-000000000000";
const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

let browser;
/** What the page may not do: each case ends with a look at it. */
const wrong = [];

async function open() {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(60_000);
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== "data:" && host !== shop) wrong.push(`a request to ${request.url()}`);
  });
  page.on("pageerror", (error) => wrong.push(`an error: ${error.message}`));
  page.on("console", (message) => {
    if (/Content.Security.Policy/i.test(message.text())) wrong.push(message.text());
  });
  await page.goto(root);
  await page.locator(".opblock").first().waitFor();
  return page;
}

/** An operation, opened and ready for its parameters. */
async function operation(page, id) {
  const block = page.locator(`.opblock[id$="-${id}"]`);
  await block.locator(".opblock-summary-control").click();
  await block.getByRole("button", { name: "Try it out" }).click();
  return { block, fill: (name, text) => block.locator(`tr[data-param-name="${name}"] input`).fill(text) };
}

/** Calls it; the status and the body of the answer. */
async function execute(block) {
  await block.getByRole("button", { name: "Execute" }).click();
  const answer = block.locator(".live-responses-table tbody .response");
  await answer.waitFor();
  const status = await answer.locator(".response-col_status").innerText();
  return { status: status.trim(), body: await answer.locator(".response-col_description").innerText() };
}

const cases = {
  async operations() {
    const page = await open();
    const document = await (await fetch(`http://${shop}/openapi.json`)).json();
    assert.match(await page.locator(".info .title").innerText(), new RegExp(`^${document.info.title}\\s`));
    const wanted = Object.values(document.paths).flatMap((path) => METHODS.filter((method) => path[method]));
    assert.equal(await page.locator(".opblock").count(), wanted.length);
    for (const name of ["UserService", "OrderService", "UploadService", "ChatService"]) {
      assert.equal(await page.locator(`.opblock-tag[data-tag="${name}"]`).count(), 1);
    }
    assert.equal(await page.evaluate(() => document.querySelectorAll("style, script:not([src])").length), 0);
  },

  async get() {
    const page = await open();
    const { block, fill } = await operation(page, "UserService_GetUser");
    await fill("user_id", ADA);
    const { status, body } = await execute(block);
    assert.equal(status, "200", body);
    assert.match(body, /"name": "Ada Lovelace"/);
    assert.match(body, /etag/);
  },

  async typed_error() {
    const page = await open();
    const { block, fill } = await operation(page, "UserService_GetUser");
    await fill("user_id", NOBODY);
    const { status, body } = await execute(block);
    assert.match(status, /^404/, body);
    assert.match(body, /USER_NOT_FOUND/);
  },

  async post() {
    const page = await open();
    const { block } = await operation(page, "UserService_CreateUser");
    // It is filled with the sample of the document.
    const text = block.locator("textarea.body-param__text");
    const sample = JSON.parse(await text.inputValue());
    await text.fill(JSON.stringify({ ...sample, email: "swagger@example.com" }));
    const { status, body } = await execute(block);
    assert.equal(status, "200", body);
    assert.match(body, /swagger@example\.com/);
  },

  async authorization() {
    const page = await open();
    const { block, fill } = await operation(page, "UserService_DeleteUser");
    await fill("user_id", NOBODY);
    assert.match((await execute(block)).status, /^401/);
    await block.getByRole("button", { name: "Clear" }).click();
    await page.locator(".auth-wrapper > .authorize").click();
    const dialog = page.locator(".modal-ux");
    await dialog.locator("input").first().fill(token);
    await dialog.getByRole("button", { name: /^(Authorize|Apply credentials)$/ }).first().click();
    await dialog.getByRole("button", { name: "Close" }).first().click();
    assert.match((await execute(block)).status, /^404/);
    // It is in no storage.
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    assert.ok(!kept.includes(token), kept);
  },
};

if (values.list) {
  console.log(Object.keys(cases).join("\n"));
} else {
  browser = await launch();
  try {
    const guarded = (test) => async () => {
      wrong.length = 0;
      try {
        await test();
      } finally {
        for (const context of browser.contexts()) await context.close();
      }
      assert.deepEqual(wrong, []);
    };
    await run(names, Object.fromEntries(names.map((name) => [name, guarded(cases[name])])), {});
  } finally {
    await browser.close();
  }
}
