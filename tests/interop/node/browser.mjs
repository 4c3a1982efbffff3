// connect-web in headless Chromium: `node browser.mjs [--protocol connect|grpc-web] [--codec proto|json] [--list] SHOP INTEROP TOKEN CASE...`.
// The page is of the shop's origin, so that the shop needs no CORS; the interop service is another origin, and allows it.
// It prints a line for each case.
import fs from "node:fs";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { launch } from "./chromium.mjs";
import { NotApplicable, run } from "./report.mjs";

const { values, positionals } = parseArgs({
  options: {
    protocol: { type: "string", default: "connect" },
    codec: { type: "string", default: "proto" },
    list: { type: "boolean" },
  },
  allowPositionals: true,
});
const [shop, interop, token, ...names] = positionals;

/** As a script for the page, which puts its cases at `page`. */
async function bundle() {
  const built = await build({
    entryPoints: [new URL("./page.mjs", import.meta.url).pathname],
    bundle: true,
    format: "iife",
    globalName: "page",
    write: false,
    logLevel: "error",
  });
  return built.outputFiles[0].text;
}

async function open(browser, script) {
  // Chromium takes a page that no server sent for one from outside, which may not call servers of this machine unasked.
  const page = await browser.newPage({ permissions: ["local-network-access"] });
  const url = `http://${shop}/page`;
  await page.route(url, (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html><title>rsvc</title>" }));
  await page.goto(url);
  // As long as something is routed, nothing is cached.
  await page.unroute(url);
  await page.addScriptTag({ content: script });
  const descriptors = fs.readFileSync(`${process.env.STUBS}/descriptors.binpb`).toString("base64");
  const settings = { ...values, shop: `http://${shop}`, interop: `http://${interop}`, token, descriptors };
  await page.evaluate((settings) => page.start(settings), settings);
  return page;
}

if (values.list) {
  const { cases } = await import("./page.mjs");
  console.log(Object.keys(cases).join("\n"));
} else {
  const browser = await launch();
  try {
    const page = await open(browser, await bundle());
    const call = (name) => async () => {
      const { skipped, failed } = await page.evaluate((name) => page.outcome(name), name);
      if (skipped) throw new NotApplicable(skipped);
      if (failed) throw new Error(failed);
    };
    await run(names, Object.fromEntries(names.map((name) => [name, call(name)])), {});
  } finally {
    await browser.close();
  }
}
