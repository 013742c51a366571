/** Who looks at a map: a tab's view of it, or the archive's keeper. */
import { MapState, type Reason } from "./core.ts";
import type { AboutMap, MapState as Shown } from "./protocol.ts";
import { slices } from "./slices.ts";
import type { Tab } from "./tab.ts";

/** Batch is one of the core's. */
export interface Batch {
  readonly reset: boolean;
  readonly part: boolean;
  readonly epoch: number;
  readonly version: number;
  readonly batch: Uint8Array<ArrayBuffer>;
}

/** People is who came, changed or went. */
export interface People {
  readonly me: number; // the viewing tab's own number, 0 while it has none
  readonly reset: boolean;
  readonly people: Uint8Array<ArrayBuffer>;
}

/** View hears what the core tells of a map. The bytes of batches belong to all views. */
export interface View {
  /** Whose view it is: what a tab shows of itself is one thing, however many views it has. */
  readonly tab: object | undefined;
  state(state: number, reason: Reason | undefined): void;
  batch(b: Batch): void;
  people(p: People): void;
}

const names: { readonly [state: number]: Shown } = { [MapState.live]: "live", [MapState.stale]: "stale", [MapState.ended]: "ended" };

/** TabView is one page's view of a map. */
export class TabView implements View {
  constructor(readonly tab: Tab, private readonly s: number) {}

  state(state: number, reason: Reason | undefined): void {
    this.tell({ t: "mapState", s: this.s, state: names[state] ?? "opening", ...(reason && { reason }) });
    if (state === MapState.ended) this.tab.loseMap(this.s);
  }

  batch(b: Batch): void {
    const all = slices(b.batch);
    all.forEach((batch, i) => {
      const reset = b.reset && i === 0, part = b.part || i < all.length - 1;
      this.tell({ t: "mapBatch", s: this.s, ...b, reset, part, batch }, [batch.buffer]);
    });
  }

  people(p: People): void {
    this.tell({ t: "mapPeople", s: this.s, ...p }, [p.people.buffer]);
  }

  private tell(m: AboutMap, transfer: Transferable[] = []): void {
    this.tab.gather(m, transfer);
  }
}
