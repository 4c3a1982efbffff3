// The few things that this page needs of the DOM.

/** The element with this id, which `index.html` has. */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} "${id}"`);
  return found;
}

/** A control of a form. */
export function control(form: HTMLFormElement, name: string): HTMLInputElement | HTMLSelectElement {
  const found = form.elements.namedItem(name);
  if (found instanceof HTMLInputElement || found instanceof HTMLSelectElement) return found;
  throw new Error(`the form "${form.id}" has no "${name}"`);
}

/** An element with text, never markup: what it shows comes from people. */
export function element(tag: string, className: string, ...children: (Node | string)[]): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** Shows a text, or nothing. */
export function say(target: HTMLElement, text: string): void {
  target.textContent = text;
  if (target.getAttribute("role") === "alert") target.hidden = text === "";
}

/** Calls `act` when the form is sent, in place of a new page. */
export function onSubmit(form: HTMLFormElement, act: () => Promise<void> | void): void {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void act();
  });
}
