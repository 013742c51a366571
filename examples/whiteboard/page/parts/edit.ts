// One gesture's changes: shown and sent as they come, remembered as one step of undo, or taken back.
import type { Board } from "./board.ts";
import type { Change, Element } from "./element.ts";
import type { History } from "./undo.ts";

export class Edit {
  private readonly before = new Map<string, Element | null>();

  constructor(
    private readonly board: Board,
    private readonly history: History,
    private readonly put: (changes: Change[]) => void,
  ) {}

  /** set changes elements; null deletes one. */
  set(changes: Change[]): void {
    for (const { id } of changes) if (!this.before.has(id)) this.before.set(id, this.board.get(id) ?? null);
    this.put(changes);
  }

  /** original is an element as it was when the gesture began. */
  original(id: string): Element | undefined {
    return (this.before.has(id) ? this.before.get(id) : this.board.get(id)) ?? undefined;
  }

  commit(): void {
    this.history.record([...this.before].map(([id, before]) => ({ id, before, after: this.board.get(id) ?? null })));
    this.before.clear();
  }

  cancel(): void {
    const changes = [...this.before].map(([id, element]) => ({ id, element }));
    this.before.clear();
    if (changes.length > 0) this.put(changes);
  }
}
