// The explorer: each method of the page gets a panel that calls it.
import { h, newId } from "./dom.js";
import { makePanel } from "./panel.js";

/** Who calls. It is kept here alone: a page that is left forgets it. */
const credentials = { token: "", name: "", value: "" };
const listeners = new Set();

const access = {
  headers() {
    const headers = {};
    if (credentials.token) headers.authorization = `Bearer ${credentials.token}`;
    if (credentials.name && credentials.value) headers[credentials.name.trim().toLowerCase()] = credentials.value;
    return headers;
  },
  /** The inputs, which show the same in all panels. */
  element(method) {
    const input = (key, label, type) => {
      const id = newId();
      const box = h("input", { id, type, value: credentials[key], autocomplete: "off", spellcheck: false, data: { credential: key } });
      box.addEventListener("input", () => {
        credentials[key] = box.value;
        for (const listener of listeners) listener(box);
      });
      listeners.add((from) => {
        if (from !== box && from.dataset.credential === key) box.value = credentials[key];
      });
      return h("label", { htmlFor: id }, label, box);
    };
    return h("details", { open: !method.open },
      h("summary", { textContent: "Authorization" }),
      h("div", { className: "ex-bar" }, input("token", "Bearer token", "password")),
      h("div", { className: "ex-bar" }, input("name", "Or a header", "text"), input("value", "Its value", "text")));
  },
};

const root = document.body.dataset.root;
const service = document.querySelector("[data-service]");
const base = globalThis.rsvcReference.base;

if (service && base) {
  let loading = null;
  const load = () =>
    (loading ??= fetch(`${root}data/${service.dataset.service}.json`).then((response) => {
      if (!response.ok) throw new Error(`the description of the service: ${response.status}`);
      return response.json();
    }));
  for (const section of service.querySelectorAll("[data-method]")) {
    const name = section.dataset.method;
    const place = section.querySelector(".explorer");
    const open = h("button", { type: "button", className: "button try-open", textContent: `Try ${name}` });
    open.addEventListener("click", async () => {
      open.disabled = true;
      try {
        const types = await load();
        makePanel(inner, { base, root, types, method: types.methods[name], access });
        place.querySelector("select, input, textarea")?.focus();
      } catch (error) {
        inner.replaceChildren(h("p", { className: "ex-problem", textContent: error.message }));
        open.disabled = false;
        loading = null;
      }
    });
    const inner = h("div", {}, open);
    place.append(inner);
    place.hidden = false;
    // Above the examples: who wants to try a method should not look for the place.
    section.querySelector(".rpc-code").prepend(place);
  }
}
