/** Timers for what is to happen on time, also in a tab that nobody looks at: browsers let a page's own timers wait there for seconds, and a worker's not. */

export interface Alarm {
  /** ms, rising. */
  now(): number;
  /** after calls f in so many ms, and returns what cancels it. */
  after(ms: number, f: () => void): () => void;
  /** Timers are late by less than this, in ms. */
  readonly near: number;
  /** until resolves in so many ms, no more than near, to the point. */
  until(ms: number): Promise<void>;
  end(): void;
}

/** What the worker runs: it sends back numbers, each when its time has come. */
const script = "onmessage=({data:[n,ms]})=>setTimeout(()=>postMessage(n),ms)";

/** alarm makes one with a worker, or with the page's own timers where workers are forbidden. */
export function alarm(): Alarm {
  return new PageAlarm(timerWorker());
}

function timerWorker(): Worker | undefined {
  try {
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    return new Worker(url);
  } catch {
    return undefined;
  }
}

class PageAlarm implements Alarm {
  readonly near = 5;
  private readonly waiting = new Map<number, () => void>();
  private last = 0;

  constructor(private worker: Worker | undefined) {
    if (!worker) return;
    worker.onmessage = ({ data }) => this.ring(data as number);
    worker.onerror = () => this.fall();
  }

  now(): number { return performance.now(); }

  after(ms: number, f: () => void): () => void {
    const n = ++this.last;
    this.waiting.set(n, f);
    if (this.worker) this.worker.postMessage([n, ms]);
    else setTimeout(() => this.ring(n), ms);
    return () => void this.waiting.delete(n);
  }

  /** until goes round the event loop: nothing else is exact. */
  until(ms: number): Promise<void> {
    const end = performance.now() + ms;
    const { port1, port2 } = new MessageChannel();
    return new Promise((resolve) => {
      port1.onmessage = () => {
        if (performance.now() < end) return port2.postMessage(0);
        port1.close();
        resolve();
      };
      port2.postMessage(0);
    });
  }

  end(): void {
    this.waiting.clear();
    this.worker?.terminate();
  }

  private ring(n: number): void {
    const f = this.waiting.get(n);
    this.waiting.delete(n);
    f?.();
  }

  /** fall goes on without the worker, which a page's policy may forbid: what waits is looked at anew. */
  private fall(): void {
    this.worker = undefined;
    for (const n of [...this.waiting.keys()]) this.ring(n);
  }
}
