// The posts, the latest first, each with what became of it.
import { type Act, actsOf, instant, ms, type Said, scale, spread, type Timelines } from "./timeline.ts";

export interface Entry extends Said {
  sent: boolean;
  received: boolean;
}

/** So many are shown. */
const most = 20;

/** merge joins what was sent and received, the latest first: a post of one's own that one follows is one entry. */
export function merge(sent: readonly Said[], received: readonly Said[]): Entry[] {
  const all = new Map<string, Entry>();
  const enter = (p: Said, how: Partial<Entry>): void => {
    const key = `${p.from} ${p.at} ${p.text}`;
    all.set(key, { ...p, sent: false, received: false, ...all.get(key), ...how });
  };
  for (const p of sent) enter(p, { sent: true });
  for (const p of received) enter(p, { received: true });
  return [...all.values()].sort((a, b) => instant(b.at) - instant(a.at));
}

/** showFeed fills the list. me is the owner who looks. */
export function showFeed(list: HTMLElement, entries: readonly Entry[], timelines: Timelines, me: string, now: number): void {
  list.replaceChildren(...entries.slice(0, most).map((e) => item(e, actsOf(e, timelines), me, now)));
}

function item(e: Entry, acts: readonly Act[], me: string, now: number): HTMLElement {
  const at = instant(e.at);
  const li = make("li", "post");
  const head = make("header");
  const owner = ownerOf(e.from);
  const time = Object.assign(document.createElement("time"), { dateTime: e.at, textContent: clock(at), title: new Date(at).toLocaleString() });
  head.append(make("strong", "", owner === me ? "You" : owner), make("span", "soft small", how(e, owner === me)), time);
  li.append(head, Object.assign(make("code", "text"), { textContent: e.text }));
  if (acts.length > 0) li.append(axis(acts, me));
  li.append(make("p", "spread small", outcome(acts, at, now)));
  return li;
}

const how = (e: Entry, own: boolean): string => (e.sent && e.received ? "sent and received" : e.sent && own ? "sent" : "received");

/** ownerOf is the owner in a CA's name, which may have its app before. */
export const ownerOf = (ca: string): string => ca.replace(/^[^:]*:/, "").split("/")[0]!;

/** outcome says in words what became of a post. */
export function outcome(acts: readonly Act[], at: number, now: number): string {
  const { apart, bound, devices } = spread(acts);
  if (at > now) return "To come.";
  if (acts.length === 0) return "No device that you can see has told yet.";
  if (devices === 0) return "No device acted.";
  if (devices === 1) return `One device acted, by a clock that is right to ±${ms(bound)}.`;
  return `${devices} devices acted within ${ms(apart)}, by clocks that are right to ±${ms(bound)}.`;
}

/** axis draws when each device acted, around the instant when it should have. */
function axis(acts: readonly Act[], me: string): HTMLElement {
  const half = scale(acts);
  const ol = make("ul", "acts");
  ol.append(...acts.map((a) => row(a, half, me)));
  const scaleRow = make("div", "scale small");
  scaleRow.setAttribute("aria-hidden", "true");
  scaleRow.append(make("span", "", `−${half} ms`), make("span", "", "due"), make("span", "", `+${half} ms`));
  const box = make("div", "axis");
  box.append(ol, scaleRow);
  return box;
}

function row(a: Act, half: number, me: string): HTMLElement {
  const li = make("li", "act");
  li.dataset["device"] = a.device;
  li.append(make("span", "who", `${a.owner === me ? "your" : `${a.owner}’s`} ${a.device}`));
  const track = make("span", "track");
  track.setAttribute("aria-hidden", "true");
  if (a.late !== undefined) {
    const place = (x: number): string => `${Math.max(0, Math.min(100, 50 + (50 * x) / half))}%`;
    const doubt = make("i", "doubt"), dot = make("i", "dot");
    doubt.style.left = place(a.late - a.bound!);
    doubt.style.right = `calc(100% - ${place(a.late + a.bound!)})`;
    dot.style.left = place(a.late);
    track.append(doubt, dot);
  }
  const words = make("span", "late", a.late === undefined ? (results[a.result] ?? a.result) : `${a.late < 0 ? "" : "+"}${ms(a.late)}`);
  if (a.late !== undefined) words.append(make("span", "soft", ` ±${ms(a.bound!)}`));
  if (a.why) words.title = a.why;
  li.append(track, words);
  return li;
}

const results: Record<string, string> = {
  late: "came too late",
  replaced: "another post came",
  expired: "came too late",
  refused: "didn’t act",
  failed: "failed",
  unknown: "can’t do that",
};

function make(tag: string, className = "", text = ""): HTMLElement {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

const clock = (at: number): string => format.format(at);
const format = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });
