/** Calls in a page: <wab-call>, and what it is made of. This is what stands under /wab/call.js. */
import { define, WabCall } from "./element.ts";

export { Call, type CallEvents, type CallOptions, type CallState, type DeviceAction } from "./call.ts";
export type { Caption } from "./captions.ts";
export { Fault, type FaultKind } from "./fault.ts";
export { joinCall, type JoinOptions } from "./join.ts";
export type { Mode, Person, Right, Source } from "./signal.ts";
export type { ActionEvent, Moment } from "./timeline/moment.ts";
export { define, WabCall };

define();

declare global {
  interface HTMLElementTagNameMap { "wab-call": WabCall }
}
