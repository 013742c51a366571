/** The background worker: the Go core, and the host that serves tabs. It runs as a SharedWorker, or as a page's own worker. */
import "wasm_exec";
import { Core } from "./core.ts";
import { type Env, Host, type Socket } from "./host.ts";
import { holdLock, randomText, whenReleased } from "./lock.ts";
import type { FromWorker, Port } from "./protocol.ts";

declare const WASM_FILE: string;
declare const WASM_INTEGRITY: string;

/** Where the core is. It stands before what uses it as this module starts. */
const wasm = new URL(WASM_FILE, import.meta.url);

/** What of the two kinds of worker scopes we use. */
interface Scope extends Port {
  onconnect?: ((e: MessageEvent) => void) | null;
  close(): void;
}

const scope = globalThis as unknown as Scope;

const env: Env = {
  origin: globalThis.origin,
  dial: (url) => new WebSocket(url, ["wab.v1"]) as unknown as Socket,
  now: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
  after: (ms, f) => setTimeout(f, Math.min(ms, 0x7fffffff)),
  cancel: (timer) => clearTimeout(timer as number | undefined),
  gone: whenReleased,
  idb: storage(),
  hold: (lock) => new Promise((resolve) => void holdLock(lock, resolve).catch(() => {})),
  crashed: () => scope.close(),
};

/** storage is IndexedDB, where the worker may have it. */
function storage(): IDBFactory | undefined {
  try {
    return globalThis.indexedDB;
  } catch {
    return undefined;
  }
}

const host = new Host(env, "browser");

const loaded = Promise.all([Core.load(instantiate, host, env.now), showLife()]).then(([core]) => void (host.core = core));

/** showLife holds a lock by which pages notice this worker's end. Without locks they don't. */
function showLife(): Promise<void> {
  const lock = `wab worker ${randomText(16)}`;
  return new Promise((resolve) => {
    holdLock(lock, () => ((host.lock = lock), resolve())).catch(resolve);
  });
}

/** instantiate fetches the module that this worker was built with, and no other. */
async function instantiate(imports: WebAssembly.Imports): Promise<WebAssembly.Instance> {
  return (await WebAssembly.instantiateStreaming(await fetchCore(), imports)).instance;
}

/** fetchCore tries for half a minute: a page may open while its server restarts. A server that has no such file has another build, and is not asked again. */
async function fetchCore(): Promise<Response> {
  for (let wait = 500; ; wait *= 2) {
    try {
      return await fetch(wasm, { integrity: WASM_INTEGRITY, mode: "cors", credentials: "omit" });
    } catch (e) {
      if (wait > 16_000 || (await isGone())) throw e;
    }
    await new Promise((r) => setTimeout(r, wait));
  }
}

/** isGone asks without the integrity, for which any answer but the file is an error that tells nothing. */
async function isGone(): Promise<boolean> {
  const res = await fetch(wasm, { method: "HEAD", mode: "cors", credentials: "omit" }).catch(() => undefined);
  return res !== undefined && res.status >= 400 && res.status < 500;
}

function serve(port: Port): void {
  loaded.then(() => host.attach(port), (e: unknown) => {
    console.error("wab: the core could not be loaded", e);
    port.postMessage({ t: "broken", message: "The app's background part could not be loaded. Check the connection and reload the page." } satisfies FromWorker, []);
    setTimeout(() => scope.close(), 1000); // so that a reload starts anew
  });
}

if ("onconnect" in globalThis) scope.onconnect = (e) => serve(e.ports[0]!);
else serve(scope);
