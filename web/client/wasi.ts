/**
 * As much of WASI preview 1 as the interpreter of methods wants: no files, no arguments, and a clock that only counts its readings, so that a
 * method depends on nothing but its map. See wasm/methods/doc.go.
 */

/** Exit is thrown when the module ends itself. */
export class Exit extends Error {
  constructor(readonly code: number) {
    super(`exit ${code}`);
  }
}

const badFile = 8;
const firstNanos = 1_000_000_000n, tick = 1_000n;
const text = new TextDecoder();

/**
 * wasi makes the imports. view is the module's memory as it is then; busy is called now and then, and may throw; say takes the runtime's last
 * words, a few at a time: after them it traps.
 */
export function wasi(view: () => DataView, busy: () => void, say: (words: string) => void): WebAssembly.ModuleImports {
  let nanos = firstNanos - tick;
  const zero = (...at: number[]): number => (at.forEach((p) => view().setUint32(p, 0, true)), 0);
  const known: WebAssembly.ModuleImports = {
    args_sizes_get: zero,
    environ_sizes_get: zero,
    args_get: () => 0,
    environ_get: () => 0,
    clock_time_get: (_id: number, _precision: bigint, p: number) => {
      busy();
      nanos += tick;
      view().setBigUint64(p, nanos, true);
      return 0;
    },
    random_get: (p: number, n: number) => {
      const v = view();
      new Uint8Array(v.buffer, p >>> 0, n >>> 0).fill(0);
      return 0;
    },
    sched_yield: () => 0,
    poll_oneoff: (list: number, _out: number, n: number, events: number) => {
      nanos += view().getBigUint64(list + 24, true);
      view().setUint32(events, n, true);
      return 0;
    },
    fd_write: (_fd: number, iovs: number, n: number, written: number) => {
      const v = view();
      let sum = 0;
      for (let i = 0; i < n; i++) {
        const [p, size] = [v.getUint32(iovs + 8 * i, true), v.getUint32(iovs + 8 * i + 4, true)];
        say(text.decode(new Uint8Array(v.buffer, p, size)));
        sum += size;
      }
      v.setUint32(written, sum, true);
      return 0;
    },
    proc_exit: (code: number) => {
      throw new Exit(code);
    },
  };
  return new Proxy(known, { get: (of, name: string) => of[name] ?? (() => badFile) });
}
