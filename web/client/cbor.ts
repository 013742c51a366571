/**
 * The deterministic subset of CBOR (RFC 8949 §4.2.1) in which values travel: the same as the server's package cbor, and tested against it.
 *
 * JavaScript → CBOR: whole numbers up to 2^53 and bigints are integers, other numbers floats; Uint8Array is bytes; arrays, plain objects
 * and Map are what they look like. As in JSON, a property that is undefined is left out, and undefined in an array is null.
 * CBOR → JavaScript: integers beyond 2^53 become bigints; a map becomes a plain object, or a Map when a key is not text.
 */
export type Value = null | boolean | number | bigint | string | Uint8Array | Value[] | { [key: string]: Value } | Map<number | bigint | string, Value>;

/** Arrays and maps nest at most this deep. */
export const maxDepth = 32;

const UINT = 0x00, NINT = 0x20, BYTES = 0x40, TEXT = 0x60, ARRAY = 0x80, MAP = 0xa0;
const FALSE = 0xf4, TRUE = 0xf5, NULL = 0xf6, HALF = 0xf9, SINGLE = 0xfa, DOUBLE = 0xfb;

const toUTF8 = new TextEncoder();
const fromUTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** encode gives a value's one encoding. It throws a TypeError for what the subset doesn't have. */
export function encode(value: unknown): Uint8Array {
  const w = new Writer();
  w.value(value, 0);
  return w.done();
}

/** decode reads one item that fills the bytes. It throws an Error for what the subset doesn't have. */
export function decode(bytes: Uint8Array): Value {
  const r = new Reader(bytes);
  const v = r.value(0);
  r.end();
  return v;
}

class Writer {
  private bytes = new Uint8Array(128);
  private view = new DataView(this.bytes.buffer);
  private at = 0;

  done(): Uint8Array {
    return this.bytes.slice(0, this.at);
  }

  value(v: unknown, depth: number): void {
    switch (typeof v) {
      case "boolean": return this.byte(v ? TRUE : FALSE);
      case "number": return this.number(v);
      case "bigint": return this.bigint(v);
      case "string": return this.text(v);
      case "undefined": return this.byte(NULL);
      case "object": return v === null ? this.byte(NULL) : this.object(v, depth + 1);
      default: throw new TypeError(`a ${typeof v} can't be sent`);
    }
  }

  private object(v: object, depth: number): void {
    if (v instanceof Uint8Array) return this.chunk(BYTES, v);
    if (depth > maxDepth) throw new TypeError(`the value nests deeper than ${maxDepth}, or contains itself`);
    if (Array.isArray(v)) {
      this.head(ARRAY, v.length);
      for (let i = 0; i < v.length; i++) this.value(v[i], depth);
      return;
    }
    this.map(v instanceof Map ? v : properties(v), depth);
  }

  /** map writes entries in the bytewise order of their encoded keys. */
  private map(entries: Iterable<[unknown, unknown]>, depth: number): void {
    const sorted = [...entries].map(([k, v]) => ({ key: encodeKey(k), v })).sort((a, b) => compare(a.key, b.key));
    this.head(MAP, sorted.length);
    sorted.forEach(({ key, v }, i) => {
      if (i > 0 && compare(sorted[i - 1]!.key, key) === 0) throw new TypeError("two keys of a map have the same encoding");
      this.raw(key);
      this.value(v, depth);
    });
  }

  private number(v: number): void {
    if (!Number.isSafeInteger(v)) return this.float(v);
    if (v < 0) this.head(NINT, -1 - v);
    else this.head(UINT, v);
  }

  private bigint(v: bigint): void {
    if (v >= 0n) return this.bigHead(UINT, v);
    if (v < -(2n ** 63n)) throw new TypeError(`${v} is too small: integers go down to -2^63`);
    this.bigHead(NINT, -1n - v);
  }

  private bigHead(major: number, v: bigint): void {
    if (v <= 0xffffffffn) return this.head(major, Number(v));
    if (v >= 2n ** 64n) throw new TypeError(`${v} is too large: integers go up to 2^64-1`);
    const at = this.room(9);
    this.view.setUint8(at, major | 27);
    this.view.setBigUint64(at + 1, v);
  }

  private float(v: number): void {
    const half = toHalf(v);
    if (half >= 0) {
      const at = this.room(3);
      this.view.setUint8(at, HALF);
      this.view.setUint16(at + 1, half);
    } else if (Math.fround(v) === v) {
      const at = this.room(5);
      this.view.setUint8(at, SINGLE);
      this.view.setFloat32(at + 1, v);
    } else {
      const at = this.room(9);
      this.view.setUint8(at, DOUBLE);
      this.view.setFloat64(at + 1, v);
    }
  }

  private text(v: string): void {
    this.chunk(TEXT, toUTF8.encode(v));
  }

  private chunk(major: number, v: Uint8Array): void {
    this.head(major, v.length);
    this.raw(v);
  }

  private raw(v: Uint8Array): void {
    const at = this.room(v.length); // first, as it may replace bytes
    this.bytes.set(v, at);
  }

  private head(major: number, n: number): void {
    if (n < 24) return this.byte(major | n);
    if (n > 0xffffffff) return this.bigHead(major, BigInt(n));
    const size = n < 0x100 ? 1 : n < 0x10000 ? 2 : 4;
    const at = this.room(1 + size);
    this.view.setUint8(at, major | (size === 1 ? 24 : size === 2 ? 25 : 26));
    if (size === 1) this.view.setUint8(at + 1, n);
    else if (size === 2) this.view.setUint16(at + 1, n);
    else this.view.setUint32(at + 1, n);
  }

  private byte(b: number): void {
    const at = this.room(1);
    this.bytes[at] = b;
  }

  /** room makes place for n bytes and returns where they begin. */
  private room(n: number): number {
    const at = this.at;
    this.at += n;
    if (this.at > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.at, 2 * this.bytes.length));
      grown.set(this.bytes);
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    return at;
  }
}

function encodeKey(k: unknown): Uint8Array {
  const ok = typeof k === "string" || typeof k === "bigint" || Number.isSafeInteger(k);
  if (!ok) throw new TypeError("a map's keys must be text or integers");
  return encode(k);
}

/** properties are the entries of a plain object. What JSON would turn into something else, such as a Date, is refused. */
function properties(v: object): [string, unknown][] {
  if (Object.prototype.toString.call(v) !== "[object Object]") {
    throw new TypeError(`a ${v.constructor?.name ?? "value of this kind"} can't be sent: make it text, a number, a plain object or a Uint8Array`);
  }
  return Object.entries(v).filter(([, x]) => x !== undefined);
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

const scratch = new DataView(new ArrayBuffer(4));

/** toHalf gives the half-precision bits of v, or -1 when v would change. Every NaN becomes the one of the subset. */
function toHalf(v: number): number {
  if (Number.isNaN(v)) return 0x7e00;
  if (Math.fround(v) !== v) return -1;
  scratch.setFloat32(0, v);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000, exp = (bits >>> 23) & 0xff, frac = bits & 0x7fffff;
  if (exp === 0xff) return sign | 0x7c00;
  if (exp === 0 && frac === 0) return sign;
  const e = exp - 112; // re-biased
  if (e >= 31) return -1;
  if (e > 0) return frac & 0x1fff ? -1 : sign | (e << 10) | (frac >>> 13);
  const shift = 14 - e; // subnormal half: the hidden bit becomes a plain one
  const full = frac | 0x800000;
  return shift > 24 || full & ((1 << shift) - 1) ? -1 : sign | (full >>> shift);
}

function fromHalf(h: number): number {
  const sign = h & 0x8000 ? -1 : 1, exp = (h >>> 10) & 0x1f, frac = h & 0x3ff;
  if (exp === 31) return frac ? NaN : sign * Infinity;
  return sign * (exp === 0 ? frac * 2 ** -24 : (1 + frac / 1024) * 2 ** (exp - 15));
}

/** Reader reads one item after the other. It is what a page spends its time on when maps change: no allocation but the values themselves. */
export class Reader {
  private readonly view: DataView;
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  end(): void {
    if (!this.atEnd()) fail("there is more after the end", this.at);
  }

  atEnd(): boolean {
    return this.at === this.bytes.length;
  }

  value(depth: number): Value {
    const start = this.at;
    const first = this.first();
    const info = first & 0x1f;
    if (first >= 0xe0) return this.simple(first, start);
    const n = info < 24 ? info : this.longArg(info, start);
    switch (first & 0xe0) {
      case UINT: return n;
      case NINT: return this.negative(n, start);
      case BYTES: return this.take(n, start).slice();
      case TEXT: return this.text(n, start);
      case ARRAY: return this.array(n, depth + 1, start);
      case MAP: return this.map(n, depth + 1, start);
      default: fail("the subset has no tags", start);
    }
  }

  /** count reads the head of an array or a map. */
  count(kind: "array" | "map"): number {
    const start = this.at;
    const first = this.first();
    if ((first & 0xe0) !== (kind === "map" ? MAP : ARRAY)) fail(`this is no ${kind}`, start);
    return this.room(first & 0x1f, start);
  }

  /** key reads a text. */
  key(): string {
    const start = this.at;
    const first = this.first();
    if ((first & 0xe0) !== TEXT) fail("this is no text", start);
    return this.text(first < TEXT + 24 ? first - TEXT : this.longArg(first & 0x1f, start), start);
  }

  /** raw passes over one item and returns its bytes, which are not copied. */
  raw(): Uint8Array {
    const start = this.at;
    for (let left = 1; left > 0; left--) left += this.pass();
    return this.bytes.subarray(start, this.at);
  }

  /** pass goes over one item and returns how many items it has inside. */
  private pass(): number {
    const start = this.at;
    const first = this.first();
    const info = first & 0x1f;
    if (first >= 0xe0) {
      this.skip(first < HALF ? 0 : first === HALF ? 2 : first === SINGLE ? 4 : 8, start);
      return 0;
    }
    switch (first & 0xe0) {
      case UINT: case NINT: return info < 24 ? 0 : (this.longArg(info, start), 0);
      case ARRAY: return this.room(info, start);
      case MAP: return 2 * this.room(info, start);
      default: return (this.skip(this.room(info, start), start), 0);
    }
  }

  private first(): number {
    if (this.at >= this.bytes.length) fail("the input ends too early", this.at);
    return this.bytes[this.at++]!;
  }

  private simple(first: number, start: number): Value {
    switch (first) {
      case FALSE: return false;
      case TRUE: return true;
      case NULL: return null;
      case HALF: return this.half(start);
      case SINGLE: return this.float(this.view.getFloat32(this.skip(4, start)), 5, start);
      case DOUBLE: return this.float(this.view.getFloat64(this.skip(8, start)), 9, start);
      default: fail("the subset has no such item", start);
    }
  }

  private half(start: number): number {
    const bits = this.view.getUint16(this.skip(2, start));
    const v = fromHalf(bits);
    if (Number.isNaN(v) && bits !== 0x7e00) fail("NaN has one form", start);
    return v;
  }

  private float(v: number, size: number, start: number): number {
    const shortest = toHalf(v) >= 0 ? 3 : Math.fround(v) === v ? 5 : 9;
    if (shortest !== size) fail("a shorter encoding exists", start);
    return v;
  }

  private negative(n: number | bigint, start: number): number | bigint {
    if (typeof n === "number" && n < Number.MAX_SAFE_INTEGER) return -1 - n;
    const v = -1n - BigInt(n);
    if (v < -(2n ** 63n)) fail("a number is out of range", start);
    return v;
  }

  /** text reads short ASCII by itself: a call of TextDecoder costs as much as 30 characters. */
  private text(length: number | bigint, start: number): string {
    const n = Number(length), at = this.skip(n, start);
    if (n <= shortText) {
      const s = this.ascii(at, at + n);
      if (s !== undefined) return s;
    }
    try {
      return fromUTF8.decode(this.bytes.subarray(at, at + n));
    } catch {
      fail("text is not valid UTF-8", start);
    }
  }

  /** ascii gives up where a byte is not. */
  private ascii(at: number, end: number): string | undefined {
    const b = this.bytes, chars = String.fromCharCode;
    let s = "", all = 0;
    for (; at + 4 <= end; at += 4) {
      all |= b[at]! | b[at + 1]! | b[at + 2]! | b[at + 3]!;
      s += chars(b[at]!, b[at + 1]!, b[at + 2]!, b[at + 3]!);
    }
    for (; at < end; at++) {
      all |= b[at]!;
      s += chars(b[at]!);
    }
    return all < 0x80 ? s : undefined;
  }

  private array(n: number | bigint, depth: number, start: number): Value[] {
    this.nest(n, depth, start);
    const out: Value[] = [];
    for (let i = 0; i < Number(n); i++) out.push(this.value(depth));
    return out;
  }

  private map(n: number | bigint, depth: number, start: number): Value {
    this.nest(n, depth, start);
    const plain: { [key: string]: Value } = {};
    let mixed: Map<number | bigint | string, Value> | undefined;
    for (let i = 0, last = -1, end = -1; i < Number(n); i++) {
      const at = this.at;
      const key = this.value(depth);
      if (typeof key !== "string" && !isInteger(this.bytes[at]!)) fail("a map's key is neither text nor an integer", at);
      if (last >= 0) this.inOrder(last, end, at);
      [last, end] = [at, this.at];
      if (typeof key !== "string") mixed ??= new Map(Object.entries(plain));
      const value = this.value(depth);
      if (mixed) mixed.set(key as number | bigint | string, value);
      else put(plain, key as string, value);
    }
    return mixed ?? plain;
  }

  /** inOrder refuses a key, from at to here, that is not after the last one in bytewise order. */
  private inOrder(last: number, end: number, at: number): void {
    for (let i = last, k = at; i < end && k < this.at; i++, k++) {
      const d = this.bytes[k]! - this.bytes[i]!;
      if (d > 0) return;
      if (d < 0) fail("keys of a map are out of order", at);
    }
    fail("a key of a map comes twice", at); // no key's encoding begins another's
  }

  /** nest refuses depth and counts that the input can't hold, before memory is spent on them. */
  private nest(n: number | bigint, depth: number, start: number): void {
    if (depth > maxDepth) fail("arrays and maps nest too deep", start);
    if (n > this.bytes.length - this.at) fail("the input ends too early", start);
  }

  /** room reads a length that the input can hold. */
  private room(info: number, start: number): number {
    const n = Number(info < 24 ? info : this.longArg(info, start));
    if (n > this.bytes.length - this.at) fail("the input ends too early", start);
    return n;
  }

  private longArg(info: number, start: number): number | bigint {
    const n = this.argAfter(info, start);
    const least = info === 24 ? 24 : info === 25 ? 0x100 : info === 26 ? 0x10000 : 0x100000000;
    if (n < least) fail("a shorter encoding exists", start);
    return n;
  }

  private argAfter(info: number, start: number): number | bigint {
    switch (info) {
      case 24: return this.view.getUint8(this.skip(1, start));
      case 25: return this.view.getUint16(this.skip(2, start));
      case 26: return this.view.getUint32(this.skip(4, start));
      case 27: {
        const v = this.view.getBigUint64(this.skip(8, start));
        return v <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(v) : v;
      }
      default: fail("the subset has no indefinite lengths", start);
    }
  }

  private take(n: number | bigint, start: number): Uint8Array {
    const at = this.skip(Number(n), start);
    return this.bytes.subarray(at, this.at);
  }

  private skip(n: number, start: number): number {
    const at = this.at;
    if (n > this.bytes.length - at) fail("the input ends too early", start);
    this.at += n;
    return at;
  }
}

/** Texts up to this long are read character by character. */
const shortText = 24;

const isInteger = (first: number): boolean => (first & 0xe0) === UINT || (first & 0xe0) === NINT;

/** put sets a property, of which "__proto__" is one like any other. */
function put(o: { [key: string]: Value }, key: string, value: Value): void {
  if (key === "__proto__") Object.defineProperty(o, key, { value, enumerable: true, configurable: true, writable: true });
  else o[key] = value;
}

function fail(what: string, at: number): never {
  throw new Error(`cbor: ${what} (at byte ${at})`);
}
