// Undo and redo of one's own changes. What others did meanwhile stays: only the fields that the change itself set go back, and only those that still are as it
// set them.
import { type Change, type Element, keys, same, sameField } from "./element.ts";

interface Step {
  id: string;
  before: Element | null;
  after: Element | null;
}

/** Act is what one gesture did. */
export type Act = readonly Step[];

const most = 200;

export class History {
  private done: Act[] = [];
  private undone: Act[] = [];

  get canUndo(): boolean {
    return this.done.length > 0;
  }

  get canRedo(): boolean {
    return this.undone.length > 0;
  }

  /** record remembers an act. What it did not change is left out. */
  record(act: Act): void {
    const real = act.filter((s) => !same(s.before, s.after));
    if (real.length === 0) return;
    this.done.push(real);
    if (this.done.length > most) this.done.shift();
    this.undone = [];
  }

  /** undo is what takes the last act back, given how elements are now; undefined if there is none. */
  undo(now: (id: string) => Element | undefined): Change[] | undefined {
    return this.shift(this.done, this.undone, now, (s) => [s.after, s.before]);
  }

  redo(now: (id: string) => Element | undefined): Change[] | undefined {
    return this.shift(this.undone, this.done, now, (s) => [s.before, s.after]);
  }

  /** shift goes back until something is left to do: what others have undone needs no undoing. */
  private shift(from: Act[], to: Act[], now: (id: string) => Element | undefined, way: (s: Step) => [Element | null, Element | null]): Change[] | undefined {
    for (let act = from.pop(); act; act = from.pop()) {
      to.push(act);
      const changes = act.flatMap((s) => inverse(s.id, ...way(s), now(s.id)));
      if (changes.length > 0) return changes;
    }
    return undefined;
  }
}

function inverse(id: string, from: Element | null, to: Element | null, now: Element | undefined): Change[] {
  if (!from) return now ? [] : [{ id, element: to }]; // bring back what was deleted, unless it is back
  if (!to) return now ? [{ id, element: null }] : [];
  if (!now) return []; // somebody deleted it
  const element = { ...now } as Record<string, unknown>;
  for (const k of keys) if (!sameField(from[k], to[k]) && sameField(now[k], from[k])) element[k] = to[k];
  const next = element as unknown as Element;
  return same(now, next) ? [] : [{ id, element: next }];
}
