// What a post means, as post.go says it: a word as soon as it is typed. The assistant has the last word. testdata/posts.json holds both to the same.

/** Pins tells for each device how long after the post's time its pin goes on, off, on, off, … in ms. */
export type Pins = Map<string, number[]>;

export interface Post {
  tags: string[];
  /** When it takes place, in ms since 1970. */
  at: number;
  /** Whether a time was said. */
  timed: boolean;
  pins: Pins;
}

export interface Flaw {
  /** Where it is, in characters from 0. */
  at: number;
  /** How many characters the word there has: 0 at the end. */
  length: number;
  /** What should stand there. */
  wants: string;
}

const devices: Record<string, string> = { buzz: "buzzer", flash: "lamp" };
const wants: Record<string, string> = {
  then: "buzz or flash",
  for: "a number of milliseconds, up to 999999",
  after: "a number of milliseconds, up to 999999",
  at: "NOW, NOW+1000, or a time within the coming year, in UTC like 2026-12-31T23:59:59Z",
  "": "for, after, then, a #tag, NOW or at",
};

const usual = 200, longest = 280;
const isTag = /^#([a-z0-9]|[a-z0-9][a-z0-9-]{0,61}[a-z0-9])$/;
const isNumber = /^[0-9]{1,6}$/;
const isSoon = /^now(?:\+([0-9]{1,11}))?$/;
const isInstant = /^\d{4}-\d\d-\d\dt\d\d:\d\d:\d\d(\.\d+)?(z|[+-]00:00)$/;

/** parse understands a post that is made at an instant, in ms since 1970, or tells what is wrong with it. */
export function parse(text: string, now: number): Post | Flaw {
  const p = new Parser(now);
  for (const m of text.matchAll(/[^\t\n\f\r ]+/g)) {
    const want = p.wanted;
    if (!p.accepts(m[0].toLowerCase())) return { at: m.index, length: m[0].length, wants: wants[want]! };
  }
  const end = { at: text.length, length: 0 };
  if (p.wanted !== "") return { ...end, wants: wants[p.wanted]! };
  if (p.post.tags.length === 0) return { ...end, wants: "a #tag, which says whom it is for" };
  if (new TextEncoder().encode(text).length > longest) return { ...end, wants: "nothing more: a post has at most 280 letters" };
  return p.post;
}

export const isFlaw = (p: Post | Flaw): p is Flaw => "wants" in p;

/** lasts tells how long after the post's time a post ends, in ms. */
export const lasts = (pins: Pins): number => Math.max(0, ...[...pins.values()].map((all) => all.at(-1)!));

class Parser {
  readonly post: Post;
  private want = "then";
  private when = ""; // at, until its time comes
  private device = "";
  private end = 0; // of the step before
  private steps = 0;
  private readonly said = new Map<string, number>();

  constructor(private readonly now: number) {
    this.post = { tags: [], at: now, timed: false, pins: new Map() };
  }

  /** wanted is the word after which something has to follow, if one is. */
  get wanted(): string {
    return this.when || this.want;
  }

  accepts(word: string): boolean {
    const { want, post } = this;
    const pins = post.pins.get(this.device) ?? [];
    const last = pins.length - 1;
    if (isTag.test(word)) return post.tags.push(word.slice(1)) > 0;
    if (this.when || word.startsWith("now")) return this.moment(word);
    if (word === "at") {
      this.when = word;
      return !post.timed;
    }
    this.want = "";
    switch (want) {
      case "then": return this.begin(devices[word]);
      case "for": pins[last] = pins[last - 1]! + Number(word); return isNumber.test(word);
      case "after": pins[last - 1]! += Number(word); pins[last]! += Number(word); return isNumber.test(word);
    }
    this.want = word;
    this.end = pins[last] ?? 0;
    const twice = this.said.get(word) === this.steps;
    this.said.set(word, this.steps);
    return Object.hasOwn(wants, word) && !twice;
  }

  private begin(device: string | undefined): boolean {
    this.steps++;
    if (!device) return false;
    this.device = device;
    this.post.pins.set(device, [...(this.post.pins.get(device) ?? []), this.end, this.end + usual]);
    return true;
  }

  private moment(word: string): boolean {
    this.when = "";
    const soon = isSoon.exec(word);
    const at = soon ? this.now + Number(soon[1] ?? 0) : isInstant.test(word) ? Date.parse(word.toUpperCase()) : NaN;
    const first = !this.post.timed;
    this.post.timed = true;
    this.post.at = at;
    return first && at >= this.now && at < yearAfter(this.now);
  }
}

function yearAfter(ms: number): number {
  const d = new Date(ms);
  return d.setUTCFullYear(d.getUTCFullYear() + 1);
}
