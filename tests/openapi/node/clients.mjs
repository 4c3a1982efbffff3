// Clients in TypeScript, written by other tools: `node clients.mjs OUT DOCUMENT...`. For each document it prints a line for each
// tool: `TOOL DOCUMENT: ok`, or what the tool says. What they write is below OUT, in the folder of the tool.
import fs from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createClient } from "@hey-api/openapi-ts";
import openapiTS, { astToString } from "openapi-typescript";

const [out, ...documents] = process.argv.slice(2);

const tools = {
  async "openapi-typescript"(document, folder) {
    await fs.mkdir(folder, { recursive: true });
    await fs.writeFile(path.join(folder, "index.ts"), astToString(await openapiTS(pathToFileURL(document))));
  },
  async "hey-api"(document, folder) {
    const plugins = ["@hey-api/typescript", "@hey-api/client-fetch", "@hey-api/sdk"];
    await createClient({ input: document, output: folder, plugins, logs: { level: "silent", file: false } });
  },
};

for (const document of documents) {
  // The version and the name.
  const name = document.split(path.sep).slice(-2).join("/").replace(/\.json$/, "");
  for (const [tool, write] of Object.entries(tools)) {
    let outcome = "ok";
    try {
      await write(document, path.join(out, tool, name));
    } catch (error) {
      outcome = JSON.stringify(String(error.message ?? error).slice(0, 2000));
    }
    console.log(`${tool} ${name}: ${outcome}`);
  }
}
