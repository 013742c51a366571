/** Joining a room by a connected CA. */
import type { Value } from "../client/cbor.ts";
import { timelineWorker } from "./assets.ts";
import { Call, type CallOptions, type DeviceAction } from "./call.ts";
import type { LineEvents, Lines } from "./line.ts";
import type { Moment } from "./timeline/moment.ts";

/** Connected is what a call needs of a connected CA. */
export interface Connected {
  readonly name: string;
  readonly clock: { now(): number };
  call(method: string, args: unknown[], options?: { timeout?: number }): Promise<Value>;
  enter(room: string, options: Partial<LineEvents> & { hello?: unknown }): { send(value: unknown): boolean; hello(value: unknown): void; close(): void };
}

export type JoinOptions = Partial<Omit<CallOptions, "clock" | "connect" | "timers" | "local">>;

/**
 * joinCall enters a room of the CA, "room", or of another one, "alice/meeting/room". It returns at once; the call's state tells how it goes. A browser
 * without WebRTC is refused, in words.
 */
export function joinCall(ca: Connected, room: string, options: JoinOptions = {}): Call {
  const deviceDo = (action: DeviceAction, moment: Moment): Promise<unknown> => ca.call("DeviceDo", [action.device, action.command, action.args ?? [], moment]);
  const timeline = typeof RTCRtpScriptTransform === "undefined" ? {} : { worker: timelineWorker };
  return new Call(linesOf(ca, room), fullName(ca.name, room), { clock: ca.clock, deviceDo, timeline, ...options });
}

/** linesOf opens lines over a connected CA. */
function linesOf(ca: Connected, room: string): Lines {
  return (hello, events) => {
    if (typeof RTCPeerConnection === "undefined") return noWebRTC(events);
    return ca.enter(room, { hello, onstate: (state, reason) => events.onstate(state, reason), onopened: (o) => events.onopened(o), onsignal: (v) => events.onsignal(v) });
  };
}

function noWebRTC(events: LineEvents): ReturnType<Lines> {
  const message = "This browser can’t take part in calls: it has no WebRTC, or it is switched off. A current Chrome, Edge, Firefox or Safari can.";
  queueMicrotask(() => events.onstate("ended", { code: "unsupported", message }));
  return { send: () => false, hello: () => {}, close: () => {} };
}

/** fullName completes a room's name: room, home/room, alice/home/room are one of alice's home in app. */
function fullName(ca: string, room: string): string {
  if (room.includes(":")) return room;
  const [app, rest] = ca.split(":") as [string, string];
  const [owner, local] = rest.split("/") as [string, string];
  const parts = room.split("/");
  return `${app}:${[[owner, local], [owner], []][Math.min(parts.length, 3) - 1]!.concat(parts).join("/")}`;
}
