/** The director's log: what it heard and said of late, from a state on. replay makes the decisions again. Pure. */
import { Director, type State } from "./director.ts";
import type { Event, Fired } from "./events.ts";

/** A log is cut anew after so many events; the part before is kept. */
const perPart = 5000;

type Line = { state: State } | Event | { fired: Fired };

export class Log {
  private parts: Line[][];

  constructor(private readonly director: Director) {
    this.parts = [[{ state: director.snapshot() }]];
  }

  /** take hands an event to the director, and writes both down. */
  take(e: Event): Fired[] {
    if (this.parts.at(-1)!.length >= perPart) this.parts = [this.parts.at(-1)!, [{ state: this.director.snapshot() }]];
    const fired = this.director.take(e), part = this.parts.at(-1)!;
    if (e.e !== "tick" || fired.length) part.push(e);
    for (const f of fired) part.push({ fired: f });
    return fired;
  }

  /** text has a line of JSON for each event. */
  text(): string {
    return this.parts.flat().map((l) => JSON.stringify(l)).join("\n");
  }
}

/** replay has a director hear a log, and returns what it says now and what was said then. */
export function replay(text: string): { now: Fired[]; then: Fired[] } {
  const now: Fired[] = [], then: Fired[] = [];
  let director = new Director();
  for (const line of text.split("\n").filter(Boolean).map((l) => JSON.parse(l) as Line)) {
    if ("state" in line) director = new Director(line.state);
    else if ("fired" in line) then.push(line.fired);
    else now.push(...director.take(line));
  }
  return { now, then };
}
