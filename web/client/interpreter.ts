/** methods.wasm behind its imports and exports: see wasm/methods/doc.go for the contract. */
import { decode, encode, type Value } from "./cbor.ts";
import { WabError } from "./error.ts";
import type { Table } from "./table.ts";
import { wasi } from "./wasi.ts";

/** An instance that has grown beyond this many bytes serves no other call; one that grows beyond the second number is stopped. */
const grown = 32 << 20, most = 64 << 20;

interface Exports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  buffer(n: number): number;
  run(n: number): number;
  answer(): number;
}

const text = new TextDecoder();

/** The runtime's last words are kept up to this many characters. What went wrong comes first. */
const maxWords = 1024;

/** TooMuch is thrown through an instance that takes too much memory. */
class TooMuch extends Error {}

/** Interpreter is one instance. It is used again until it is spent. */
export class Interpreter {
  private readonly exports: Exports;
  private broken = false;
  private words = "";
  private print: (line: string) => void = () => {};

  constructor(module: WebAssembly.Module, private readonly table: Table) {
    const busy = (): void => {
      if (this.exports.memory.buffer.byteLength > most) throw new TooMuch();
    };
    const instance = new WebAssembly.Instance(module, { wab: this.snapshot(busy), wasi_snapshot_preview1: wasi(() => this.view(), busy, (words) => this.say(words)) });
    this.exports = instance.exports as unknown as Exports;
    this.exports._initialize();
  }

  get spent(): boolean {
    return this.broken || this.exports.memory.buffer.byteLength > grown;
  }

  /** call runs a method of the table's. args is one CBOR array. It throws WabErrors. */
  call(method: string, args: Uint8Array, print: (line: string) => void): Value {
    const request = encode([2, method, decode(args), 0]);
    this.print = print;
    let answer: Uint8Array;
    try {
      answer = this.run(request);
    } catch (e) {
      this.broken = true;
      throw explain(method, e, this.words);
    }
    return read(method, answer);
  }

  private run(request: Uint8Array): Uint8Array {
    const at = this.exports.buffer(request.length) >>> 0;
    this.bytes(at, request.length).set(request);
    const n = this.exports.run(request.length);
    return this.bytes(this.exports.answer(), n).slice();
  }

  private say(words: string): void {
    if (this.words.length < maxWords) this.words += words;
  }

  private view(): DataView {
    return new DataView(this.exports.memory.buffer);
  }

  private bytes(p: number, n: number): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer, p >>> 0, n >>> 0);
  }

  private snapshot(busy: () => void): WebAssembly.ModuleImports {
    return {
      get: (key: number, keyLen: number, buf: number, room: number) => {
        busy();
        const value = this.table.get(text.decode(this.bytes(key, keyLen)));
        if (!value) return -1;
        if (value.length <= room) this.bytes(buf, value.length).set(value);
        return value.length;
      },
      keys: (from: number, buf: number, room: number) => {
        busy();
        const keys = this.table.keys(), into = this.bytes(buf, room);
        let at = 0;
        for (; from < keys.length; from++) {
          const key = encode(keys[from]);
          if (at + key.length > room) break;
          into.set(key, at);
          at += key.length;
        }
        return at;
      },
      count: () => this.table.keys().length,
      print: (p: number, n: number) => this.print(text.decode(this.bytes(p, n))),
    };
  }
}

/** read takes the result or the failure out of an answer. */
function read(name: string, answer: Uint8Array): Value {
  const [kind, value] = decode(answer) as [number, Value];
  if (kind === 0) return value;
  const [message, method, line, column] = value as [string, string, number, number];
  const place = line ? `${method}: line ${line}, column ${column}: ` : `${method}: `;
  switch (kind) {
    case 1: throw new WabError("bad_request", `${place}${message}. Correct the method's source, and define it again.`);
    case 2: throw new WabError("not_found", `The map has no method "${name}".`);
    case 4: throw new WabError("failed", `${place}${message}. Let the method do less in one call.`);
    case 3: case 5: throw new WabError("failed", `${place}${message.replace(/\.$/, "")}.`);
    default: throw new WabError("internal", `The method ${name} could not be run: ${message}.`);
  }
}

/** explain tells why there is no answer. */
function explain(method: string, e: unknown, words: string): WabError {
  if (e instanceof TooMuch || words.includes("out of memory")) {
    return new WabError("failed", `The method ${method} needs more than the 64 MiB of memory it may use. Let the method hold less at once.`);
  }
  if (e instanceof RangeError || words.includes("stack exceeds")) {
    return new WabError("failed", `The method ${method} nests too deeply. Use flatter values and expressions.`);
  }
  return new WabError("internal", `The method ${method} could not be run: the interpreter stopped.`);
}
