import type { Line } from "./line.ts";
import type { Status } from "./protocol.ts";
import type { Tab } from "./tab.ts";

/** Seat is one session of a tab on a line. */
export class Seat {
  open = false; // on the present connection
  everOpen = false;
  timed = false; // follows the clock
  readonly calls = new Map<number, number>(); // request → the tab's number for the call
  private told = "";

  constructor(readonly tab: Tab, readonly s: number, readonly line: Line, readonly ch: number, readonly name: string, readonly renews: boolean) {}

  /** tell passes a status on, unless the tab knows it. */
  tell(status: Status): void {
    const told = JSON.stringify(status);
    if (told === this.told) return;
    this.told = told;
    this.tab.post({ t: "status", s: this.s, name: this.name, status });
  }
}
