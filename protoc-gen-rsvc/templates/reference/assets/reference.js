// What pages do beyond HTML: the menu, colours, tabs, copying, and search. Without it everything can be read.
"use strict";
(() => {
  const root = document.body.dataset.root;
  const settings = globalThis.rsvcReference ?? { explorer: false, base: null };
  document.documentElement.classList.add("js");

  /** Keeps a choice of the reader, where the browser allows it. */
  const store = {
    get(name) {
      try {
        return localStorage.getItem(name);
      } catch {
        return null;
      }
    },
    set(name, value) {
      try {
        if (value === null) localStorage.removeItem(name);
        else localStorage.setItem(name, value);
      } catch {
        // The choice then holds for this page alone.
      }
    },
  };

  function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  // The menu of narrow windows.
  const menu = document.querySelector(".menu");
  const nav = document.getElementById("page-nav");
  menu.hidden = false;
  menu.addEventListener("click", () => {
    const open = nav.classList.toggle("open");
    menu.setAttribute("aria-expanded", String(open));
  });
  nav.addEventListener("click", (event) => {
    if (event.target.closest("a")) nav.classList.remove("open");
  });

  // Colours: those of the system, light, dark.
  const theme = document.querySelector(".theme");
  const names = { light: "Light", dark: "Dark" };
  const show = () => {
    const chosen = document.documentElement.dataset.theme;
    theme.textContent = names[chosen] ?? "Auto";
    theme.setAttribute("aria-label", `Colours: ${names[chosen] ?? "as the system has them"}`);
  };
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const next = { undefined: "light", light: "dark", dark: null }[document.documentElement.dataset.theme];
    if (next) document.documentElement.dataset.theme = next;
    else delete document.documentElement.dataset.theme;
    store.set("rsvc-theme", next);
    show();
  });
  show();

  // Examples call the server that sent this page.
  if (settings.base) {
    const { origin, host } = new URL(settings.base);
    for (const code of document.querySelectorAll(".rpc-code pre code")) {
      code.textContent = code.textContent.replaceAll("http://localhost:8080", origin).replaceAll("localhost:8080", host);
    }
  }

  // Tabs: the language that was chosen last is chosen everywhere.
  const groups = [];
  for (const tabs of document.querySelectorAll(".tabs")) {
    const panels = [...tabs.querySelectorAll(":scope > section")];
    const list = element("div", { className: "tablist" });
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", "Languages");
    const buttons = panels.map((panel, index) => {
      const button = element("button", { type: "button", textContent: panel.dataset.label });
      panel.id ||= `tab-${groups.length}-${index}`;
      button.id = `${panel.id}-tab`;
      button.setAttribute("role", "tab");
      button.setAttribute("aria-controls", panel.id);
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", button.id);
      button.addEventListener("click", () => choose(panel.dataset.label));
      return button;
    });
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
      choose(next.textContent);
      next.focus();
    });
    list.append(...buttons);
    tabs.prepend(list);
    tabs.classList.add("ready");
    groups.push({ panels, buttons });
  }
  function choose(label) {
    for (const { panels, buttons } of groups) {
      const found = panels.findIndex((panel) => panel.dataset.label === label);
      panels.forEach((panel, index) => {
        const chosen = index === Math.max(found, 0);
        panel.hidden = !chosen;
        buttons[index].setAttribute("aria-selected", String(chosen));
        buttons[index].tabIndex = chosen ? 0 : -1;
      });
    }
    store.set("rsvc-language", label);
  }
  if (groups.length > 0) choose(store.get("rsvc-language") ?? groups[0].panels[0].dataset.label);

  // Copying.
  for (const code of document.querySelectorAll("pre.code")) {
    const box = element("div", { className: "copyable" });
    const button = element("button", { type: "button", className: "copy-code", textContent: "Copy" });
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not allowed";
      }
      setTimeout(() => (button.textContent = "Copy"), 1500);
    });
    code.replaceWith(box);
    box.append(code, button);
  }

  // Where the reader is.
  const links = new Map([...document.querySelectorAll(".nav-methods a")].map((link) => [link.hash.slice(1), link]));
  if (links.size > 0) {
    const seen = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) links.get(entry.target.id)?.classList.toggle("here", entry.isIntersecting);
      },
      { rootMargin: "-30% 0px -69% 0px" },
    );
    for (const section of document.querySelectorAll(".rpc")) seen.observe(section);
  }

  // What a link leads to is open.
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const closed = target && target.closest("details:not([open])");
    if (closed) {
      closed.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);
  reveal();

  // Search: its index comes when somebody searches.
  const input = document.getElementById("page-search");
  const found = document.getElementById("page-found");
  input.closest(".search").hidden = false;
  let loading = null;
  const load = () =>
    (loading ??= new Promise((resolve) => {
      const script = element("script", { src: `${root}assets/search.js` });
      script.addEventListener("load", () => resolve(globalThis.rsvcIndex ?? []));
      script.addEventListener("error", () => resolve([]));
      document.head.append(script);
    }));
  const LIMIT = 30;

  /** How well words fit: 0 is not at all. The name counts most, then its beginning, then the text. */
  function weigh(words, name, text) {
    let all = 0;
    for (const word of words) {
      const at = name.indexOf(word);
      if (name === word) all += 100;
      else if (at === 0) all += 60;
      else if (at > 0) all += 40;
      else if (text.includes(word)) all += 10;
      else return 0;
    }
    return all;
  }

  function search(index, query) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const hits = [];
    for (const [kind, name, full, page, text, parts] of index) {
      const own = weigh(words, name.toLowerCase(), `${full} ${text}`.toLowerCase());
      const weight = { service: 6, errors: 4, message: 2, enum: 1 }[kind];
      if (own) hits.push({ weight: own + weight, name, kind, where: full, text, link: `${page}.html` });
      for (const [part, partText] of parts) {
        const value = weigh(words, part.toLowerCase(), `${name} ${partText}`.toLowerCase());
        const partKind = { service: "method", errors: "error", message: "field", enum: "value" }[kind];
        const bonus = { method: 8, error: 5, field: 0, value: 0 }[partKind];
        if (value) {
          hits.push({ weight: value + bonus, name: part, kind: partKind, where: full, text: partText, link: `${page}.html#${part}` });
        }
      }
    }
    return hits.sort((a, b) => b.weight - a.weight || a.name.length - b.name.length || a.link.localeCompare(b.link)).slice(0, LIMIT);
  }

  let selected = -1;
  function select(index) {
    const options = [...found.querySelectorAll("a")];
    selected = options.length ? (index + options.length) % options.length : -1;
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === selected)));
    if (selected < 0) return input.removeAttribute("aria-activedescendant");
    options[selected].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[selected].id);
  }
  function close() {
    found.hidden = true;
    input.setAttribute("aria-expanded", "false");
  }
  async function update() {
    const query = input.value.trim();
    if (!query) return close();
    const index = await load();
    if (query !== input.value.trim()) return;
    const hits = search(index, query);
    found.replaceChildren(
      ...hits.map((hit, at) => {
        const kind = element("span", { className: "found-kind", textContent: hit.kind });
        const link = element("a", { href: root + hit.link, id: `found-${at}` }, kind, element("b", { textContent: hit.name }));
        link.append(element("small", { textContent: hit.text ? `${hit.where} — ${hit.text}` : hit.where }));
        link.setAttribute("role", "option");
        link.tabIndex = -1;
        return link;
      }),
    );
    if (hits.length === 0) {
      const nothing = element("a", { textContent: "Nothing found" });
      nothing.setAttribute("role", "option");
      nothing.setAttribute("aria-disabled", "true");
      found.append(nothing);
    }
    found.hidden = false;
    input.setAttribute("aria-expanded", "true");
    select(hits.length ? 0 : -1);
  }
  input.addEventListener("input", update);
  input.addEventListener("focus", () => {
    load();
    update();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      select(selected + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      found.querySelector('[aria-selected="true"]')?.click();
      close();
    } else if (event.key === "Escape") {
      close();
      input.blur();
    }
  });
  found.addEventListener("click", close);
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest(".search")) close();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      input.focus();
    }
  });

  // The explorer comes only where it is switched on.
  if (settings.explorer) import(new URL(`${root}assets/explorer/main.js`, location.href).href);
})();
