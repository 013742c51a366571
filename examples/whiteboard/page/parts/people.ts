// Who is here: their cursors on the board, their names in the bar, and a word when somebody comes or goes.
import { type Element, bodyOf } from "./element.ts";
import type { Box, Point } from "./geometry.ts";
import { toWindow, type View } from "./view.ts";

/** Here is what a page tells the others of itself, at most 1,024 bytes. */
export interface Here {
  /** Where the pointer is on the board; absent while it is elsewhere. */
  at?: [number, number];
  /** What is selected, at most ten. */
  sel?: string[];
}

export interface Other {
  who: number;
  owner: string;
  value: unknown;
}

const hues = 8;

/** hue is the colour of a name, the same for everybody. */
export function hue(owner: string): number {
  let sum = 7;
  for (const char of owner) sum = (sum * 31 + char.charCodeAt(0)) >>> 0;
  return sum % hues;
}

/** here reads what somebody tells. It comes from others, so nothing is taken for granted. */
export function here(value: unknown): Here {
  const { at, sel } = (value ?? {}) as { at?: unknown; sel?: unknown };
  const read: Here = {};
  if (Array.isArray(at) && at.length === 2 && at.every((n) => Number.isFinite(n))) read.at = [Number(at[0]), Number(at[1])];
  if (Array.isArray(sel)) read.sel = sel.filter((id): id is string => typeof id === "string").slice(0, 10);
  return read;
}

/** arrivals compares two lists of who is here. Several pages of one owner count once, and oneself doesn't. */
export function arrivals(before: ReadonlySet<string>, others: readonly Other[], me: string): { now: Set<string>; came: string[]; went: string[] } {
  const now = new Set(others.map((o) => o.owner).filter((owner) => owner !== me));
  return { now, came: [...now].filter((o) => !before.has(o)), went: [...before].filter((o) => !now.has(o)) };
}

export class People {
  private readonly cursors = new Map<number, HTMLElement>();
  private owners: Set<string> = new Set();
  private others: readonly Other[] = [];
  private first = true;

  constructor(private readonly layer: HTMLElement, private readonly faces: HTMLElement, private readonly me: string, private readonly say: (text: string) => void) {}

  /** show takes who else is here. */
  show(others: readonly Other[], view: View): void {
    this.others = others;
    const { now, came, went } = arrivals(this.owners, others, this.me);
    this.owners = now;
    if (came.length + went.length > 0 || this.first) this.showFaces();
    this.announce(came, went);
    this.first = false;
    for (const [who, el] of this.cursors) if (!others.some((o) => o.who === who)) (el.remove(), this.cursors.delete(who));
    this.place(view);
  }

  private announce(came: string[], went: string[]): void {
    if (came.length > 0) this.say(`${names(came)} ${came.length === 1 ? "is" : "are"} here${this.first ? "" : " now"}.`);
    if (went.length > 0) this.say(`${names(went)} ${went.length === 1 ? "has" : "have"} left.`);
  }

  /** place puts the cursors where they belong in a view. */
  place(view: View): void {
    for (const o of this.others) {
      const { at } = here(o.value);
      let el = this.cursors.get(o.who);
      if (!at) {
        el?.setAttribute("hidden", "");
        continue;
      }
      if (!el) this.cursors.set(o.who, (el = this.layer.appendChild(cursor(o))));
      el.removeAttribute("hidden");
      const p = toWindow(view, { x: at[0], y: at[1] });
      el.style.transform = `translate(${p.x}px, ${p.y}px)`;
    }
  }

  /** outlines are what others have selected. */
  outlines(get: (id: string) => Element | undefined, color: (hue: number) => string): { box: Box; color: string }[] {
    return this.others.flatMap((o) => (here(o.value).sel ?? []).flatMap((id) => {
      const e = get(id);
      return e ? [{ box: bodyOf(e), color: color(hue(o.owner)) }] : [];
    }));
  }

  private showFaces(): void {
    const shown = [...this.owners].slice(0, 4);
    const faces = shown.map((owner) => face(owner));
    const more = this.owners.size - shown.length;
    if (more > 0) faces.push(Object.assign(document.createElement("li"), { className: "face more", textContent: `+${more}` }));
    this.faces.replaceChildren(...faces);
  }
}

const names = (list: string[]): string => (list.length > 3 ? `${list.length} people` : list.join(" and "));

function face(owner: string): HTMLElement {
  const li = Object.assign(document.createElement("li"), { className: "face", title: `${owner} is here` });
  li.dataset["hue"] = String(hue(owner));
  const letter = Object.assign(document.createElement("span"), { textContent: owner.slice(0, 1).toUpperCase() });
  letter.setAttribute("aria-hidden", "true");
  li.append(letter, Object.assign(document.createElement("span"), { className: "unseen", textContent: owner }));
  return li;
}

function cursor(o: Other): HTMLElement {
  const el = Object.assign(document.createElement("div"), { className: "cursor" });
  el.dataset["hue"] = String(hue(o.owner));
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  const path = document.createElementNS(ns, "path");
  path.setAttribute("d", "M3 2l5.2 14.5 2.4-6 6-2.4z");
  svg.append(path);
  el.append(svg, Object.assign(document.createElement("span"), { textContent: o.owner }));
  return el;
}

/** Telling passes on where one's pointer is, not more often than it can be followed. */
export class Telling {
  private told = "";
  private timer: ReturnType<typeof setTimeout> | undefined;
  private next: Here = {};

  constructor(private readonly set: (value: Here) => void, private readonly gap = 40) {}

  pointer(at: Point | undefined): void {
    const { at: _, ...rest } = this.next;
    this.tell(at ? { ...rest, at: [Math.round(at.x), Math.round(at.y)] } : rest);
  }

  selection(ids: Iterable<string>): void {
    const sel = [...ids].slice(0, 10);
    const { sel: _, ...rest } = this.next;
    this.tell(sel.length > 0 ? { ...rest, sel } : rest);
  }

  /** again says it once more, to a server that may have forgotten. */
  again(): void {
    this.told = "";
    this.tell(this.next);
  }

  private tell(next: Here): void {
    this.next = next;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const text = JSON.stringify(this.next);
      if (text === this.told) return;
      this.told = text;
      this.set(this.next);
    }, this.gap);
  }
}
