/** The browser client of wab. See README.md for a first page. */
export { type Account, narrow, type Scope, signedIn, signIn, signOut } from "./account.ts";
export type { Call, CallEvents, CallOpened, CallOptions, CallReason } from "./call.ts";
export { decode, encode, type Value } from "./cbor.ts";
export type { Clock } from "./clock.ts";
export { connect, type ConnectOptions, type Methods } from "./connect.ts";
export type { Device, DeviceOptions, DeviceTimeline, Moment, Running } from "./device.ts";
export { type Code, WabError } from "./error.ts";
export type { CallState, State, Status } from "./protocol.ts";
export type { Change, MapEvents, MapStatus, SharedMap } from "./map.ts";
export type { Person, Presence } from "./presence.ts";
export { parentPort, serve, serveFrame } from "./serve.ts";
export type { Events, Handle, NoteInfo } from "./session.ts";
export type { Gap, Message, Position, Topic, TopicEvents, TopicOptions, TopicStatus } from "./topic.ts";
