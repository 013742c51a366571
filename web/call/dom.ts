/** Making elements. */

type Props = { [attribute: string]: string | boolean | number | undefined };

/** h makes an element; attributes that are false or undefined are left out. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) set(el, name, value);
  el.append(...children);
  return el;
}

/** set sets an attribute, or takes it away. */
export function set(el: Element, name: string, value: string | boolean | number | undefined): void {
  if (value === undefined || value === false) el.removeAttribute(name);
  else el.setAttribute(name, value === true ? "" : String(value));
}

/** button is one with a picture and a name. */
export function button(icon: string, label: string, act: () => void, props: Props = {}): HTMLButtonElement {
  const b = h("button", { type: "button", "aria-label": label, title: label, ...props });
  b.append(picture(icon));
  b.addEventListener("click", act);
  return b;
}

const paths: { [name: string]: string } = {
  mic: "M12 3.5a2.8 2.8 0 0 0-2.8 2.8v5a2.8 2.8 0 0 0 5.6 0v-5A2.8 2.8 0 0 0 12 3.5zM6 11.2a6 6 0 0 0 12 0M12 17.2v3.3",
  "mic-off": "M9.2 9.4v1.9a2.8 2.8 0 0 0 4.6 2.1M14.8 10.9V6.3a2.8 2.8 0 0 0-5.5-.8M6 11.2a6 6 0 0 0 9.4 4.9M18 11.2a6 6 0 0 1-.5 2.4M12 17.2v3.3M4 4l16 16",
  camera: "M3.5 8A1.8 1.8 0 0 1 5.3 6.2h7.9A1.8 1.8 0 0 1 15 8v8a1.8 1.8 0 0 1-1.8 1.8H5.3A1.8 1.8 0 0 1 3.5 16zM15 11l5.5-3v8L15 13",
  "camera-off": "M9 6.2h4.2A1.8 1.8 0 0 1 15 8v4M15 11l5.5-3v8l-2.3-1.3M14.6 17.1a1.8 1.8 0 0 1-1.4.7H5.3A1.8 1.8 0 0 1 3.5 16V8c0-.7.4-1.3 1-1.6M4 4l16 16",
  screen: "M3.5 6.3a1.3 1.3 0 0 1 1.3-1.3h14.4a1.3 1.3 0 0 1 1.3 1.3v8.9a1.3 1.3 0 0 1-1.3 1.3H4.8a1.3 1.3 0 0 1-1.3-1.3zM8.5 20h7M12 13.5v-5M9.6 10.6 12 8.2l2.4 2.4",
  "screen-off": "M3.5 6.3a1.3 1.3 0 0 1 1.3-1.3h14.4a1.3 1.3 0 0 1 1.3 1.3v8.9a1.3 1.3 0 0 1-1.3 1.3H4.8a1.3 1.3 0 0 1-1.3-1.3zM8.5 20h7M10 8.7l4 4M14 8.7l-4 4",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  leave: "M3.6 13.2c4.6-4.4 12.2-4.4 16.8 0 .5.5.5 1.2.1 1.7l-1.3 1.4c-.4.4-1 .5-1.5.2l-2.3-1.4a1.2 1.2 0 0 1-.6-1.1l.1-1.4a9.7 9.7 0 0 0-5.8 0l.1 1.4c0 .5-.2.9-.6 1.1l-2.3 1.4c-.5.3-1.1.2-1.5-.2l-1.3-1.4c-.4-.5-.4-1.2.1-1.7z",
  close: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  grip: "M20 10 10 20M20 15l-5 5",
};

/** picture draws one of our signs. */
export function picture(name: string): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": name === "more" ? "2.6" : "1.8", "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" })) svg.setAttribute(key, value);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", paths[name] ?? "");
  svg.append(path);
  return svg;
}

/** repaint changes a button's picture and name. */
export function repaint(b: HTMLButtonElement, icon: string, label: string): void {
  b.setAttribute("aria-label", label);
  b.title = b.dataset["keys"] ? `${label} (${b.dataset["keys"]})` : label;
  b.querySelector("svg")?.replaceWith(picture(icon));
}
