/** Listeners are the functions that hear of one event. */
export class Listeners<A extends unknown[]> {
  private readonly all = new Set<(...args: A) => void>();

  get any(): boolean {
    return this.all.size > 0;
  }

  /** add returns what removes it again. */
  add(f: (...args: A) => void): () => void {
    this.all.add(f);
    return () => void this.all.delete(f);
  }

  /** tell calls each; what one throws is the page's error, and keeps the others from nothing. */
  tell(...args: A): void {
    for (const f of [...this.all]) {
      try {
        f(...args);
      } catch (e) {
        queueMicrotask(() => { throw e; });
      }
    }
  }
}
