/** What the two ends of a call say to each other: CBOR maps, whose field "t" tells the kind. What is read here came from outside and is checked. */
import { decode, encode, type Value } from "../client/cbor.ts";

/** Source is one thing that a member can show or say. */
export type Source = "camera" | "mic" | "screen" | "screen-audio";
/** Right is what a member may do besides looking on. */
export type Right = "publish" | "share" | "act";
/** Mode is how people are shown, as the host chose. */
export type Mode = "gallery" | "cutout" | "heads";

export const sources: readonly Source[] = ["camera", "mic", "screen", "screen-audio"];
const modes: readonly Mode[] = ["gallery", "cutout", "heads"];
const rights: readonly Right[] = ["publish", "share", "act"];

/** PersonSource is a source that a member publishes. */
export interface PersonSource {
  readonly source: Source;
  /** Switched off by the member. */
  readonly off: boolean;
  /** Silenced by the host. */
  readonly muted: boolean;
}

/** Person is a member of the room: one tab of somebody. */
export interface Person {
  readonly member: string;
  readonly principal: string;
  /** As they want to be called; "" where they did not say. */
  readonly name: string;
  readonly sources: readonly PersonSource[];
  /** When they came, µs by the server's clock. */
  readonly since: number;
}

/** Hello is what a member says when it comes. */
export interface Hello {
  readonly name: string;
  readonly watch: boolean;
}

/** Opened is what the server says when a member has come in, or is back. */
export interface Opened {
  readonly ice: RTCIceServer[];
  readonly people: Person[];
  readonly mode: Mode;
  readonly me: string;
  /** The server's time, µs. */
  readonly now: number;
  readonly may: Right[];
}

/** Where a stream comes from. */
export interface Origin {
  readonly member: string;
  readonly source: Source;
}

/** Act is an action made on the timeline, as all members hear of it. */
export interface Act {
  readonly t: "act";
  readonly member: string;
  readonly principal: string;
  /** From 1, rising with each action of the member. */
  readonly action: number;
  /** When, µs by the server's clock. */
  readonly at: number;
  /** The RTP time of the frame that was captured then. */
  readonly rtp?: number;
  readonly value: Value;
}

export type FromClient =
  | { t: "offer"; n: number; sdp: string; sources: { [mid: string]: Source } }
  | { t: "answer"; n: number; sdp: string }
  | { t: "candidate"; candidate: string; mid: string; line: number }
  | { t: "state"; off: Source[] }
  | { t: "act"; action: number; at: number; rtp?: number; value: Value }
  | { t: "view"; hidden: string[] }
  | { t: "restart" };

/** How loud a member is: 0 loudest, 127 silent, −dBov. */
export type Level = readonly [member: string, level: number];

export type FromServer =
  | { t: "offer"; n: number; sdp: string; streams: Map<string, Origin>; on: number } // on: made after it had answered our offer of that number
  | { t: "answer"; n: number; sdp: string }
  | { t: "candidate"; candidate: string; mid: string; line: number }
  | { t: "refused"; n: number; action: number; code: string; message: string }
  | { t: "people"; people: Person[] }
  | { t: "levels"; levels: Level[]; active: string }
  | { t: "may"; may: Right[] }
  | { t: "mode"; mode: Mode }
  | Act;

/** readSignal gives what the server said, or undefined for what this version doesn't know. */
export function readSignal(value: Value): FromServer | undefined {
  const f = fields(value);
  switch (f["t"]) {
    case "offer": return { t: "offer", n: number(f["n"]), sdp: text(f["sdp"]), streams: origins(f["streams"]), on: number(f["on"]) };
    case "answer": return { t: "answer", n: number(f["n"]), sdp: text(f["sdp"]) };
    case "candidate": return { t: "candidate", candidate: text(f["candidate"]), mid: text(f["mid"]), line: number(f["line"]) };
    case "refused": return { t: "refused", n: number(f["n"]), action: number(f["action"]), code: text(f["code"]), message: text(f["message"]) };
    case "people": return { t: "people", people: people(f["people"]) };
    case "levels": return { t: "levels", levels: levels(f["levels"]), active: text(f["active"]) };
    case "may": return { t: "may", may: known(f["may"], rights) };
    case "mode": return { t: "mode", mode: mode(f["mode"]) };
    case "act": return act(f);
  }
  return undefined;
}

/** readOpened reads the payload with which a call is opened. */
export function readOpened(value: Value): Opened {
  const f = fields(value);
  return { ice: list(f["ice"]).map(ice), people: people(f["people"]), mode: mode(f["mode"]), me: text(f["me"]), now: number(f["now"]), may: known(f["may"], rights) };
}

/** packSignal and unpackSignal are for the data channel, which carries the same payloads as bytes. */
export const packSignal = (signal: FromClient): Uint8Array<ArrayBuffer> => encode(signal) as Uint8Array<ArrayBuffer>;

export function unpackSignal(bytes: Uint8Array): FromServer | undefined {
  try {
    return readSignal(decode(bytes));
  } catch {
    return undefined; // what can't be read came from a newer server, or a broken one
  }
}

function act(f: Fields): Act | undefined {
  const action = number(f["action"]);
  if (action < 1) return undefined;
  const rtp = f["rtp"];
  return { t: "act", member: text(f["member"]), principal: text(f["principal"]), action, at: number(f["at"]), ...(typeof rtp === "number" && { rtp }), value: f["value"] ?? null };
}

type Fields = { readonly [key: string]: Value | undefined };

const isFields = (v: Value | undefined): v is { [key: string]: Value } => typeof v === "object" && v !== null && !Array.isArray(v) && !(v instanceof Uint8Array) && !(v instanceof Map);
const fields = (v: Value | undefined): Fields => (isFields(v) ? v : {});
const text = (v: Value | undefined): string => (typeof v === "string" ? v : "");
const number = (v: Value | undefined): number => (typeof v === "number" || typeof v === "bigint" ? Number(v) : 0);
const list = (v: Value | undefined): Value[] => (Array.isArray(v) ? v : []);
const mode = (v: Value | undefined): Mode => modes.find((m) => m === v) ?? "gallery";
const isSource = (v: Value | undefined): v is Source => sources.includes(v as Source);

function known<T extends string>(v: Value | undefined, all: readonly T[]): T[] {
  const said = list(v);
  return all.filter((one) => said.includes(one));
}

function people(v: Value | undefined): Person[] {
  return list(v).map(fields).filter((p) => text(p["member"]) !== "").map((p) => ({
    member: text(p["member"]), principal: text(p["principal"]), name: text(p["name"]), since: number(p["since"]),
    sources: list(p["sources"]).map(fields).flatMap((s) => (isSource(s["source"]) ? [{ source: s["source"], off: s["off"] === true, muted: s["muted"] === true }] : [])),
  }));
}

function levels(v: Value | undefined): Level[] {
  return list(v).flatMap((one) => (Array.isArray(one) && typeof one[0] === "string" ? [[one[0], number(one[1])] as const] : []));
}

function origins(v: Value | undefined): Map<string, Origin> {
  const out = new Map<string, Origin>();
  for (const [mid, one] of Object.entries(fields(v))) {
    const { member, source } = fields(one);
    if (typeof member === "string" && isSource(source)) out.set(mid, { member, source });
  }
  return out;
}

function ice(v: Value): RTCIceServer {
  const f = fields(v);
  return { urls: list(f["urls"]).map(text), ...(f["username"] ? { username: text(f["username"]) } : {}), ...(f["credential"] ? { credential: text(f["credential"]) } : {}) };
}
