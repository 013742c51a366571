/** Making elements. What devices say gets in as text only. */

type Props = { [attribute: string]: string | boolean | number | undefined };

/** h makes an element; attributes that are false or undefined are left out. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) set(el, name, value);
  el.append(...children);
  return el;
}

/** set sets an attribute, or takes it away, and leaves alone what is so already. */
export function set(el: Element, name: string, value: string | boolean | number | undefined): void {
  const text = value === undefined || value === false ? null : value === true ? "" : String(value);
  if (el.getAttribute(name) === text) return;
  if (text === null) el.removeAttribute(name);
  else el.setAttribute(name, text);
}

/** write sets a text, and leaves alone what is so already: what is selected stays, and live regions keep quiet. */
export function write(el: Element, text: string): void {
  if (el.textContent !== text) el.textContent = text;
}

/** holdsFocus tells whether an element, or one inside it, has the focus: it would be lost with it. */
export const holdsFocus = (el: Element): boolean => el.contains((el.getRootNode() as Document | ShadowRoot).activeElement);

export function button(label: string, act: () => void, props: Props = {}): HTMLButtonElement {
  const b = h("button", { type: "button", ...props }, label);
  b.addEventListener("click", act);
  return b;
}

/** draw makes a drawing: attributes of each of its shapes, by tag. */
export function draw(viewBox: string, shapes: readonly (readonly [tag: string, attributes: { [name: string]: string }])[], className: string): SVGElement {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  for (const [name, value] of Object.entries({ viewBox, class: className, "aria-hidden": "true" })) svg.setAttribute(name, value);
  for (const [tag, attributes] of shapes) {
    const el = document.createElementNS(ns, tag);
    for (const [name, value] of Object.entries(attributes)) el.setAttribute(name, value);
    svg.append(el);
  }
  return svg;
}
