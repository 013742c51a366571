/** What to do when media stop coming, or never come: wait a moment, look for another path (an ICE restart), and at last come in anew. */

/** Timers are those of the platform, or of a test. */
export interface Timers {
  set(f: () => void, ms: number): unknown;
  clear(timer: unknown): void;
}

export const realTimers: Timers = { set: (f, ms) => setTimeout(f, ms), clear: (t) => clearTimeout(t as number) };

/** A path that is only disturbed often comes back by itself within this time, ms. */
export const patience = 3_000;
/** A restart that has not helped after this time, ms, will not. */
export const lastChance = 10_000;
/**
 * A first connection that is not there after this time, ms, will not come: the server waits no longer. Browsers don't tell: one that gathers no candidate at all, as where its
 * relay doesn't answer, stays "new".
 */
export const firstChance = 30_000;

export interface PathEvents {
  restart(): void;
  rejoin(): void;
}

export class Path {
  private timer: unknown;
  private state: RTCPeerConnectionState = "new";
  private live = true;
  private restarted = false;

  constructor(private readonly events: PathEvents, private readonly timers: Timers) {
    this.begin();
  }

  /** turn hears the connection's state. */
  turn(state: RTCPeerConnectionState): void {
    const before = this.state;
    this.state = state;
    if (state === "connected") this.rest();
    else if (state === "failed") this.restart();
    else if (state === "disconnected" && before !== state && !this.restarted) this.wait(patience, () => this.restart());
  }

  /** line hears whether signals pass: without them nothing can be done, and waiting counts for nothing. */
  line(live: boolean): void {
    const back = live && !this.live;
    this.live = live;
    if (!live) this.stop();
    else if (back && this.troubled) this.restart();
    else if (back && this.state !== "connected") this.begin();
  }

  close(): void {
    this.stop();
    this.state = "closed";
  }

  private get troubled(): boolean {
    return this.state === "failed" || this.state === "disconnected" || this.restarted;
  }

  private begin(): void {
    this.wait(firstChance, () => this.events.rejoin());
  }

  private restart(): void {
    if (!this.live) return;
    if (!this.restarted || this.timer === undefined) this.wait(lastChance, () => this.events.rejoin());
    this.restarted = true;
    this.events.restart();
  }

  private rest(): void {
    this.stop();
    this.restarted = false;
  }

  private wait(ms: number, f: () => void): void {
    this.stop();
    this.timer = this.timers.set(() => {
      this.timer = undefined;
      f();
    }, ms);
  }

  private stop(): void {
    this.timers.clear(this.timer);
    this.timer = undefined;
  }
}
