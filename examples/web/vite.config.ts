import { defineConfig } from "vite";

// The shop serves the files below /web/. While the page is developed, Vite serves it and passes calls on to the shop.
const shop = "http://127.0.0.1:8080";

export default defineConfig({
  base: "/web/",
  // A file of its own for everything: the shop's pages allow no data in place of a file.
  build: { target: "es2022", assetsInlineLimit: 0 },
  server: { proxy: { "/v1": { target: shop, ws: true }, "/shop.v1.": shop } },
});
