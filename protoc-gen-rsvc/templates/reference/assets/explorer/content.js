// Content as it is, with its type (`google.api.HttpBody`): to send, as text or from a file, and to look at or save.
import { fromBase64, size, toBase64 } from "./bytes.js";
import { h, newId } from "./dom.js";

/** How much of a text is shown. */
const SHOWN = 64 * 1024;

/** Whether a message with this name is content as it is. */
export const isHttpBody = (name) => name === "google.api.HttpBody";

/** The text of bytes, or `undefined` if they are none. */
function asText(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The editor of content: its type, and a text or a file. `problems` shows what is wrong with it. */
export function httpBody(problems) {
  const type = h("input", { id: newId(), type: "text", placeholder: "application/octet-stream", autocomplete: "off", spellcheck: false });
  const text = h("textarea", { id: newId(), rows: 4, spellcheck: false });
  const file = h("input", { id: newId(), type: "file" });
  const note = h("span", { className: "quiet" });
  const drop = h("button", { type: "button", className: "ex-small", textContent: "Write a text instead" });
  const taken = h("div", { className: "ex-row", hidden: true }, note, drop);
  const own = problems(() => text);
  // Content that is not in the text: a file, or what is no text.
  let data = null;
  const show = (name) => {
    taken.hidden = data === null;
    text.hidden = data !== null;
    if (data !== null) note.textContent = [name, size(fromBase64(data).length)].filter(Boolean).join(", ");
  };
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    data = toBase64(new Uint8Array(await chosen.arrayBuffer()));
    if (chosen.type) type.value = chosen.type;
    show(chosen.name);
    element.dispatchEvent(new Event("change", { bubbles: true }));
  });
  drop.addEventListener("click", () => {
    [data, file.value] = [null, ""];
    show();
  });
  const labelled = (input, name, more = []) =>
    h("div", { className: "ex-field" }, h("div", { className: "ex-head" }, h("label", { htmlFor: input.id, textContent: name })), input, ...more);
  const element = h("div", { className: "ex-nested" },
    labelled(type, "Content type"), labelled(text, "Content", [taken]), labelled(file, "From a file"), own.place);
  return {
    element,
    zero: {},
    get() {
      const content = data ?? toBase64(new TextEncoder().encode(text.value));
      const value = { ...(type.value && { contentType: type.value }), ...(content && { data: content }) };
      return Object.keys(value).length > 0 ? value : undefined;
    },
    set(to) {
      [type.value, file.value, text.value, data] = [to?.contentType ?? "", "", "", null];
      const shown = to?.data ? asText(fromBase64(to.data)) : "";
      if (shown === undefined) data = to.data;
      else text.value = shown;
      show();
    },
    problem: (path, text_) => own.show([...path, text_].join(": ")),
    clear: own.clear,
  };
}

/** Content that has come: its text if it is one, and a link that saves it. `address` is of the content. */
export async function showContent(blob, name, address) {
  const type = blob.type || "an unknown type";
  const link = h("a", { href: address, download: name ?? "response", textContent: `Save ${size(blob.size)} of ${type}` });
  const isText = /^text\/|[/+](json|xml|javascript|yaml)\b/.test(blob.type);
  const text = isText ? await blob.slice(0, SHOWN).text() : "";
  return h("div", { className: "ex-content" },
    isText ? h("pre", { className: "code", tabIndex: 0, aria: { label: "Response" }, textContent: text }) : null,
    isText && blob.size > SHOWN ? h("p", { className: "quiet", textContent: `The first ${size(SHOWN)} are shown.` }) : null,
    h("p", {}, link));
}
