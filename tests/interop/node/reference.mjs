// The reference and its explorer: `node reference.mjs [--list] --files SERVER SHOP TOKEN CASE...`. It prints a line for each case.
// `node reference.mjs --shots FOLDER SHOP TOKEN` takes the pictures of the guide instead.
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { AxeBuilder } from "@axe-core/playwright";
import { launch } from "./chromium.mjs";
import { run } from "./report.mjs";

const { values, positionals } = parseArgs({
  options: { list: { type: "boolean" }, shots: { type: "string" }, files: { type: "string" } },
  allowPositionals: true,
});
const [shop, token, ...names] = positionals;
const docs = `http://${shop}/docs/`;
const ADA = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001";
const ORDER = "3f8e2c1a-0b7d-4e59-8c46-2d90f1a7b001";
const service = (name) => `${docs}services/shop.v1.${name}.html`;
/** What takes and sends content as it is, with a reference of its own. */
const files = `http://${values.files}/docs/services/files.v1.FileService.html`;

let browser;
/** What no page may do: each case ends with a look at it. */
const wrong = [];

async function open(url, { width = 1280, height = 900, colorScheme = "light" } = {}) {
  const own = new URL(url).host;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (host !== own || !["http:", "ws:"].includes(protocol)) wrong.push(`a request to ${request.url()}`);
  });
  page.on("websocket", (socket) => {
    if (new URL(socket.url()).host !== own) wrong.push(`a socket to ${socket.url()}`);
  });
  page.on("pageerror", (error) => wrong.push(`an error: ${error.message}`));
  page.on("console", (message) => {
    if (/Content.Security.Policy/i.test(message.text())) wrong.push(message.text());
  });
  await page.goto(url);
  return page;
}

/** The panel of a method, opened. */
async function panel(name, method, options) {
  const page = await open(name === "FileService" ? files : service(name), options);
  const section = page.locator(`#${method}`);
  await section.locator(".try-open").click();
  await section.locator("form").waitFor();
  return { page, section, field: (name) => section.locator(`[data-field="${name}"]`) };
}

const send = (section) => section.locator(".ex-send").click();

/** Waits until a call has ended, and says how. */
async function ended(section) {
  await section.locator(".ex-send:enabled").waitFor();
  return section.locator(".ex-status").innerText();
}

async function server(way) {
  const { section, field } = await panel("OrderService", "GetOrders");
  await field("user_id").locator("input").fill(ADA);
  await field("after_order_id").locator("input").fill("");
  for (const item of await field("statuses").getByText("Remove", { exact: true }).all()) await item.click({ noWaitAfter: true }).catch(() => {});
  await section.getByText("Edit as JSON").click();
  await section.getByLabel("The request as JSON").fill(JSON.stringify({ userId: ADA, limit: 2 }));
  await section.getByLabel("Protocol").selectOption(way);
  await send(section);
  const how = await ended(section);
  assert.match(how, /[12] messages?, ended after/);
  assert.match(await section.locator(".ex-messages").innerText(), /"userId": "7b0f6a54/);
}

const cases = {
  async opens() {
    const page = await open(docs);
    assert.equal(await page.locator("h1").innerText(), "Shop 1.0.0");
    for (const name of ["UserService", "OrderService", "UploadService", "ChatService"]) {
      assert.equal(await page.locator("main h2", { hasText: name }).count(), 1);
    }
  },

  async policy() {
    for (const url of [docs, service("UserService"), `${docs}assets/reference.js`, `http://${shop}/openapi.json`]) {
      const response = await fetch(url);
      const policy = response.headers.get("content-security-policy");
      assert.match(policy, /default-src 'none'/);
      assert.doesNotMatch(policy, /unsafe|\*/);
      assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    }
    const page = await open(service("UserService"));
    const inline = await page.evaluate(() => document.querySelectorAll("style, script:not([src]), [style], [onclick]").length);
    assert.equal(inline, 0);
  },

  async redirects() {
    const page = await open(`http://${shop}/docs`);
    assert.equal(page.url(), docs);
    const tag = (await fetch(docs)).headers.get("etag");
    assert.equal((await fetch(docs, { headers: { "if-none-match": tag } })).status, 304);
  },

  async search() {
    const page = await open(docs);
    await page.keyboard.press("/");
    await page.keyboard.type("place");
    const found = page.locator("#page-found a").first();
    await found.waitFor();
    assert.match(await found.innerText(), /PlaceOrder/);
    await page.keyboard.press("Enter");
    await page.waitForURL(/OrderService\.html#PlaceOrder$/);
    // Words of comments, and errors.
    for (const [words, name] of [["e-mail address unique", "email"], ["out_of_stock", "OUT_OF_STOCK"], ["theme dark", "THEME_DARK"]]) {
      await page.getByRole("combobox", { name: "Search" }).fill(words);
      await page.locator("#page-found a", { hasText: name }).first().waitFor();
    }
    await page.getByRole("combobox", { name: "Search" }).fill("no such thing at all");
    await page.getByText("Nothing found").waitFor();
  },

  async links() {
    const page = await open(service("OrderService"));
    await page.locator("#PlaceOrder h3 a", { hasText: "PlaceOrderRequest" }).click();
    await page.waitForURL(/messages\/shop\.v1\.PlaceOrderRequest\.html$/);
    await page.locator("#payment").getByRole("link", { name: "Payment", exact: true }).click();
    await page.waitForURL(/messages\/shop\.v1\.Payment\.html$/);
    assert.match(await page.locator(".users").innerText(), /PlaceOrderRequest\.payment/);
    await page.locator("nav").getByRole("link", { name: "OrderError" }).click();
    await page.locator("#OUT_OF_STOCK").getByRole("link", { name: "OrderService.PlaceOrder" }).click();
    await page.waitForURL(/services\/shop\.v1\.OrderService\.html#PlaceOrder$/);
    // No link leads nowhere.
    const pages = new Set([docs]);
    const seen = [docs];
    const anchors = [];
    while (seen.length > 0) {
      const url = seen.pop();
      const response = await fetch(url);
      assert.equal(response.status, 200, url);
      const text = await response.text();
      for (const [, href] of text.matchAll(/<a [^>]*href="([^"]+)"/g)) {
        const target = new URL(href, url);
        if (target.host !== shop || !target.pathname.startsWith("/docs/")) continue;
        if (target.hash) anchors.push(target.href);
        target.hash = "";
        if (!pages.has(target.href)) {
          pages.add(target.href);
          seen.push(target.href);
        }
      }
    }
    assert.ok(pages.size > 50, `${pages.size} pages`);
    const texts = new Map();
    for (const anchor of new Set(anchors)) {
      const [url, id] = anchor.split("#");
      if (!texts.has(url)) texts.set(url, await (await fetch(url)).text());
      assert.ok(texts.get(url).includes(`id="${id}"`), anchor);
    }
  },

  async deep_link() {
    const page = await open(`${docs}services/shop.v1.UserService.html#GetUser.response.nickname`);
    await page.locator("[id='GetUser.response.nickname']").waitFor({ state: "visible" });
    const field = await open(`${docs}messages/shop.v1.User.html#nickname`);
    const box = await field.locator("#nickname").boundingBox();
    assert.ok(box.y >= 0 && box.y < 900, JSON.stringify(box));
  },

  async languages() {
    const page = await open(service("UserService"));
    for (const [language, code] of [["Python", "import grpc"], ["Rust", "UserServiceClient::connect"], ["TypeScript", "createConnectTransport"], ["buf curl", "buf curl"]]) {
      await page.locator("#GetUser").getByRole("tab", { name: language, exact: true }).click();
      assert.match(await page.locator("#GetUser [role=tabpanel]:visible").innerText(), new RegExp(code));
      assert.match(await page.locator("#CreateUser [role=tabpanel]:visible").innerText(), new RegExp(code));
    }
    assert.match(await page.locator("#GetUser [role=tabpanel]:visible").innerText(), new RegExp(shop));
  },

  async unary() {
    for (const way of ["rest-0", "connect", "grpcweb"]) {
      const { section, field } = await panel("UserService", "GetUser");
      await field("user_id").locator("input").fill(ADA);
      await section.getByLabel("Protocol").selectOption(way);
      await section.getByText("As curl").click();
      await section.locator("details[open] pre", { hasText: ADA }).waitFor();
      await send(section);
      await section.getByLabel("Response", { exact: true }).waitFor();
      assert.match(await section.getByLabel("Response", { exact: true }).innerText(), /"name": "Ada Lovelace"/);
      assert.match(await section.locator(".ex-status").innerText(), /200\s+answered after \d+ ms/);
    }
  },

  async sample() {
    // What is filled in is valid: the shop knows no such order, and says nothing of rules.
    const { section } = await panel("OrderService", "GetOrder");
    await send(section);
    assert.match(await section.getByRole("alert").innerText(), /ORDER_NOT_FOUND/);
  },

  server_sent_events: () => server("sse-0"),
  ndjson: () => server("ndjson-0"),
  server_stream_over_websocket: () => server("ws-0"),
  server_stream_over_connect: () => server("connect"),
  server_stream_over_grpc_web: () => server("grpcweb"),

  async grpc_web_is_what_is_spoken() {
    const { page, section, field } = await panel("OrderService", "GetOrders");
    await section.getByLabel("Protocol").selectOption("grpcweb");
    // Nobody has the id of the sample.
    const request = page.waitForRequest(/OrderService\/GetOrders$/);
    await send(section);
    const headers = (await request).headers();
    assert.equal(headers["content-type"], "application/grpc-web+json");
    assert.match(await ended(section), /200\s+answered after \d+ ms\s*0 messages, ended/);
    assert.match(await section.getByRole("alert").innerText(), /USER_NOT_FOUND \(NOT_FOUND\)[^]*no user "/);
    await section.getByText("As curl").click();
    await section.locator("details[open] pre", { hasText: "buf curl --protocol grpcweb" }).waitFor();
    // An error within a stream.
    await field("user_id").locator("input").fill("nobody");
    await send(section);
    await section.locator("[data-field=user_id] .ex-problem").waitFor();
  },

  async stop() {
    const { section } = await panel("OrderService", "StreamOrderUpdates");
    await section.getByText("Edit as JSON").click();
    await section.getByLabel("The request as JSON").fill(JSON.stringify({ orderId: ORDER, afterSequence: "0" }));
    await section.getByLabel("Protocol").selectOption("sse-0");
    await send(section);
    await section.locator(".ex-received").first().waitFor();
    await section.locator(".ex-stop").click();
    assert.match(await ended(section), /stopped after/);
  },

  async client_stream() {
    const { section } = await panel("UploadService", "ProcessBatch");
    await section.getByText("Edit as JSON").click();
    await section.getByLabel("The request as JSON").fill(JSON.stringify({ processId: "reference", data: { ping: {} } }));
    for (const way of ["rest-0", "ws-0"]) {
      await section.getByLabel("Protocol").selectOption(way);
      await send(section);
      if (way === "ws-0") await section.getByText("No more messages").click();
      await section.locator(".ex-send:enabled").waitFor();
      assert.match(await section.locator(".ex-received, pre[aria-label=Response]").first().innerText(), /"processId": "reference"/);
    }
  },

  async bidi_stream() {
    const { section, field } = await panel("ChatService", "Chat");
    await field("user_id").locator("input").fill(ADA);
    await field("session_id").locator("input").fill("reference");
    await field("message").locator("input").fill("the first");
    await field("reply_to").locator("input").fill("");
    await send(section);
    await section.locator(".ex-received", { hasText: "the first" }).waitFor();
    await field("message").locator("input").fill("the second");
    await section.getByText("Send a message").click();
    await section.locator(".ex-received", { hasText: "the second" }).waitFor();
    await section.getByText("No more messages").click();
    assert.match(await ended(section), /closed with 1000\s*2 messages, ended/);
  },

  async content_from_a_file() {
    const { section, field } = await panel("FileService", "Put");
    await field("name").locator("input").first().fill("picture");
    const bytes = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff]);
    await section.getByLabel("From a file").setInputFiles({ name: "one.png", mimeType: "image/png", buffer: bytes });
    await section.getByText("one.png, 6 bytes").waitFor();
    await section.getByText("As curl").click();
    await section.locator("details[open] pre", { hasText: "--data-binary @FILE" }).waitFor();
    for (const way of ["rest-0", "connect", "grpcweb"]) {
      await section.getByLabel("Protocol").selectOption(way);
      await send(section);
      await ended(section);
      const answer = JSON.parse(await section.getByLabel("Response", { exact: true }).innerText());
      assert.deepEqual(answer, { name: "picture", contentType: "image/png", size: 6 }, way);
    }
    await section.getByText("Write a text instead").click();
    await section.getByLabel("Content type").fill("text/x-poem");
    await section.getByLabel("Content", { exact: true }).fill("Übermut");
    await section.getByLabel("Protocol").selectOption("rest-0");
    await send(section);
    await ended(section);
    const answer = JSON.parse(await section.getByLabel("Response", { exact: true }).innerText());
    assert.deepEqual(answer, { name: "picture", contentType: "text/x-poem", size: 8 });
  },

  async content_of_a_stream() {
    const { section } = await panel("FileService", "Append");
    await section.locator("[data-field=name] input").fill("parts");
    assert.equal(await section.getByLabel("Content", { exact: true }).inputValue(), "Hello", "the sample is a text");
    await section.getByLabel("Content type").fill("text/plain");
    await section.getByLabel("Content", { exact: true }).fill("one, two");
    await send(section);
    await ended(section);
    const received = await section.locator(".ex-received pre").innerText();
    assert.deepEqual(JSON.parse(received), { name: "parts", contentType: "text/plain", size: 8 });
  },

  async content_comes_back() {
    const { page, section } = await panel("FileService", "Echo");
    const saved = async () => {
      const download = page.waitForEvent("download");
      await section.getByRole("link", { name: /^Save / }).click();
      const chunks = [];
      for await (const chunk of await (await download).createReadStream()) chunks.push(chunk);
      return Buffer.concat(chunks);
    };
    await section.getByLabel("Content type").fill("text/plain; charset=utf-8");
    await section.getByLabel("Content", { exact: true }).fill("<b>text</b> stays text");
    await send(section);
    await ended(section);
    assert.equal(await section.getByLabel("Response", { exact: true }).innerText(), "<b>text</b> stays text");
    assert.equal((await saved()).toString(), "<b>text</b> stays text");
    // What is no text is only to be saved.
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    await section.getByLabel("From a file").setInputFiles({ name: "all.bin", mimeType: "application/x-all", buffer: bytes });
    await section.getByText("all.bin, 256 bytes").waitFor();
    await send(section);
    await section.getByRole("link", { name: "Save 256 bytes of application/x-all" }).waitFor();
    assert.equal(await section.getByLabel("Response", { exact: true }).count(), 0);
    assert.deepEqual(await saved(), bytes);
  },

  async content_in_pieces() {
    const { section, field } = await panel("FileService", "Read");
    await field("count").locator("input").fill("20000");
    await send(section);
    assert.match(await ended(section), /200\s+answered after \d+ ms\s*208,894 bytes/);
    assert.match(await section.getByLabel("Response", { exact: true }).innerText(), /^line 1\nline 2\n/);
    await section.getByText("The first 65,536 bytes are shown.").waitFor();
    await section.getByRole("link", { name: "Save 208,894 bytes of text/plain; charset=utf-8" }).waitFor();
    // The page of the shop is shown as text.
    const { section: page } = await panel("UploadService", "GetPage");
    await send(page);
    await ended(page);
    assert.match(await page.getByLabel("Response", { exact: true }).innerText(), /<html/i);
  },

  async refused_socket() {
    // The same GET without an upgrade says why.
    const { section } = await panel("FileService", "Watch");
    await section.getByLabel("Protocol").selectOption("ws-0");
    await send(section);
    assert.match(await ended(section), /closed with 1006/);
    assert.match(await section.getByRole("alert").innerText(), /UNAUTHENTICATED/);
    assert.match(await section.locator(".ex-result").innerText(), /The WebSocket was refused\. The same request without it is answered with 401/);
    // With a token it opens.
    await section.getByLabel("Bearer token").fill("files");
    await send(section);
    assert.match(await ended(section), /closed with 1000\s*0 messages, ended/);
    // A POST would do something: it is not sent.
    const { page, section: talk } = await panel("FileService", "Talk");
    const sent = [];
    page.on("request", (request) => sent.push(request.url()));
    await send(talk);
    assert.match(await ended(talk), /closed with 1006/);
    assert.match(await talk.locator(".ex-result").innerText(), /browsers do not say why. The method asks for a caller, and no token is given/);
    assert.deepEqual(sent.filter((url) => url.startsWith("http")), []);
  },

  async no_way_from_a_page() {
    const page = await open(files);
    await page.locator("#Sum .try-open").click();
    await page.getByText("A page cannot call this method").waitFor();
  },

  async violations() {
    for (const way of ["rest-0", "connect", "grpcweb"]) {
      const { section, field } = await panel("OrderService", "PlaceOrder");
      await section.getByLabel("Protocol").selectOption(way);
      await field("user_id").locator("input").fill(ADA);
      await field("product_id").locator("input").first().fill("");
      await field("city").locator("input").fill("");
      await send(section);
      await section.getByRole("alert").waitFor();
      assert.match(await section.getByRole("alert").innerText(), /INVALID_ARGUMENT/);
      for (const name of ["product_id", "city"]) {
        assert.match(await field(name).first().locator(".ex-problem").innerText(), /at least 1 char/, `${way} ${name}`);
        assert.equal(await field(name).first().locator("input").getAttribute("aria-invalid"), "true");
      }
    }
  },

  async typed_error() {
    const { section, field } = await panel("UserService", "CreateUser");
    await field("name").locator("input").fill("Ada");
    await field("email").locator("input").first().fill("ada@example.org");
    for (const way of ["rest-0", "connect", "grpcweb"]) {
      await section.getByLabel("Protocol").selectOption(way);
      await send(section);
      await ended(section);
      await send(section);
      await section.getByRole("alert").waitFor();
      const text = await section.getByRole("alert").innerText();
      assert.match(text, /EMAIL_TAKEN \(ALREADY_EXISTS\)/);
      assert.match(text, /users\.shop\.example/);
      assert.equal(await section.getByRole("alert").getByRole("link", { name: "shop.v1.EmailTaken" }).count(), 1);
    }
  },

  async authorization() {
    const { page, section, field } = await panel("UserService", "DeleteUser");
    await field("user_id").locator("input").fill("00000000-0000-4000-8000-000000000000");
    await send(section);
    assert.match(await section.getByRole("alert").innerText(), /UNAUTHENTICATED/);
    await section.getByLabel("Bearer token").fill(token);
    await send(section);
    await section.getByRole("alert").filter({ hasText: "USER_NOT_FOUND" }).waitFor();
    // It is in no storage, and gone with the page.
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    assert.ok(!kept.includes(token), kept);
    await page.reload();
    await section.locator(".try-open").click();
    assert.equal(await section.getByLabel("Bearer token").inputValue(), "");
  },

  async themes() {
    const page = await open(docs, { colorScheme: "dark" });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await ground();
    await page.getByRole("button", { name: /^Colours/ }).click();
    assert.notEqual(await ground(), dark);
    await page.reload();
    assert.notEqual(await ground(), dark, "the choice is kept");
  },

  async phone() {
    const page = await open(service("OrderService"), { width: 390, height: 844 });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 390, `${width} px wide`);
    assert.ok(!(await page.locator("#page-nav").isVisible()));
    await page.getByRole("button", { name: "Menu" }).click();
    await page.locator("#page-nav").getByRole("link", { name: "UserService" }).click();
    await page.waitForURL(/UserService\.html$/);
  },

  async paper() {
    const page = await open(service("UserService"));
    await page.emulateMedia({ media: "print" });
    assert.ok(!(await page.locator("#page-nav").isVisible()) && !(await page.locator(".top").isVisible()));
    assert.ok(await page.locator("#GetUser h2").isVisible());
  },

  async accessibility() {
    const pages = [docs, `${docs}types.html`, `${docs}messages/shop.v1.User.html`, `${docs}enums/shop.v1.OrderStatus.html`, `${docs}errors/shop.v1.UserError.html`];
    const found = [];
    const look = async (page, where) => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      for (const { id, impact, nodes } of violations) {
        if (["serious", "critical"].includes(impact)) found.push(`${where}: ${id} at ${nodes[0].target}: ${nodes[0].failureSummary}`);
      }
      await page.context().close();
    };
    for (const colorScheme of ["light", "dark"]) {
      for (const width of [390, 1280]) {
        const where = (url) => `${url} ${colorScheme} ${width}`;
        for (const url of pages) await look(await open(url, { width, colorScheme }), where(url));
        const { page, section, field } = await panel("OrderService", "PlaceOrder", { width, colorScheme });
        await field("city").locator("input").fill("");
        await send(section);
        await section.getByRole("alert").waitFor();
        await look(page, where("PlaceOrder"));
        const echo = await panel("FileService", "Echo", { width, colorScheme });
        await send(echo.section);
        await echo.section.getByRole("link", { name: /^Save / }).waitFor();
        await look(echo.page, where("Echo"));
      }
    }
    assert.deepEqual(found, []);
  },
};

/** The pictures of the guide and the README. */
async function shots(folder) {
  const sizes = [[1280, 860], [390, 844]];
  for (const colorScheme of ["light", "dark"]) {
    for (const [width, height] of sizes) {
      const options = { width, height, colorScheme };
      const save = async (page, name) => {
        await page.screenshot({ path: `${folder}/reference-${name}-${width}-${colorScheme}.png` });
        await page.context().close();
      };
      await save(await open(docs, options), "overview");
      await save(await open(`${service("UserService")}#CreateUser`, options), "method");
      const { page, section, field } = await panel("OrderService", "PlaceOrder", options);
      await field("user_id").locator("input").fill(ADA);
      await field("product_id").locator("input").first().fill("");
      await send(section);
      await section.getByRole("alert").waitFor();
      await field("product_id").first().scrollIntoViewIfNeeded();
      await page.evaluate((wide) => {
        const form = document.querySelector("#PlaceOrder form");
        if (wide) document.querySelector("#PlaceOrder").scrollIntoView();
        else form.scrollIntoView();
      }, width > 400);
      await save(page, "explorer");
    }
  }
}

if (values.list) {
  console.log(Object.keys(cases).join("\n"));
} else {
  browser = await launch();
  try {
    if (values.shots) await shots(values.shots);
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
