/** When listeners hear of changes: with the next animation frame, or after a moment where there is none, as in hidden tabs. */

/** A hidden tab waits this long, in ms. */
const longest = 100;

const waiting = new Set<() => void>();

/** onBeat calls f once, with all others that wait. */
export function onBeat(f: () => void): void {
  waiting.add(f);
  if (waiting.size > 1) return;
  const frame = typeof requestAnimationFrame === "function" ? requestAnimationFrame(beat) : 0;
  const timer = setTimeout(beat, longest);
  function beat(): void {
    if (frame) cancelAnimationFrame(frame);
    clearTimeout(timer);
    const all = [...waiting];
    waiting.clear();
    for (const f of all) f();
  }
}
