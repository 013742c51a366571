/** Calls of a map's methods. They run in a worker that is made for the first call, follows the map like a page of its own, and is ended when one takes too long. */
import { encodeArgs } from "./args.ts";
import type { Background, SessionMessage } from "./background.ts";
import type { Value } from "./cbor.ts";
import { WabError } from "./error.ts";
import type { FromRoom, ToRoom } from "./room.ts";

/** Room is a worker, as far as it matters here. */
export interface Room {
  postMessage(m: ToRoom, transfer: Transferable[]): void;
  onmessage: ((e: MessageEvent) => void) | null;
  onerror: ((e: ErrorEvent) => void) | null;
  terminate(): void;
}

/** A method may take this long, in ms. */
const longest = 1_000;

interface Call {
  readonly method: string;
  readonly args: Uint8Array;
  resolve(v: Value): void;
  reject(e: WabError): void;
}

export class Methods {
  private readonly waiting: Call[] = [];
  private running: Call | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private room: Room | undefined;
  private s = 0;
  private loaded = false; // the interpreter is there
  private filled = false; // the map is there

  /** spawn makes a room; via is the session whose connection the map comes over. */
  constructor(private readonly background: Background, private readonly via: number, private readonly map: string, private readonly spawn: () => Promise<Room>) {}

  call(method: string, args: unknown[]): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ method, args: encodeArgs(method, args), resolve, reject });
      if (!this.s) this.start();
      this.next();
    });
  }

  /** end rejects what waits. */
  end(e: WabError): void {
    this.stop();
    for (const c of [...(this.running ? [this.running] : []), ...this.waiting.splice(0)]) c.reject(e);
    this.running = undefined;
  }

  private start(): void {
    const s = (this.s = this.background.join((m) => this.follow(m)));
    this.spawn().then((room) => (this.s === s ? this.enter(room) : room.terminate()), () => this.s === s && this.end(unavailable()));
  }

  /** enter asks for the map once there is somebody to hand it to. */
  private enter(room: Room): void {
    this.room = room;
    room.onmessage = ({ data }) => this.room === room && this.hear(data as FromRoom);
    room.onerror = () => this.room === room && this.end(unavailable());
    this.background.post({ t: "openMap", s: this.s, via: this.via, map: this.map });
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.room?.terminate();
    if (this.s) {
      this.background.post({ t: "closeMap", s: this.s });
      this.background.leave(this.s);
    }
    this.room = undefined;
    this.s = 0;
    this.loaded = this.filled = false;
  }

  /** follow passes on what becomes of the map. */
  private follow(m: SessionMessage): void {
    if (m.t === "mapBatch") return this.room?.postMessage({ t: "batch", reset: m.reset, part: m.part, batch: m.batch }, [m.batch.buffer as ArrayBuffer]);
    if (m.t === "status") return this.end(new WabError("internal", m.status.reason?.message ?? "The background worker has ended."));
    if (m.t !== "mapState") return;
    if (m.state === "ended") return this.end(new WabError(m.reason?.code ?? "unavailable", m.reason?.message ?? "The map was closed."));
    if (m.state !== "live") this.room?.postMessage({ t: "drop" }, []);
    this.filled ||= m.state !== "opening";
    this.next();
  }

  private next(): void {
    if (this.running || !this.loaded || !this.filled) return;
    const c = (this.running = this.waiting.shift());
    if (!c) return;
    this.room!.postMessage({ t: "call", method: c.method, args: c.args }, []);
    this.timer = setTimeout(() => this.stopLate(c), longest);
  }

  private hear(m: FromRoom): void {
    switch (m.t) {
      case "ready":
        this.loaded = true;
        return this.next();
      case "broken": return this.end(unavailable());
      case "print": return console.info(`${this.map} ${this.running?.method}: ${m.line}`);
      case "result": return this.settle((c) => c.resolve(m.result));
      case "error": return this.settle((c) => c.reject(new WabError(m.code, m.message)));
    }
  }

  private settle(how: (c: Call) => void): void {
    clearTimeout(this.timer);
    const c = this.running;
    this.running = undefined;
    if (c) how(c);
    this.next();
  }

  /** stopLate ends the room with what runs in it; what waits goes on in another one. */
  private stopLate(c: Call): void {
    this.stop();
    this.running = undefined;
    c.reject(new WabError("deadline", `The method ${c.method} ran out of time. Let the method do less in one call.`));
    if (this.waiting.length > 0) this.start();
  }
}

const unavailable = (): WabError => new WabError("unavailable", "Methods of maps can't run here: their interpreter could not be loaded. Check the connection and try again.");
