// Small things that every part of the page uses.
import { WabError } from "@wabgo/client";
import { toast } from "../../../../web/ui/parts/toast.ts";

export const by = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;

export function make<K extends keyof HTMLElementTagNameMap>(tag: K, className = "", text = ""): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

/** button is a real one; label says more to those who listen, where the text is not enough. */
export function button(text: string, run: () => void, { kind = "", label = "" } = {}): HTMLButtonElement {
  const b = Object.assign(make("button", `button ${kind}`, text), { type: "button" });
  if (label) b.setAttribute("aria-label", label);
  b.addEventListener("click", run);
  return b;
}

/** words are an error's own, or those for when it has none. */
export const words = (e: unknown, otherwise = "That did not work. Try again."): string => (e instanceof WabError && e.message ? e.message : otherwise);

/** attempt does what somebody asked for, and tells them if it fails. */
export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (e) {
    toast(words(e), { kind: "bad" });
    return false;
  }
}

/**
 * stayed tells whether somebody is where they were when from had the focus. What comes late may lead only those away who are: others have gone on elsewhere. What had the focus may be gone, and the
 * focus with it.
 */
export function stayed(from: Element | null): boolean {
  const at = document.activeElement;
  return at === from || at === document.body;
}

/** say tells those who listen. */
export function say(text: string): void {
  const place = by("live");
  place.textContent = place.textContent === text ? `${text}\u00a0` : text; // the same words are read again only when they differ
}

/** showFacts fills a list of names and values, without those that are empty. */
export function showFacts(list: HTMLElement, facts: readonly (readonly [string, string])[]): void {
  const key = JSON.stringify(facts);
  if (list.dataset["key"] === key) return;
  list.dataset["key"] = key;
  list.replaceChildren(...facts.filter(([, value]) => value).map(([name, value]) => {
    const row = make("div");
    row.append(make("dt", "", name), make("dd", "", value));
    return row;
  }));
}

/** keyed fills a list anew where its content has changed; the focus stays on what has the same id in its data, or the same label. It tells whether the focus was lost: what had it is gone. */
export function keyed(list: HTMLElement, content: unknown, items: () => HTMLElement[]): boolean {
  const key = JSON.stringify(content);
  if (list.dataset["key"] === key) return false;
  list.dataset["key"] = key;
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  list.replaceChildren(...items());
  if (focused) likeOf(focused, list)?.focus();
  return focused !== null && document.activeElement === document.body;
}

/** likeOf finds what stands now in place of something that was filled anew. */
export const likeOf = (old: Element, within: ParentNode = document): HTMLElement | undefined =>
  [...within.querySelectorAll<HTMLElement>("button, a, input")].find((b) => handleOf(b) === handleOf(old));

/** toTab leads whoever has lost the focus to the tab that is open: what they did is done, and what had the focus is gone with it. */
export const toTab = (): void => document.querySelector<HTMLElement>("[role=tab][aria-selected=true]")?.focus();

const handleOf = (e: Element): string => e.getAttribute("data-id") || e.getAttribute("aria-label") || e.textContent;

/** when says an instant for people: how long ago, or the day. */
export function when(at: string, now: number): string {
  const t = Date.parse(at), s = Math.round((now - t) / 1000);
  if (!Number.isFinite(t) || t <= 0) return "";
  if (s > 86_400 || s < -60) return day.format(t);
  if (s < 10) return "just now";
  if (s < 60) return `${s} s ago`;
  return s < 3600 ? `${Math.floor(s / 60)} min ago` : `${Math.floor(s / 3600)} h ago`;
}

const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
