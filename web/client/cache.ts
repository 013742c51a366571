/**
 * Replicas of maps in IndexedDB: batches as the core told them, one behind the other, beside the (epoch, version) that they lead to, always
 * in one transaction. Nothing here repairs: what is unreadable or full rejects, and whoever called goes on without a cache.
 */

/** Kept is what the cache holds of a map. */
export interface Kept {
  readonly epoch: number;
  readonly version: number;
  readonly batches: Uint8Array[];
}

/** Step is what to add to a map in the cache; without from it replaces all there is. */
export interface Step extends Kept {
  readonly map: string;
  readonly from: Pick<Kept, "epoch" | "version"> | undefined;
}

/** Head stands beside the rows of a map. */
interface Head {
  readonly epoch: number;
  readonly version: number;
  readonly next: number; // the next row's number
  readonly base: number; // bytes that the first row had, and all rows have
  readonly size: number;
}

/** Rows behind the first may grow to this many bytes, or to twice the first, before one is to replace them all. */
const slack = 256 << 10;

export class Cache {
  private constructor(private readonly db: IDBDatabase) {
    db.onversionchange = () => db.close(); // somebody erases it
  }

  static async open(idb: IDBFactory, name: string): Promise<Cache> {
    const request = idb.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("heads");
      request.result.createObjectStore("rows");
    };
    return new Cache(await done(request));
  }

  async load(map: string): Promise<Kept | undefined> {
    const tx = this.db.transaction(["heads", "rows"]);
    const [head, rows] = await Promise.all([headOf(tx, map), done(tx.objectStore("rows").getAll(rowsOf(map)))]);
    const batches = (rows as unknown[]).flat();
    return head && isWhole(head, batches) ? { epoch: head.epoch, version: head.version, batches } : undefined;
  }

  /** write does all steps or none, and returns the maps that want to be replaced: their rows are too long, or not from where the step goes on. */
  async write(steps: readonly Step[]): Promise<string[]> {
    const tx = this.db.transaction(["heads", "rows"], "readwrite");
    const ended = completion(tx);
    const wanting = await Promise.all(steps.map((s) => writeStep(tx, s)));
    await ended;
    return steps.flatMap((s, i) => (wanting[i] ? [s.map] : []));
  }

  async erase(map: string): Promise<void> {
    const tx = this.db.transaction(["heads", "rows"], "readwrite");
    tx.objectStore("heads").delete(map);
    tx.objectStore("rows").delete(rowsOf(map));
    await completion(tx);
  }

  close(): void {
    this.db.close();
  }
}

/** eraseCaches deletes the databases whose names begin so. A browser that can't list them deletes those it is told of. */
export async function eraseCaches(idb: IDBFactory, prefix: string, known: readonly string[]): Promise<void> {
  const listed = await idb.databases?.().catch(() => []);
  const names = new Set([...(listed ?? []).map((d) => d.name ?? ""), ...known]);
  await Promise.all([...names].filter((n) => n.startsWith(prefix)).map((n) => done(idb.deleteDatabase(n))));
}

/** isWhole tells whether what stands there is what was written. Whether the bytes make sense is for the core to see. */
function isWhole({ epoch, version, size }: Head, batches: unknown[]): batches is Uint8Array[] {
  if (![epoch, version].every((n) => Number.isSafeInteger(n) && n >= 0)) return false;
  return batches.every((b) => b instanceof Uint8Array) && size === bytesOf(batches);
}

const bytesOf = (batches: readonly Uint8Array[]): number => batches.reduce((n, b) => n + b.length, 0);

async function writeStep(tx: IDBTransaction, s: Step): Promise<boolean> {
  const old = s.from && (await headOf(tx, s.map));
  if (s.from && (old?.epoch !== s.from.epoch || old.version !== s.from.version)) return true;
  const rows = tx.objectStore("rows");
  if (!s.from) rows.delete(rowsOf(s.map));
  const bytes = bytesOf(s.batches);
  const { next, base, size } = old ?? { next: 0, base: bytes, size: 0 };
  rows.put(s.batches, [s.map, next]);
  tx.objectStore("heads").put({ epoch: s.epoch, version: s.version, next: next + 1, base, size: size + bytes } satisfies Head, s.map);
  return size + bytes > base + Math.max(slack, 2 * base);
}

async function headOf(tx: IDBTransaction, map: string): Promise<Head | undefined> {
  return (await done(tx.objectStore("heads").get(map))) as Head | undefined;
}

/** rowsOf are all keys [map, n]: arrays come after numbers. */
const rowsOf = (map: string): IDBKeyRange => IDBKeyRange.bound([map], [map, []]);

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function completion(tx: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onerror = tx.onabort = () => reject(tx.error);
  });
}
