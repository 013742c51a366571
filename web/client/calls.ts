/** The calls of one line. Each belongs to one page: two pages in a room are two members. */
import { MapState, type Reason } from "./core.ts";
import type { Surroundings } from "./mirror.ts";
import type { CallState, OpenCall } from "./protocol.ts";
import type { Tab } from "./tab.ts";

const names: readonly CallState[] = ["opening", "live", "stale", "ended"];

/** A line has at most this many calls, so that a page can't flood the core with them. How many the server takes, it tells itself. */
const most = 64;

const tooMany: Reason = { code: "quota", message: "Too many calls are open here. Close one first." };

/** Caller is one page's call. */
export class Caller {
  id = 0; // the core's number
  openings = 0;

  constructor(readonly tab: Tab, readonly s: number) {}

  state(state: CallState, reason?: Reason): void {
    this.tab.post({ t: "callState", s: this.s, state, ...(reason && { reason }) });
    if (state === "ended") this.tab.loseCall(this.s);
  }

  opened(resumed: boolean, member: string, payload: Uint8Array<ArrayBuffer>): void {
    this.tab.post({ t: "callOpened", s: this.s, n: ++this.openings, resumed, member, payload }, [payload.buffer]);
  }

  signal(payload: Uint8Array<ArrayBuffer>): void {
    this.tab.post({ t: "callSignal", s: this.s, payload }, [payload.buffer]);
  }
}

export class Calls {
  private readonly callers = new Map<number, Caller>();
  private readonly doomed = new Set<number>(); // taken away, and still open in the core

  constructor(private readonly at: Surroundings) {}

  get any(): boolean {
    return this.callers.size > 0;
  }

  /** open enters a room, and tells whether it may. */
  open({ room, hello }: OpenCall, caller: Caller): boolean {
    if (this.callers.size === most) {
      caller.state("ended", tooMany);
      return false;
    }
    caller.id = this.at.core.openCall(this.at.link, room, hello);
    this.callers.set(caller.id, caller);
    return true;
  }

  hello(caller: Caller, hello: Uint8Array): void {
    this.at.core.helloCall(this.at.link, caller.id, hello);
  }

  /**
   * send says something, which is lost while the call is not live: what the page doesn't know yet, it will be told. So it is where the call has been
   * cut and opened again since: an answer to the old member would be taken for the new one's.
   */
  send(caller: Caller, n: number, payload: Uint8Array): void {
    if (n === caller.openings) this.at.core.sendCall(this.at.link, caller.id, payload);
  }

  leave(caller: Caller): void {
    if (this.callers.delete(caller.id)) this.at.core.closeCall(this.at.link, caller.id);
  }

  /** closeAll is for the end of the line, which closes them in the core. */
  closeAll(): void {
    this.callers.clear();
  }

  /** endAll takes every call away. The core may be telling something right now, and is asked to forget them later. */
  endAll(reason: Reason): void {
    for (const [id, caller] of [...this.callers]) {
      this.callers.delete(id);
      this.doomed.add(id);
      caller.state("ended", reason);
    }
    this.at.env.after(0, () => this.bury());
  }

  private bury(): void {
    for (const id of this.doomed) this.at.core.closeCall(this.at.link, id);
    this.doomed.clear();
  }

  // What the core tells.

  state(id: number, state: number, reason: Reason | undefined): void {
    const caller = this.callers.get(id);
    if (state === MapState.ended) this.callers.delete(id);
    caller?.state(names[state]!, reason);
  }

  opened(id: number, resumed: boolean, member: string, payload: Uint8Array): void {
    this.callers.get(id)?.opened(resumed, member, payload.slice() as Uint8Array<ArrayBuffer>);
  }

  signal(id: number, payload: Uint8Array): void {
    this.callers.get(id)?.signal(payload.slice() as Uint8Array<ArrayBuffer>);
  }
}
