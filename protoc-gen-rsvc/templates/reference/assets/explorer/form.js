// A form for a message, made of its description. An editor has an element, the value as JSON (`undefined` if it is not
// set), a way to set it, and one to show a problem at a path: names of fields, numbers of items, keys of maps.
import { toBase64 } from "./bytes.js";
import { httpBody, isHttpBody } from "./content.js";
import { h, newId, pretty } from "./dom.js";

const INTEGERS = new Set(["int32", "uint32", "sint32", "fixed32", "sfixed32"]);
const LONG = new Set(["int64", "uint64", "sint64", "fixed64", "sfixed64"]);
const FLOATS = new Set(["double", "float"]);
const WRAPPED = {
  BoolValue: "bool", BytesValue: "bytes", DoubleValue: "double", FloatValue: "float", Int32Value: "int32",
  Int64Value: "int64", StringValue: "string", UInt32Value: "uint32", UInt64Value: "uint64",
};
const HINTS = {
  Timestamp: "2026-01-02T15:04:05Z", Duration: "1.5s", FieldMask: "name,email.address", bytes: "base64",
};

/** The form of the message with this name. */
export function messageForm(types, name) {
  return isHttpBody(name) ? httpBody(problems) : message(types, name, true);
}

/** Shows problems below an element; the inputs in it are marked as wrong. */
function problems(of) {
  const place = h("div", { className: "ex-problems", aria: { live: "polite" } });
  return {
    place,
    show(text) {
      place.append(h("p", { className: "ex-problem", textContent: text }));
      of()?.setAttribute("aria-invalid", "true");
    },
    clear() {
      place.replaceChildren();
      of()?.removeAttribute("aria-invalid");
    },
  };
}

function message(types, name, isRoot) {
  const described = types.messages[name] ?? { fields: [] };
  const element = h("div", { className: isRoot ? "ex-message" : "ex-nested" });
  const own = problems(() => null);
  const children = [];
  const byName = new Map();
  const oneofs = new Map();
  for (const described_field of described.fields) {
    if (described_field.output) continue;
    const child = field(types, described_field);
    children.push(child);
    byName.set(described_field.name, child);
    byName.set(described_field.json, child);
    if (described_field.oneof) {
      if (!oneofs.has(described_field.oneof)) {
        const group = oneof(described_field.oneof);
        oneofs.set(described_field.oneof, group);
        byName.set(described_field.oneof, group);
        element.append(group.element);
      }
      oneofs.get(described_field.oneof).add(child);
    } else {
      element.append(child.element);
    }
  }
  if (described.fields.length === 0) element.append(h("p", { className: "quiet", textContent: "The request has no fields." }));
  element.append(own.place);
  return {
    element,
    get() {
      const value = {};
      for (const child of children) {
        const part = child.get();
        if (part !== undefined) value[child.json] = part;
      }
      return value;
    },
    set(value) {
      for (const child of children) child.set(value?.[child.json] ?? value?.[child.name]);
      for (const group of oneofs.values()) group.refresh();
    },
    problem([first, ...rest], text) {
      const child = byName.get(first);
      if (child) child.problem(rest, text);
      else own.show(first === undefined ? text : `${first}: ${text}`);
    },
    clear() {
      own.clear();
      for (const child of byName.values()) child.clear();
    },
  };
}

/** Members of which at most one is set: a choice, and the editor of what was chosen. */
function oneof(name) {
  const id = newId();
  const select = h("select", { id }, h("option", { value: "", textContent: "none" }));
  const own = problems(() => select);
  const members = [];
  const element = h("fieldset", { className: "ex-field" },
    h("div", { className: "ex-head" }, h("label", { htmlFor: id, textContent: name }), h("span", { className: "type", textContent: "one of" })),
    select, own.place);
  const show = () => {
    for (const member of members) member.choose(member.name === select.value);
  };
  select.addEventListener("change", show);
  return {
    element,
    add(member) {
      members.push(member);
      select.append(h("option", { value: member.name, textContent: member.name }));
      element.append(member.element);
      member.choose(false);
    },
    refresh() {
      select.value = members.find((member) => member.isSet())?.name ?? "";
      show();
    },
    problem: (_, text) => own.show(text),
    clear: own.clear,
  };
}

/** A field with its name, type, and what its comment says. */
function field(types, of) {
  const make = () => value(types, of, { isPresent: of.optional || Boolean(of.oneof) });
  const type = of.kind === "enum" || of.kind === "message" ? of.of.split(".").pop() : of.kind;
  const shape = { one: type, list: `list of ${type}`, map: `map<${of.key}, ${type}>` }[of.shape];
  const editor = of.shape === "list" ? list(types, of) : of.shape === "map" ? map(types, of) : make();
  const id = editor.input ? (editor.input.id ||= newId()) : undefined;
  const head = h("div", { className: "ex-head" },
    editor.input ? h("label", { htmlFor: id, textContent: of.name }) : h("span", { className: "ex-label", textContent: of.name }),
    h("span", { className: "type", textContent: shape }),
    of.required ? h("span", { className: "badge badge-strong", textContent: "required" }) : null);
  const hint = [of.text, of.rules.join("; ")].filter(Boolean).join(" ");
  if (hint && editor.input) editor.input.title = hint;
  if (!editor.input) editor.element.setAttribute("aria-label", of.name);
  const own = problems(() => editor.input);
  const element = h("div", { className: "ex-field", data: { field: of.name }, role: editor.input ? undefined : "group", aria: { label: of.name } },
    head, editor.element, own.place);
  if (editor.input) element.removeAttribute("aria-label");
  let chosen = true;
  return {
    element,
    name: of.name,
    json: of.json,
    get: () => (chosen ? (of.oneof ? (editor.get() ?? editor.zero) : editor.get()) : undefined),
    isSet: () => editor.get() !== undefined,
    set: (to) => editor.set(to),
    choose(yes) {
      chosen = yes;
      element.hidden = !yes;
      if (yes) editor.appear?.();
    },
    problem(path, text) {
      if (path.length > 0 && editor.problem) editor.problem(path, text, own);
      else own.show(text);
    },
    clear() {
      own.clear();
      editor.clear?.();
    },
  };
}

/** One value. */
function value(types, of, { isPresent = false, isItem = false } = {}) {
  if (of.kind !== "message") return scalar(types, of.kind, of.of, isPresent);
  if (isHttpBody(of.of)) return httpBody(problems);
  const known = types.messages[of.of]?.known;
  // An item is there because somebody has added it.
  if (!known) return isItem ? message(types, of.of, false) : nested(types, of.of);
  if (WRAPPED[known]) return scalar(types, WRAPPED[known], undefined, true);
  if (known === "Empty") return nested(types, of.of);
  if (["Struct", "Value", "ListValue", "Any"].includes(known)) return json();
  return text(HINTS[known], (entered) => entered, false);
}

function scalar(types, kind, of, isPresent) {
  if (kind === "bool") return choice([["true", true], ["false", false]], false);
  if (kind === "enum") {
    const values = (types.enums[of] ?? []).map(({ name }) => [name, name]);
    return choice(values, values[0]?.[1]);
  }
  if (INTEGERS.has(kind)) return text("0", number, false, 0);
  if (FLOATS.has(kind)) return text("0", number, false, 0);
  if (LONG.has(kind)) return text("0", (entered) => entered, false, "0");
  if (kind === "bytes") return bytes();
  return text(undefined, (entered) => entered, isPresent, "");
}

/** A number, or what it is instead: the server then says what is wrong. */
function number(entered) {
  const parsed = Number(entered);
  return Number.isFinite(parsed) ? parsed : entered;
}

function choice(options, zero) {
  const input = h("select", {}, h("option", { value: "", textContent: "not set" }),
    options.map(([name]) => h("option", { value: name, textContent: name })));
  return {
    element: input,
    input,
    zero,
    get: () => options.find(([name]) => name === input.value)?.[1],
    set(to) {
      const found = options.find(([, option]) => option === to);
      if (to !== undefined && to !== null && !found) {
        options.push([String(to), to]);
        input.append(h("option", { value: String(to), textContent: String(to) }));
      }
      input.value = to === undefined || to === null ? "" : String(to);
    },
  };
}

/** A line of text. Where an empty text differs from none, a box says that it is sent. */
function text(placeholder, parse, isPresent, zero) {
  const input = h("input", { type: "text", placeholder: placeholder ?? "", autocomplete: "off", spellcheck: false });
  const send = isPresent ? h("input", { type: "checkbox", aria: { label: "send it even if it is empty" }, title: "send it even if it is empty" }) : null;
  input.addEventListener("input", () => {
    if (send && input.value) send.checked = true;
  });
  return {
    element: send ? h("div", { className: "ex-row" }, input, send) : input,
    input,
    zero,
    get: () => (input.value === "" && !send?.checked ? undefined : parse(input.value)),
    set(to) {
      input.value = to === undefined || to === null ? "" : String(to);
      if (send) send.checked = to !== undefined && to !== null;
    },
  };
}

function bytes() {
  const inner = text(HINTS.bytes, (entered) => entered, false, "");
  const file = h("input", { type: "file", aria: { label: "take the bytes of a file" } });
  file.addEventListener("change", async () => {
    if (!file.files[0]) return;
    inner.set(toBase64(new Uint8Array(await file.files[0].arrayBuffer())));
  });
  return { ...inner, element: h("div", {}, inner.element, file) };
}

/** Any JSON. */
function json() {
  const input = h("textarea", { rows: 3, spellcheck: false, placeholder: "JSON" });
  return {
    element: input,
    input,
    get() {
      if (input.value.trim() === "") return undefined;
      try {
        return JSON.parse(input.value);
      } catch {
        return input.value;
      }
    },
    set: (to) => (input.value = to === undefined ? "" : pretty(to)),
  };
}

/** A message within a message: it is made when it is wanted, since messages can be in themselves. */
function nested(types, name) {
  const element = h("div");
  const add = h("button", { type: "button", className: "ex-small", textContent: "Set" });
  const remove = h("button", { type: "button", className: "ex-small", textContent: "Remove" });
  let inner = null;
  const show = () => element.replaceChildren(...(inner ? [remove, inner.element] : [add]));
  const make = () => {
    inner ??= message(types, name, false);
    show();
  };
  add.addEventListener("click", make);
  remove.addEventListener("click", () => {
    inner = null;
    show();
  });
  show();
  return {
    element,
    zero: {},
    get: () => inner?.get(),
    set(to) {
      inner = null;
      if (to !== undefined && to !== null) {
        make();
        inner.set(to);
      }
      show();
    },
    appear: make,
    problem(path, text_, own) {
      if (inner) inner.problem(path, text_);
      else own.show(`${path.join(".")}: ${text_}`);
    },
    clear: () => inner?.clear(),
  };
}

function list(types, of) {
  const rows = h("div");
  const add = h("button", { type: "button", className: "ex-small", textContent: "Add an item", on: { click: () => push() } });
  let items = [];
  function push(to) {
    const editor = value(types, of, { isItem: true });
    const own = problems(() => editor.input);
    if (editor.input) editor.input.setAttribute("aria-label", `${of.name}, item ${items.length + 1}`);
    const item = { editor, own };
    const remove = h("button", { type: "button", className: "ex-small", textContent: "Remove", aria: { label: `Remove the item of ${of.name}` } });
    item.row = h("div", { className: "ex-row" }, h("div", {}, editor.element, own.place), remove);
    remove.addEventListener("click", () => {
      items = items.filter((other) => other !== item);
      item.row.remove();
    });
    items.push(item);
    rows.append(item.row);
    if (to !== undefined) editor.set(to);
    else editor.appear?.();
  }
  return {
    element: h("div", {}, rows, add),
    zero: [],
    get: () => (items.length ? items.map(({ editor }) => editor.get() ?? editor.zero ?? null) : undefined),
    set(to) {
      items = [];
      rows.replaceChildren();
      for (const item of Array.isArray(to) ? to : []) push(item);
    },
    problem([at, ...rest], text_, own) {
      const item = items[Number(at)];
      if (!item) own.show(`${at}: ${text_}`);
      else if (rest.length > 0 && item.editor.problem) item.editor.problem(rest, text_, item.own);
      else item.own.show(text_);
    },
    clear() {
      for (const { editor, own } of items) {
        own.clear();
        editor.clear?.();
      }
    },
  };
}

function map(types, of) {
  const rows = h("div");
  const add = h("button", { type: "button", className: "ex-small", textContent: "Add a pair", on: { click: () => push("") } });
  let pairs = [];
  function push(key, to) {
    const name = h("input", { type: "text", value: key, placeholder: "key", aria: { label: `key of ${of.name}` } });
    const editor = value(types, of, { isItem: true });
    if (editor.input) editor.input.setAttribute("aria-label", `value of ${of.name}`);
    const own = problems(() => name);
    const pair = { name, editor, own };
    const remove = h("button", { type: "button", className: "ex-small", textContent: "Remove", aria: { label: `Remove the pair of ${of.name}` } });
    pair.row = h("div", { className: "ex-row" }, h("div", {}, name, editor.element, own.place), remove);
    remove.addEventListener("click", () => {
      pairs = pairs.filter((other) => other !== pair);
      pair.row.remove();
    });
    pairs.push(pair);
    rows.append(pair.row);
    if (to !== undefined) editor.set(to);
    else editor.appear?.();
  }
  return {
    element: h("div", {}, rows, add),
    zero: {},
    get: () => (pairs.length ? Object.fromEntries(pairs.map(({ name, editor }) => [name.value, editor.get() ?? editor.zero ?? null])) : undefined),
    set(to) {
      pairs = [];
      rows.replaceChildren();
      for (const [key, item] of Object.entries(to ?? {})) push(key, item);
    },
    problem([key, ...rest], text_, own) {
      const pair = pairs.find(({ name }) => name.value === key);
      if (!pair) own.show(`${key}: ${text_}`);
      else if (rest.length > 0 && pair.editor.problem) pair.editor.problem(rest, text_, pair.own);
      else pair.own.show(text_);
    },
    clear() {
      for (const { editor, own } of pairs) {
        own.clear();
        editor.clear?.();
      }
    },
  };
}
