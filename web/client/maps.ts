/** The maps of one line, each once however many pages look at it. */
import { MapState, type Reason } from "./core.ts";
import { Mirror, type Surroundings } from "./mirror.ts";
import type { View } from "./view.ts";

/** A map that nobody looks at is kept this long, in ms: pages come and go. */
const linger = 30_000;

export class Maps {
  private readonly mirrors = new Map<number, Mirror>();

  constructor(private readonly at: Surroundings) {}

  /** viewed tells whether anybody looks at a map here. */
  get viewed(): boolean {
    return [...this.mirrors.values()].some((m) => m.viewers > 0);
  }

  view(name: string, view: View): Mirror {
    let m = this.find(name);
    if (m?.over) this.close(m); // it has ended a moment ago: nothing of it is to be seen again
    if (!m || m.over) m = this.make(name);
    m.join(view);
    return m;
  }

  /** leave ends a view; the map is closed when nobody has come back to it for a while. */
  leave(m: Mirror, view: View): void {
    m.leave(view);
    if (m.viewers === 0) this.at.env.after(linger, () => m.viewers === 0 && this.close(m));
  }

  /** closeAll is for the end of the line, which closes them in the core. */
  closeAll(): void {
    for (const m of this.mirrors.values()) m.close();
    this.mirrors.clear();
  }

  /** endAll takes every map away. The core may be telling something right now, and is asked to forget them later. */
  endAll(reason: Reason): void {
    for (const m of this.mirrors.values()) {
      m.end(reason);
      this.at.env.after(0, () => this.close(m));
    }
  }

  // What the core tells.

  state(map: number, state: number, reason: Reason | undefined): void {
    const m = this.mirrors.get(map);
    if (state !== MapState.ended) return m?.state(state, reason);
    this.mirrors.delete(map);
    m?.end(reason);
  }

  changed(map: number, flags: number, epoch: number, version: number, batch: Uint8Array): void {
    this.mirrors.get(map)?.changed(flags, epoch, version, batch);
  }

  people(map: number, first: number, reset: boolean, people: Uint8Array): void {
    this.mirrors.get(map)?.people(first, reset, people);
  }

  private find(name: string): Mirror | undefined {
    return [...this.mirrors.values()].find((m) => m.name === name);
  }

  private make(name: string): Mirror {
    const m = new Mirror(this.at, name);
    this.mirrors.set(m.id, m);
    m.open();
    return m;
  }

  private close(m: Mirror): void {
    if (this.mirrors.get(m.id) !== m) return; // closed before; the number may be another's now
    this.mirrors.delete(m.id);
    m.close();
    this.at.core.closeMap(this.at.link, m.id);
  }
}
