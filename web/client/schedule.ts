/** The scheduler of a device's bundles: what package bundle does, which wrote the vectors that this one is held to. Instants are µs by the server's clock. */

/** Policy says what becomes of commands whose instants were missed: 0 drop the rest, 1 run them at once, 2 run the rest in time. */
type Policy = 0 | 1 | 2;

export interface Command { readonly after: number; readonly name: string; readonly args: readonly unknown[] }

export interface Bundle {
  readonly id: string;
  readonly at: number;
  readonly expires: number;
  readonly late: Policy;
  readonly tolerance: number;
  readonly maxBound: number;
  readonly commands: readonly Command[];
  readonly recovery: readonly Command[];
  /** What starts it when it comes before at, which is then the deadline. */
  readonly moment: Moment | undefined;
  /** It replaces nothing, and nothing replaces it; its commands have no distances. */
  readonly beside: boolean;
}

/** Moment is the instant in a member's video, in a call, at which an action was made. */
export interface Moment {
  /** The room by its full name. */
  readonly room: string;
  readonly member: string;
  /** Actions of a member are numbered from 1. */
  readonly action: number;
  readonly at: number;
}

export type Outcome = "done" | "late" | "replaced" | "expired" | "refused" | "failed" | "unknown";

/** Met is, of a bundle with a moment that has started, how that was found ("deadline": it was not), and by how much its frame was before the start; "" and 0 of any other. */
export interface Met { readonly method: string; readonly off: number }

/** Run asks for a command to be run; ran is to be told then. */
export interface Run extends Met { readonly t: "run"; readonly id: string; readonly command: Command; readonly n: number; readonly due: number; readonly recovery: boolean }

/** End tells what became of a bundle. due and ran are those of the command that it is about. */
export interface End extends Met {
  readonly t: "end"; readonly id: string; readonly outcome: Outcome; readonly command: Command | undefined;
  readonly due: number; readonly ran: number; readonly bound: number; readonly text: string;
}

const maxWaiting = 256;
const maxKnown = 1000;
const maxCommands = 1000;
const maxLength = 24 * 3600e6;
const maxInstant = 253_402_300_799e6; // the end of the year 9999
const maxRoom = 256;
const maxAction = 2 ** 32 - 1;
const defaultTolerance = 50_000;
const none: Met = { method: "", off: 0 };

/** parseBundle reads a bundle as it stands decoded in a map; undefined if it is none. */
export function parseBundle(value: unknown): Bundle | undefined {
  if (!Array.isArray(value) || value.length < 8) return undefined;
  const [id, at, expires, late, tolerance, maxBound] = value;
  if (!isID(id) || !isUpTo(at, maxInstant) || !isUpTo(expires, maxInstant) || !isUpTo(tolerance, maxLength) || !isUpTo(maxBound, maxLength)) return undefined;
  const commands = parseCommands(value[6]);
  const recovery = parseCommands(value[7]);
  if (![0, 1, 2].includes(late) || !commands || !recovery || commands.length + recovery.length > maxCommands) return undefined;
  const moment = value[8] == null ? undefined : parseMoment(value[8], Number(at));
  const beside = value[9] ?? false;
  if (moment === null || typeof beside !== "boolean" || (beside && commands.some((c) => c.after > 0))) return undefined;
  return { id, at: Number(at), expires: Number(expires), late, tolerance: Number(tolerance) || defaultTolerance, maxBound: Number(maxBound), commands, recovery, moment, beside };
}

/** parseMoment reads a moment with its deadline; null if it is none. */
function parseMoment(value: unknown, deadline: number): Moment | null {
  if (!Array.isArray(value) || value.length < 4) return null;
  const [room, member, action, at] = value;
  if (!isText(room, maxRoom) || !isID(member) || !isUpTo(action, maxAction) || !isUpTo(at, deadline) || Number(action) === 0 || Number(at) === 0) return null;
  return { room, member, action: Number(action), at: Number(at) };
}

function parseCommands(list: unknown): Command[] | undefined {
  if (!Array.isArray(list) || !list.every(isCommand)) return undefined;
  const commands = list.map(([after, name, args]) => ({ after: Number(after), name, args }));
  return commands.reduce((length, c) => length + c.after, 0) <= maxLength ? commands : undefined;
}

const isCommand = (c: unknown): boolean => Array.isArray(c) && isUpTo(c[0], maxLength) && isID(c[1]) && Array.isArray(c[2]);

/** isUpTo tells whether it is a whole number from 0 to most. */
const isUpTo = (n: unknown, most: number): boolean => (typeof n === "bigint" || Number.isInteger(n)) && Number(n) >= 0 && Number(n) <= most;

/** isID tells whether it may be a bundle's id, a command's name, or a member. */
export const isID = (s: unknown): s is string => isText(s, 64);

const isText = (s: unknown, most: number): s is string => typeof s === "string" && s !== "" && new TextEncoder().encode(s).length <= most;

/** isSame tells whether two moments are of the same action. */
const isSame = (a: Moment, b: Moment): boolean => a.action === b.action && a.member === b.member && a.room === b.room;

/** Sequence is a list of commands on its way: a bundle's, or its recovery's. */
class Sequence {
  /** Nothing but the distances matter: they stay when the clock is set back. */
  relative: boolean;
  start: number;
  met = none;
  next = 0;
  due = 0;
  missed = false;
  private since = 0;
  private last: { command: Command; due: number; ran: number } | undefined;

  constructor(readonly bundle: Bundle, readonly list: readonly Command[], readonly recovers: boolean, now: number) {
    this.relative = recovers || bundle.at === 0;
    this.start = this.relative ? now : bundle.at;
    this.begin(this.start);
  }

  begin(at: number): void {
    this.since = at;
    this.due = at + (this.list[0]?.after ?? 0);
  }

  /** meet has it start now, for its moment has come. */
  meet(now: number, met: Met): void {
    this.relative = true;
    this.start = now;
    this.met = met;
    this.begin(now);
  }

  /** open starts it. */
  open(now: number): void {
    if (this.relative) this.begin(now);
    if (this.bundle.moment && !this.met.method) this.met = { method: "deadline", off: 0 };
    this.relative ||= this.bundle.beside; // from here on: it goes on at once
  }

  get over(): boolean { return this.next >= this.list.length; }
  get number(): number { return this.recovers ? this.bundle.commands.length + this.next : this.next; }
  get unstarted(): boolean { return !this.last; }

  ran(at: number): void {
    this.last = { command: this.list[this.next]!, due: this.due, ran: at };
    this.skip();
  }

  /** skip goes on to the command after the next one. Instants add up from the start, so that nothing drifts. */
  skip(): void {
    this.next++;
    this.since = this.due;
    this.due += this.list[this.next]?.after ?? 0;
  }

  follow(now: number): void {
    const back = this.since - now;
    if (!this.relative || back <= 0) return;
    this.since -= back;
    this.due -= back;
  }

  late(now: number, due = this.due): boolean { return now - due > this.bundle.tolerance; }

  /** tooLate tells, before the start, whether it is too late for anything. */
  tooLate(now: number): boolean {
    if (this.relative || this.bundle.late === 1) return false;
    if (this.bundle.late === 0) return this.late(now);
    return this.late(now, this.list.reduce((at, c) => at + c.after, this.start));
  }

  aboutNext(outcome: Outcome, text: string, ran = 0): Omit<End, "bound"> {
    return { t: "end", id: this.bundle.id, outcome, command: this.list[this.next], due: this.due, ran, text, ...this.met };
  }

  aboutLast(outcome: Outcome, text: string): Omit<End, "bound"> {
    return this.last ? { t: "end", id: this.bundle.id, outcome, ...this.last, text, ...this.met } : this.aboutNext(outcome, text);
  }
}

/** Scheduler runs the bundles of one device. After each input, take what next gives; call tick at wake. */
export class Scheduler {
  private readonly events: (Run | End)[] = [];
  private readonly known = new Set<string>();
  private readonly over: string[] = []; // those that are known and have come to their end, the oldest first
  private readonly waiting: Sequence[] = [];
  private readonly recoveries: Sequence[] = [];
  private running: Sequence | undefined;
  private beside: Sequence | undefined; // runs beside it, without a pause
  private busy: Sequence | undefined;
  private last = 0;
  private bound = 0;

  constructor(private readonly knows: (command: string) => boolean) {}

  next(): Run | End | undefined { return this.events.shift(); }

  /** add hands in a bundle that has arrived. One whose id is known is ignored; what it returns tells whether it was not. */
  add(now: number, b: Bundle): boolean {
    if (this.known.has(b.id)) return false;
    this.known.add(b.id);
    const w = new Sequence(b, b.commands, false, now);
    const unknown = [...b.commands, ...b.recovery].find((c) => !this.knows(c.name));
    if (unknown) this.end({ ...w.aboutNext("unknown", `The device has no command ${unknown.name}.`), command: unknown, due: 0 });
    else if (this.waiting.length === maxWaiting) this.end(w.aboutNext("refused", "Too many bundles wait on the device."));
    else this.enqueue(w);
    return true;
  }

  /** wake is the instant at which tick has something to do; it may be past. 0: only an input can change anything. */
  get wake(): number {
    if (this.busy) return 0;
    const at = [this.waiting[0]?.start, this.running?.due, this.recoveries[0]?.due, this.beside?.due].filter((t) => t !== undefined);
    return at.length ? Math.min(...at) : 0;
  }

  /** moment tells that a moment has come, or had already come, how that was found, and by how much its frame was before now. What waits for it starts with the next tick, unless its deadline has passed. */
  moment(now: number, m: Moment, met: Met): void {
    for (const w of this.waiting.filter((q) => q.start > now && !q.relative && q.bundle.moment && isSame(q.bundle.moment, m))) {
      this.waiting.splice(this.waiting.indexOf(w), 1);
      w.meet(now, met);
      this.enqueue(w);
    }
  }

  /** tick does what is due. bound is by how much now may be wrong. */
  tick(now: number, bound: number): void {
    this.bound = bound;
    this.follow(now);
    while (!this.busy && this.step(now));
  }

  /** ran tells that a command has run, at an instant, and how: failure is empty if it did not fail. tick comes next. */
  ran(id: string, n: number, at: number, failure: string): void {
    const q = this.busy;
    if (!q || q.bundle.id !== id || q.number !== n) return;
    this.busy = undefined;
    if (failure && !q.recovers) {
      this.stop(q, q.aboutNext("failed", failure, at));
      this.recover(q.bundle, at);
      return;
    }
    q.ran(at);
    this.conclude(q);
  }

  private enqueue(w: Sequence): void {
    let i = this.waiting.length;
    while (i > 0 && this.waiting[i - 1]!.start > w.start) i--;
    this.waiting.splice(i, 0, w);
  }

  private follow(now: number): void {
    this.last = Math.min(this.last, now);
    this.running?.follow(now);
    this.recoveries[0]?.follow(now);
    this.beside?.follow(now);
    for (const w of this.waiting.filter((q) => q.relative && q.start > now)) {
      this.waiting.splice(this.waiting.indexOf(w), 1);
      w.start = now;
      this.enqueue(w);
    }
  }

  /** step does what is due first, and tells whether there was something. At one instant, recovery comes before starts, and those before the commands of what they replace, or run beside. */
  private step(now: number): boolean {
    const w = this.waiting[0] && this.waiting[0].start <= now ? this.waiting[0] : undefined;
    const flaw = w && this.flaw(w, now);
    const due = this.running && this.running.due <= now ? this.running : undefined;
    const r = this.recoveries[0];
    if (r && (r.due <= now || due || this.beside || this.recoveries.length > 1 || (w && !flaw))) this.launch(r);
    else if (this.beside) this.launch(this.beside);
    else if (due && (!w || due.due < w.start)) this.command(due, now);
    else if (w) this.take(w, flaw, now);
    else return false;
    return true;
  }

  /** flaw is why a bundle whose start has come does not start. */
  private flaw(w: Sequence, now: number): [Outcome, string] | undefined {
    const b = w.bundle;
    if (b.expires && now > b.expires) return ["expired", "The bundle had expired when it came."];
    if (!w.relative && !b.beside && w.start < this.last) return ["replaced", "A bundle that was to start later has started already."];
    if (b.maxBound && this.bound > b.maxBound && !w.met.method) return ["refused", "The device's clock is not exact enough for the bundle."];
    if (w.tooLate(now)) return ["late", "The bundle came too late."];
    return undefined;
  }

  private take(w: Sequence, flaw: [Outcome, string] | undefined, now: number): void {
    this.waiting.shift();
    if (!flaw) return this.start(w, now);
    this.end(w.aboutNext(...flaw));
    if (!this.running && (flaw[0] === "late" || flaw[0] === "refused")) this.recover(w.bundle, now);
  }

  /** start lets a bundle take over, or run beside. */
  private start(w: Sequence, now: number): void {
    if (w.bundle.beside) {
      w.open(now);
      this.beside = w;
      return this.conclude(w);
    }
    const q = this.running;
    if (q) {
      this.stop(q, q.aboutLast("replaced", "Another bundle took over."));
      this.recover(q.bundle, now);
    }
    this.last = Math.max(this.last, w.start);
    w.open(now);
    this.running = w;
    this.conclude(w);
  }

  private command(q: Sequence, now: number): void {
    if (q.bundle.late === 1 || !q.late(now)) return this.launch(q);
    if (q.bundle.late === 0) return this.miss(q, now);
    q.missed = true;
    if (q.unstarted && q.next === q.list.length - 1) return this.miss(q, now);
    q.skip();
    this.conclude(q);
  }

  private miss(q: Sequence, now: number): void {
    this.stop(q, q.aboutNext("late", "The device came too late to this command."));
    this.recover(q.bundle, now);
  }

  private launch(q: Sequence): void {
    this.busy = q;
    this.events.push({ t: "run", id: q.bundle.id, command: q.list[q.next]!, n: q.number, due: q.due, recovery: q.recovers, ...q.met });
  }

  private conclude(q: Sequence): void {
    if (!q.over) return;
    if (q.recovers) this.recoveries.shift();
    else this.stop(q, q.aboutLast("done", q.missed ? "Some commands were too late, and were left out." : ""));
  }

  private stop(q: Sequence, e: Omit<End, "bound">): void {
    if (q === this.beside) this.beside = undefined;
    else this.running = undefined;
    this.end(e);
  }

  /** end tells it, and remembers the id in the place of the oldest one. What still waits is known anyway, however long it does. */
  private end(e: Omit<End, "bound">): void {
    this.events.push({ ...e, bound: this.bound });
    if (this.over.length === maxKnown) this.known.delete(this.over.shift()!);
    this.over.push(e.id);
  }

  private recover(b: Bundle, now: number): void {
    if (b.recovery.length) this.recoveries.push(new Sequence(b, b.recovery, true, now));
  }
}
