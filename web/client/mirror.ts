/** One map on a line: the core's replica of it, and who looks at it. */
import type { Archive, Keeper } from "./archive.ts";
import type { Kept } from "./cache.ts";
import { BatchFlag, type Core, MapState, type Reason } from "./core.ts";
import { Crowd } from "./crowd.ts";
import type { Env } from "./host.ts";
import type { View } from "./view.ts";

/** What a mirror needs of its line. */
export interface Surroundings {
  readonly env: Env;
  readonly core: Core;
  readonly link: number;
  archive(): Archive | undefined;
}

export class Mirror {
  readonly id: number;
  private readonly views = new Set<View>();
  private readonly crowd = new Crowd((seat, value) => this.show(seat, value));
  private readonly archive: Archive | undefined;
  private keeper: Keeper | undefined;
  private opened = false;
  private closed = false; // nothing is told any more
  private only: View | undefined; // a dump is for it alone

  constructor(private readonly at: Surroundings, readonly name: string) {
    this.id = at.core.newMap(at.link, name);
    this.archive = at.archive();
  }

  get over(): boolean {
    return this.closed;
  }

  get viewers(): number {
    return this.views.size;
  }

  /** open subscribes, with what the archive holds. */
  open(): void {
    if (this.archive) void this.archive.load(this.name).then((kept) => this.begin(kept));
    else this.begin(undefined);
  }

  join(view: View): void {
    this.views.add(view);
    if (this.opened) this.dump(view);
  }

  leave(view: View): void {
    this.views.delete(view);
    this.crowd.leave(view, ![...this.views].some((v) => v.tab === view.tab));
  }

  /** present shows a view's presence; no bytes withdraw it. */
  present(view: View, value: Uint8Array): void {
    this.crowd.set(view, value);
  }

  /** close ends all of it without a word. */
  close(): void {
    this.closed = true;
    if (this.keeper) this.archive?.leave(this.name);
    this.keeper = undefined;
    this.views.clear();
  }

  // What the core tells.

  state(state: number, reason: Reason | undefined): void {
    this.each((v) => v.state(state, reason));
  }

  changed(flags: number, epoch: number, version: number, bytes: Uint8Array): void {
    const [reset, part] = [(flags & BatchFlag.reset) !== 0, (flags & BatchFlag.part) !== 0];
    const batch = copy(bytes);
    this.each((v) => v.batch({ reset, part, epoch, version, batch }));
  }

  /** people tells who is here. first is the number of our first seat. */
  people(first: number, reset: boolean, bytes: Uint8Array): void {
    this.each((v) => {
      const seat = this.crowd.seatOf(v);
      v.people({ me: seat === undefined ? 0 : first + seat, reset, people: copy(bytes) });
    });
  }

  /** end takes the map away from everybody, the archive included. */
  end(reason: Reason | undefined): void {
    this.each((v) => v.state(MapState.ended, reason));
    this.close();
    this.archive?.erase(this.name);
  }

  private begin(kept: Kept | undefined): void {
    if (this.closed) return;
    const { core, link } = this.at;
    for (const b of kept?.batches ?? []) core.seedMap(link, this.id, b);
    this.keeper = this.archive?.keeper(this.name, kept, () => this.dump(this.keeper));
    this.opened = true;
    core.openMap(link, this.id, kept?.epoch ?? 0, kept?.version ?? 0);
    for (const v of this.views) this.dump(v);
    this.crowd.tellAll();
  }

  private show(seat: number, value: Uint8Array): void {
    if (this.opened && !this.closed) this.at.core.setPresence(this.at.link, this.id, seat, value);
  }

  /** dump tells a view all there is. */
  private dump(view: View | undefined): void {
    if (!view || this.closed) return;
    this.only = view;
    this.at.core.dumpMap(this.at.link, this.id);
    this.only = undefined;
  }

  private each(tell: (v: View) => void): void {
    if (this.only) return tell(this.only);
    for (const v of [...this.views]) tell(v);
    if (this.keeper) tell(this.keeper);
  }
}

const copy = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes.slice() as Uint8Array<ArrayBuffer>;
