// Small things that the parts of this page share.
import { WabError } from "@wabgo/client";

export const by = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;

/** words are an error's own, or those for when it has none. */
export const words = (e: unknown, otherwise: string): string => (e instanceof WabError && e.message ? e.message : otherwise);

/** say tells those who listen to the page rather than look at it. */
export function say(text: string): void {
  by("live").textContent = text;
}

/** button makes one with a word on it, and with whom it is about for those who listen. */
export function button(text: string, about: string, run: () => void, kind = ""): HTMLButtonElement {
  const b = Object.assign(document.createElement("button"), { type: "button", className: `button ${kind}`, textContent: text });
  if (about) b.setAttribute("aria-label", `${text} ${about}`);
  b.addEventListener("click", run);
  return b;
}

/** row is a line of a list: a text, and what can be done. */
export function row(text: string, ...buttons: HTMLElement[]): HTMLLIElement {
  const li = document.createElement("li");
  li.append(Object.assign(document.createElement("span"), { textContent: text }), ...buttons);
  return li;
}

/** count shows a number on a panel's opener, and that it is new. */
export function count(opener: HTMLElement, n: number, fresh = false): void {
  const badge = opener.querySelector<HTMLElement>(".count")!;
  badge.hidden = n === 0;
  badge.textContent = String(n);
  badge.toggleAttribute("data-new", fresh);
}

/** deviceOf tells whether a value that somebody sent is a deed, and for which device. */
export function deviceOf(value: unknown): string | undefined {
  const v = value as { device?: unknown; command?: unknown; args?: unknown } | null;
  return typeof v?.device === "string" && typeof v.command === "string" && Array.isArray(v.args) ? v.device : undefined;
}

/** ownerOf is whose a principal is, as the meeting names people: hellowab:bob is bob. */
export const ownerOf = (principal: string): string => principal.replace(/^[^:]*:/, "").split("/")[0]!;
