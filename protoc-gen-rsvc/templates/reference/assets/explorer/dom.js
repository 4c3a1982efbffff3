// Elements without HTML: text stays text, whatever a server sends.

/** An element with properties and children; `on` has listeners, `aria` and `data` attributes. */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (key === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (key === "aria") for (const [part, text] of Object.entries(value)) element.setAttribute(`aria-${part}`, text);
    else if (key === "data") Object.assign(element.dataset, value);
    else if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

let ids = 0;

/** An id that nothing else in the page has. */
export const newId = () => `ex-${(ids += 1)}`;

/** JSON as it is read by people. */
export const pretty = (value) => JSON.stringify(value, null, 2);
