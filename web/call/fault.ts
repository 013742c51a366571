/** Why a camera, a microphone or a screen can't be had, in people's words. */
import type { Source } from "./signal.ts";

/** FaultKind: denied by the person or the page's policy; missing; busy elsewhere; cancelled in the dialog; insecure page; forbidden by the room; unknown. */
export type FaultKind = "denied" | "missing" | "busy" | "cancelled" | "insecure" | "forbidden" | "unknown";

/** Fault tells what is not there, and what to do. */
export class Fault extends Error {
  override readonly name = "Fault";

  constructor(readonly source: Source, readonly kind: FaultKind, message: string) {
    super(message);
  }
}

const things: { [S in Source]: string } = { camera: "camera", mic: "microphone", screen: "screen", "screen-audio": "screen’s sound" };

/** faultOf makes words of what getUserMedia or getDisplayMedia has thrown. */
export function faultOf(source: Source, error: unknown): Fault {
  const kind = kindOf(source, (error as { name?: string } | null)?.name ?? "");
  return new Fault(source, kind, wordsFor(source, kind));
}

function kindOf(source: Source, name: string): FaultKind {
  switch (name) {
    case "NotAllowedError": case "SecurityError": return source === "screen" ? "cancelled" : "denied";
    case "NotFoundError": case "OverconstrainedError": case "DevicesNotFoundError": return "missing";
    case "NotReadableError": case "AbortError": case "TrackStartError": return "busy";
    case "InsecureError": return "insecure";
  }
  return "unknown";
}

function wordsFor(source: Source, kind: FaultKind): string {
  const it = things[source];
  switch (kind) {
    case "denied": return `Your browser doesn’t let this page use the ${it}. Allow it by the sign beside the address, then try again. You are in the call meanwhile.`;
    case "missing": return `No ${it} was found. Plug one in or choose another under Devices. You are in the call meanwhile.`;
    case "busy": return `Another program is using the ${it}. Close it there, then try again. You are in the call meanwhile.`;
    case "cancelled": return `Your ${it} is not shared.`;
    case "insecure": return `Browsers give a page the ${it} over HTTPS only. Ask for an address that begins with https. You can see and hear the others.`;
    case "forbidden": return `The host hasn’t allowed you to share your ${it} here.`;
    case "unknown": return `The ${it} could not be started. Try again, or choose another under Devices.`;
  }
}

/** forbidden is the room's refusal. */
export const forbidden = (source: Source): Fault => new Fault(source, "forbidden", wordsFor(source, "forbidden"));
