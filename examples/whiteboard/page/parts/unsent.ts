// Changes that the server hasn't confirmed, kept in the browser so that they outlive the page. Each page keeps its own under a name and holds a lock of that
// name; who gets that lock later takes over what a page has left behind.
import { type Change, newID } from "./element.ts";

const database = "wab whiteboard", store = "unsent";

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class Unsent {
  private readonly prefix: string;
  private readonly key: string;
  private db: Promise<IDBDatabase> | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private kept = false;

  constructor(owner: string, board: string, private readonly open: () => Change[]) {
    this.prefix = `${owner} ${board} `;
    this.key = this.prefix + newID();
    void navigator.locks?.request(`unsent ${this.key}`, () => new Promise(() => undefined)).catch(() => undefined);
    addEventListener("pagehide", () => void this.save());
  }

  /** changed keeps what is open, a little later: most changes are confirmed before. */
  changed(): void {
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => void this.save(), 200);
  }

  /** adopt hands over what earlier pages left, as soon as each is gone. */
  async adopt(take: (changes: Change[]) => void): Promise<void> {
    if (!navigator.locks) return;
    try {
      const keys = await done((await this.files("readonly")).getAllKeys(IDBKeyRange.bound(this.prefix, `${this.prefix}\uffff`)));
      for (const key of keys) {
        if (key === this.key) continue;
        void navigator.locks.request(`unsent ${String(key)}`, async () => {
          const changes = (await done((await this.files("readonly")).get(key))) as Change[] | undefined;
          if (!changes) return;
          take(changes);
          await this.save();
          await done((await this.files("readwrite")).delete(key));
        });
      }
    } catch {
      // no storage: nothing was left there either
    }
  }

  private async save(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const changes = this.open();
    if (changes.length === 0 && !this.kept) return;
    try {
      const files = await this.files("readwrite");
      await (changes.length > 0 ? done(files.put(changes, this.key)) : done(files.delete(this.key)));
      this.kept = changes.length > 0;
    } catch {
      // a full or forbidden storage: they live as long as the page
    }
  }

  private async files(mode: IDBTransactionMode): Promise<IDBObjectStore> {
    this.db ??= openDatabase();
    return (await this.db).transaction(store, mode).objectStore(store);
  }
}

function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(database, 1);
  request.onupgradeneeded = () => void request.result.createObjectStore(store);
  return done(request);
}
