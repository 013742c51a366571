/** The worker in which the methods of one map run. */
import { serveRoom } from "./room.ts";
import type { Port } from "./protocol.ts";

declare const METHODS_FILE: string;
declare const METHODS_INTEGRITY: string;

const wasm = fetch(new URL(METHODS_FILE, import.meta.url), { integrity: METHODS_INTEGRITY, mode: "cors", credentials: "omit" });

serveRoom(globalThis as unknown as Port, WebAssembly.compileStreaming(wasm));
