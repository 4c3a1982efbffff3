// The panel of a method: the request, a way to send it, and what comes back.
import { size } from "./bytes.js";
import { asCurl, ways } from "./call.js";
import { callConnect } from "./connect.js";
import { showContent } from "./content.js";
import { h, newId, pretty } from "./dom.js";
import { showError, violations } from "./errors.js";
import { messageForm } from "./form.js";
import { callGrpcWeb } from "./grpcweb.js";
import { callRest, openSocket, whyRefused } from "./rest.js";

/** How many messages of a stream are shown: the last ones. */
const SHOWN = 500;

const CALLS = { connect: callConnect, grpcweb: callGrpcWeb, rest: callRest };

/** Makes the panel of a method in an element. `access` is what all panels of the page share. */
export function makePanel(place, { base, root, types, method, access }) {
  const all = ways(method);
  if (all.length === 0) {
    place.replaceChildren(h("p", { className: "quiet", textContent: "A page cannot call this method: browsers stream requests over WebSockets alone, and it has no binding for one. The examples show how programs do." }));
    return;
  }
  const wayId = newId();
  const select = h("select", { id: wayId }, all.map((way) => h("option", { value: way.id, textContent: way.label })));
  const form = messageForm(types, method.input);
  const raw = h("textarea", { hidden: true, spellcheck: false, aria: { label: "The request as JSON" } });
  const rawProblem = h("p", { className: "ex-problem", hidden: true });
  const toggle = h("button", { type: "button", className: "ex-small", textContent: "Edit as JSON" });
  const send = h("button", { type: "submit", className: "button ex-send", textContent: "Send" });
  const sendMore = h("button", { type: "button", className: "button", textContent: "Send a message", hidden: true });
  const finish = h("button", { type: "button", className: "button", textContent: "No more messages", hidden: true });
  const stop = h("button", { type: "button", className: "button ex-stop", textContent: "Stop", hidden: true });
  const status = h("p", { className: "ex-status", role: "status" });
  const result = h("div", { className: "ex-result" });
  const curl = h("pre", { className: "code", tabIndex: 0 });
  const curlBox = h("details", {}, h("summary", { textContent: "As curl" }), curl);
  form.set(method.sample ?? {});

  const isRaw = () => !raw.hidden;
  toggle.addEventListener("click", () => {
    if (isRaw()) {
      const value = request();
      if (value === undefined) return;
      form.set(value);
    } else {
      raw.value = pretty(form.get());
    }
    form.element.hidden = !isRaw();
    raw.hidden = !raw.hidden;
    toggle.textContent = isRaw() ? "Edit in the form" : "Edit as JSON";
  });

  /** The request, or `undefined` if the text is not JSON. */
  function request() {
    rawProblem.hidden = true;
    if (!isRaw()) return form.get();
    try {
      return JSON.parse(raw.value || "{}");
    } catch (error) {
      rawProblem.textContent = error.message;
      rawProblem.hidden = false;
      return undefined;
    }
  }

  const chosen = () => all.find((way) => way.id === select.value) ?? all[0];

  function showCurl() {
    let value;
    try {
      value = request();
    } catch {
      return;
    }
    if (value !== undefined) curl.textContent = asCurl({ base, method, way: chosen(), requests: [value], headers: access.headers() });
  }
  curlBox.addEventListener("toggle", showCurl);
  const refresh = () => curlBox.open && showCurl();
  place.addEventListener("input", refresh);
  place.addEventListener("change", refresh);

  // What is under way, and what has come of it.
  let running = null;
  let address = "";
  function begin() {
    form.clear();
    if (address) URL.revokeObjectURL(address);
    result.replaceChildren();
    const started = performance.now();
    const messages = h("ol", { className: "ex-messages", tabIndex: 0, aria: { label: "Messages" } });
    let count = 0;
    const since = () => `${Math.round(performance.now() - started)} ms`;
    send.disabled = true;
    const isContent = Boolean(chosen().binding?.download);
    stop.hidden = method.kind === "unary" && !isContent;
    const received = h("span");
    const run = {
      say(...parts) {
        status.replaceChildren(...parts);
      },
      head(response) {
        const code = h("span", { className: `status status-${Math.floor(response.status / 100)}`, textContent: response.status });
        run.say(code, `answered after ${since()}`);
        const names = [...response.headers].map(([name, text]) => `${name}: ${text}`).join("\n");
        result.append(h("details", {}, h("summary", { textContent: "Response headers" }), h("pre", { className: "ex-body", textContent: names })));
      },
      message(message, isSent = false) {
        if (method.kind === "unary") {
          result.append(h("pre", { className: "code", tabIndex: 0, aria: { label: "Response" }, textContent: pretty(message) }));
          return;
        }
        if (!messages.isConnected) result.append(messages);
        if (!isSent) count += 1;
        messages.append(h("li", { className: isSent ? "ex-sent" : "ex-received" },
          h("span", { className: "quiet", textContent: isSent ? `sent after ${since()}` : `${count}. after ${since()}` }),
          h("pre", { textContent: pretty(message) })));
        while (messages.children.length > SHOWN) messages.firstChild.remove();
        messages.scrollTop = messages.scrollHeight;
      },
      received(count_) {
        if (!received.isConnected) status.append(received);
        received.textContent = size(count_);
      },
      async file(blob, name) {
        address = URL.createObjectURL(blob);
        result.append(await showContent(blob, name, address));
      },
      note: (text) => result.append(h("p", { className: "ex-note", textContent: text })),
      raw: (text) => result.append(h("pre", { className: "code", tabIndex: 0, textContent: text })),
      error(error) {
        result.append(showError(error, root));
        for (const { path, text } of violations(error)) form.problem(path, text);
      },
      end(how) {
        send.disabled = false;
        for (const button of [stop, sendMore, finish]) button.hidden = true;
        const text = method.kind === "unary" || isContent ? null : h("span", { textContent: `${count} message${count === 1 ? "" : "s"}, ${how} after ${since()}` });
        if (text) status.append(text);
        if (running === run) running = null;
      },
    };
    running = run;
    return run;
  }

  async function callHttp(way, requests) {
    const run = begin();
    const abort = new AbortController();
    run.stop = () => abort.abort();
    let how = "ended";
    run.say("waiting…");
    try {
      const call = { base, method, binding: way.binding, form: way.form, requests, headers: access.headers(), signal: abort.signal };
      for await (const event of CALLS[way.protocol](call)) {
        if (event.head) run.head(event.head);
        else if (event.error) run.error(event.error);
        else if (event.raw !== undefined) run.raw(event.raw);
        else if (event.received !== undefined) run.received(event.received);
        else if (event.file) await run.file(event.file, event.name);
        else run.message(event.message);
      }
    } catch (error) {
      how = abort.signal.aborted ? "stopped" : "broken off";
      if (!abort.signal.aborted) run.note(`The call failed: ${error.message}`);
    }
    run.end(how);
  }

  function callSocket(way, first) {
    const run = begin();
    run.say("opening…");
    let [isOpen, stopped] = [false, false];
    const sent = (message) => {
      socket.send(message);
      run.message(message, true);
    };
    const socket = openSocket({
      base,
      binding: way.binding,
      request: first,
      authorization: access.headers().authorization,
      on: {
        open() {
          isOpen = true;
          run.say("open");
          if (method.kind !== "server" || way.binding.body) sent(first);
          if (method.kind === "server") return;
          sendMore.hidden = false;
          finish.hidden = false;
        },
        message: run.message,
        raw: run.raw,
        error: run.error,
        async close(event) {
          if (!isOpen && !stopped) await refused(run, way, first);
          run.say(h("span", { textContent: `closed with ${event.code}${event.reason ? ` ${event.reason}` : ""}` }));
          run.end(stopped ? "stopped" : "ended");
        },
      },
    });
    run.stop = () => {
      stopped = true;
      socket.close();
    };
    run.more = () => {
      const next = request();
      if (next !== undefined) sent(next);
    };
    run.finish = () => {
      socket.finish();
      sendMore.hidden = true;
      finish.hidden = true;
    };
  }

  /** Says why a WebSocket did not open, as far as a page can know. */
  async function refused(run, way, request) {
    const headers = access.headers();
    let isKnown = false;
    try {
      for await (const event of whyRefused({ base, binding: way.binding, request, headers })) {
        if (event.head) {
          isKnown = true;
          run.note(`The WebSocket was refused. The same request without it is answered with ${event.head.status}:`);
          run.head(event.head);
        } else if (event.error) run.error(event.error);
        else run.raw(event.raw ?? "");
      }
    } catch (error) {
      run.note(`The server cannot be reached: ${error.message}`);
      return;
    }
    if (isKnown) return;
    const asks = !method.open && !headers.authorization;
    const why = asks ? "The method asks for a caller, and no token is given." : "Another protocol may show why.";
    run.note(`The server refused the WebSocket, and browsers do not say why. ${why}`);
  }

  stop.addEventListener("click", () => running?.stop());
  sendMore.addEventListener("click", () => running?.more());
  finish.addEventListener("click", () => running?.finish());

  const panel = h("form", { noValidate: true, on: { submit: (event) => {
    event.preventDefault();
    const value = request();
    if (value === undefined || running || all.length === 0) return;
    const way = chosen();
    if (way.protocol === "websocket") callSocket(way, value);
    else callHttp(way, [value]);
  } } },
  h("div", { className: "ex-bar" }, h("label", { htmlFor: wayId }, "Protocol", select)),
  access.element(method),
  h("div", { className: "ex-head" }, h("span", { className: "ex-label", textContent: "Request" }), toggle),
  form.element, raw, rawProblem,
  h("div", { className: "ex-actions" }, send, sendMore, finish, stop),
  curlBox, status, result);
  place.replaceChildren(panel);
}
