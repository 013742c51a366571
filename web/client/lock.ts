/** Web Locks tell that a page or a worker has ended, however it ended: a lock falls with who holds it. */

/** holdLock takes a lock for as long as the page or worker lives. It rejects where locks can't be had: insecure, sandboxed, or an old browser. */
export async function holdLock(name: string, held: () => void): Promise<void> {
  await navigator.locks.request(name, () => (held(), new Promise<void>(() => {})));
}

/** whenReleased calls back when nobody holds the lock any more; never where locks can't be had. */
export function whenReleased(name: string, f: () => void): void {
  void navigator.locks?.request(name, f).catch(() => {});
}

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

/** randomText makes n characters of 5 random bits each, fit for a label. */
export function randomText(n: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(n)), (b) => alphabet[b & 31]).join("");
}
