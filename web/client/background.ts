/**
 * The page's way to the background worker. The sessions and maps of one page that act for one owner share one port.
 */
import { holdLock, randomText, whenReleased } from "./lock.ts";
import type { FromWorker, Port, Status, ToWorker } from "./protocol.ts";
import { beatEvery } from "./protocol.ts";

/** Candidate makes a port, and says later when nothing lives behind it. */
export type Candidate = (failed: () => void) => Port;

/** Receiver takes what concerns one session, or one view of a map. */
export type Receiver = (m: SessionMessage) => void;
export type SessionMessage = Extract<FromWorker, { s: number }>;

/** Background carries messages between sessions, views of maps, and the first candidate that answers. */
export class Background {
  private readonly receivers = new Map<number, Receiver>();
  private last = 0;
  private port: Port | undefined;
  private waiting: [ToWorker, Transferable[]][] | undefined = [];
  private broken: string | undefined;

  constructor(private readonly candidates: Candidate[]) {
    this.hello();
    this.follow();
    this.tryNext();
  }

  /** join registers a receiver and returns its number. */
  join(receive: Receiver): number {
    const s = ++this.last;
    this.receivers.set(s, receive);
    if (this.broken !== undefined) queueMicrotask(() => receive(fault(s, this.broken!)));
    return s;
  }

  leave(s: number): void {
    this.receivers.delete(s);
  }

  post(m: ToWorker, transfer: Transferable[] = []): void {
    if (this.waiting) this.waiting.push([m, transfer]);
    else this.port!.postMessage(m, transfer);
  }

  private tryNext(): void {
    const candidate = this.candidates.shift();
    if (!candidate) return this.fail("The background worker could not be started. Reload the page; if that does not help, this browser may be too old.");
    try {
      const port = candidate(() => port === this.port && this.waiting && this.tryNext());
      this.port = port;
      port.onmessage = (e: MessageEvent) => port === this.port && this.receive(e.data as FromWorker);
      port.start?.();
    } catch {
      this.tryNext(); // forbidden here, such as SharedWorker in a sandbox
    }
  }

  private receive(m: FromWorker): void {
    if (m.t === "ready") this.begin(m.lock);
    else if (m.t === "broken") this.fail(m.message);
    else if (m.t === "all") for (const one of m.of) this.receivers.get(one.s)?.(one);
    else this.receivers.get(m.s)?.(m);
  }

  /** begin sends what waited for the worker's first sign of life, and watches over the worker: a port doesn't tell that its other end has gone. */
  private begin(lock: string): void {
    if (lock) whenReleased(lock, () => this.fail("The background worker has ended. Reload the page; what the server acknowledged is kept."));
    const waiting = this.waiting ?? [];
    this.waiting = undefined;
    for (const [m, transfer] of waiting) this.post(m, transfer);
  }

  private fail(message: string): void {
    if (this.broken !== undefined) return;
    this.broken = message;
    for (const [s, receive] of this.receivers) receive(fault(s, message));
  }

  /** hello names a lock that ends with this page. A page that can't hold one sends signs of life instead. */
  private hello(): void {
    const lock = `wab page ${randomText(16)}`;
    holdLock(lock, () => this.post({ t: "hello", lock })).catch(() => {
      this.post({ t: "hello", lock: "" });
      setInterval(() => this.post({ t: "beat" }), beatEvery);
    });
  }

  /** follow passes on what the page notices of the network and of its own end. */
  private follow(): void {
    if (typeof document === "undefined") return;
    const nudge = (): void => this.post({ t: "nudge", online: navigator.onLine });
    for (const event of ["online", "offline", "pageshow"]) addEventListener(event, nudge);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && nudge());
    addEventListener("pagehide", (e) => !e.persisted && this.post({ t: "bye" }));
  }
}

function fault(s: number, message: string): SessionMessage {
  const status: Status = { state: "refused", reason: { code: "internal", message } };
  return { t: "status", s, name: "", status };
}
