/** The server's time in a page. The worker compares its clock with the server's; this is about the way from the page's clock to the worker's. */
import type { Background } from "./background.ts";
import { Listeners } from "./listeners.ts";
import type { AboutClock, Reading } from "./protocol.ts";

/** How fast two clocks may come apart, in parts of one: package clocksync's MaxDrift. */
const wander = 100e-6;

/** Where a better estimate says that it is earlier, the clock stands still until it is; where that would take longer, in µs, it goes back. */
const patience = 1_000_000;

/** Way is how the worker's clock was to the page's, µs, and by how much that may be wrong: half of the way there and back. */
interface Way {
  readonly shift: number;
  readonly bound: number;
}

/** A way this good is good enough, in µs; a worse one is measured so often in a row. */
const goodWay = 100;
const tries = 8;

/** The way is measured again with the next reading after so long, in µs: a page or its computer may have slept. */
const measureEvery = 60_000_000;

/** The clock of the day may be put right slowly, by this part of the time; and by more than that only so much at once, in µs. */
const slewing = 500e-6;
const nudge = 250_000;

/** Whoever looks while nothing is known after a sleep has the server asked again, this often at most, in µs: it is asked no more than once a second. */
const askEvery = 1_100_000;

/** pageNow is the page's clock in µs. Unlike Date.now it has fractions of a millisecond, and nobody can set it. */
export const pageNow = (): number => (performance.timeOrigin + performance.now()) * 1000;

/** Clock is a session's view of the server's clock. Instants are in ms since 1970 with fractions, as Date.now() would give them there. */
export class Clock {
  /** synchronised resolves when the first few comparisons are in. More make it finer. */
  readonly synchronised: Promise<void>;
  private readonly listeners = new Listeners<[Clock]>();
  private reading: Reading | undefined;
  private way: Way | undefined;
  private measured = 0; // page's time of the last measurement
  private left = tries;
  private latest = -Infinity;
  private looked: { page: number; apart: number } | undefined;
  private doubtful: number | undefined; // the worker's time when the computer was found to have slept
  private resolve!: () => void;

  constructor(private readonly background: Background, private readonly s: number, private readonly page = pageNow, private readonly wall = (): number => Date.now() * 1000) {
    this.synchronised = new Promise((resolve) => (this.resolve = resolve));
    this.measure();
  }

  /** now is the server's time. It doesn't go back, unless a clock was set. Before anything is known it is the page's. */
  now(): number {
    this.look();
    const t = this.server(this.page());
    if (t >= this.latest || this.latest - t > patience) this.latest = t;
    return this.latest / 1000;
  }

  /** bound is by how many ms now() can be wrong at most: Infinity before anything is known, and after a sleep of the computer until the server has answered. */
  get bound(): number {
    this.look();
    if (!this.reading || !this.way || this.doubtful !== undefined) return Infinity;
    const page = this.page();
    const stands = Math.max(0, this.latest - this.server(page));
    const age = Math.abs(page + this.way.shift - this.reading.local);
    return (this.reading.bound + age * wander + this.way.bound + (stands > patience ? 0 : stands)) / 1000;
  }

  /** offset is the server's clock minus the page's (performance.timeOrigin + performance.now()), in ms. */
  get offset(): number {
    const page = this.page();
    return (this.server(page) - page) / 1000;
  }

  /** drift is how much faster the server's clock is, in millionths. */
  get drift(): number {
    return (this.reading?.drift ?? 0) * 1e6;
  }

  /** on hears of every new estimate, and returns what removes the listener. */
  on(_event: "change", listener: (clock: Clock) => void): () => void {
    return this.listeners.add(listener);
  }

  /** receive takes the worker's word. */
  receive({ asked, at, reading }: AboutClock): void {
    const page = this.page();
    if (asked !== undefined) this.relate({ shift: at - (asked + page) / 2, bound: (page - asked) / 2 });
    else if (Math.abs(page - this.measured) > measureEvery) this.again(tries);
    if (!reading) return;
    this.reading = reading;
    if (this.doubtful !== undefined && reading.local > this.doubtful) this.doubtful = undefined;
    if (!this.way) return;
    if (reading.settled) this.resolve();
    this.listeners.tell(this);
  }

  /** relate keeps the best way, unless another one proves that it is not what it was. */
  private relate(way: Way): void {
    const grain = 1000; // some browsers' clocks have such steps
    if (!this.way || way.bound <= this.way.bound || Math.abs(way.shift - this.way.shift) > way.bound + this.way.bound + grain) this.way = way;
    if (this.way.bound > goodWay) this.again(this.left - 1);
  }

  private again(left: number): void {
    this.left = left;
    if (left > 0) this.measure();
  }

  private measure(): void {
    this.measured = this.page();
    this.background.post({ t: "clock", s: this.s, sent: this.measured });
  }

  /** look doubts what is known when the clock of the day has gone on in a sleep, in which the page's may stand still. That it was set looks the same. */
  private look(): void {
    const page = this.page(), apart = this.wall() - page;
    const slept = this.looked && Math.abs(apart - this.looked.apart) > nudge + Math.abs(page - this.looked.page) * slewing;
    this.looked = { page, apart };
    if (slept && this.way) this.doubtful = page + this.way.shift;
    else if (this.doubtful === undefined || page - this.measured < askEvery) return;
    this.measure();
  }

  /** server is the server's time at an instant of the page, both in µs. */
  private server(page: number): number {
    if (!this.reading || !this.way) return page;
    const { local, server, drift } = this.reading;
    const passed = page + this.way.shift - local;
    return server + passed + passed * drift;
  }
}
