/** Where a map's methods run: a worker of their own, which the page ends when one takes too long. */
import type { Value } from "./cbor.ts";
import { type Code, WabError } from "./error.ts";
import { Interpreter } from "./interpreter.ts";
import type { Port } from "./protocol.ts";
import { Table, type TableStep } from "./table.ts";

export type ToRoom =
  | ({ readonly t: "batch" } & TableStep)
  | { readonly t: "drop" } // what was put aside
  | { readonly t: "call"; readonly method: string; readonly args: Uint8Array };

export type FromRoom =
  | { readonly t: "ready" } // calls are carried out from now on, one at a time
  | { readonly t: "broken" } // the interpreter can't be had
  | { readonly t: "print"; readonly line: string }
  | { readonly t: "result"; readonly result: Value }
  | { readonly t: "error"; readonly code: Code; readonly message: string };

/** Calls print at most this many lines. */
const maxLines = 64;

/** serveRoom answers calls on a port. */
export function serveRoom(port: Port, compiled: Promise<WebAssembly.Module>): void {
  const table = new Table();
  let interpreter: Interpreter | undefined;
  const post = (m: FromRoom): void => port.postMessage(m, []);

  const call = (module: WebAssembly.Module, method: string, args: Uint8Array): FromRoom => {
    let lines = 0;
    try {
      if (interpreter?.spent) interpreter = undefined;
      interpreter ??= new Interpreter(module, table);
      return { t: "result", result: interpreter.call(method, args, (line) => lines++ < maxLines && post({ t: "print", line })) };
    } catch (e) {
      const { code, message } = e instanceof WabError ? e : new WabError("internal", `The method ${method} could not be run: ${String(e)}.`);
      return { t: "error", code, message };
    }
  };

  port.onmessage = ({ data }: MessageEvent) => {
    const m = data as ToRoom;
    switch (m.t) {
      case "batch": return table.apply(m);
      case "drop": return table.drop();
      case "call": return void compiled.then((module) => post(call(module, m.method, m.args)));
    }
  };
  compiled.then((module) => {
    interpreter = new Interpreter(module, table);
    post({ t: "ready" });
  }).catch(() => post({ t: "broken" }));
}
