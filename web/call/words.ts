/** What the layer says. */
import type { CallState } from "./call.ts";
import type { Reason } from "./line.ts";
import type { Person, Source } from "./signal.ts";

/** nameOf is what a person is called: as they want to be, or the owner of their principal. */
export function nameOf(p: Pick<Person, "name" | "principal">): string {
  return p.name || p.principal.replace(/^[^:]*:/, "").split("/")[0] || "Somebody";
}

/** initialsOf are at most two letters of a name. */
export function initialsOf(name: string): string {
  const words = name.split(/[\s\-_.]+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0]!, words.at(-1)!] : words;
  return letters.map((w) => [...w][0]!.toUpperCase()).join("") || "?";
}

/** hueOf is a colour for a person, the same everywhere. */
export function hueOf(principal: string): number {
  let n = 0;
  for (const c of principal) n = (n * 31 + c.codePointAt(0)!) % 360;
  return (n * 137) % 360; // names that are alike are far apart
}

/** stateWords say how the call stands; nothing while it is live. quietly: only sound and picture are missing. */
export function stateWords(state: CallState, reason: Reason | undefined, quietly: boolean): string {
  switch (state) {
    case "connecting": return quietly ? "You are in the room, but sound and picture don’t come through yet. This network may be blocking them." : "Connecting to the call…";
    case "reconnecting": return "The connection was lost. You are coming back by yourself…";
    case "refused": return reason?.message || "You can’t be in this call. Ask the host to let you in.";
    case "ended": return reason?.code === "not_found" ? `${reason.message} You come in by yourself when it begins.` : reason?.message || "You have left the call.";
    case "live": return "";
  }
}

/** tileWords name a tile for those who don't see it. */
export function tileWords(name: string, source: Source, self: boolean, seen: boolean, heard: boolean): string {
  if (source === "screen") return self ? "Your screen, shared" : `${name}’s screen`;
  return `${self ? "You" : name}${seen ? "" : ", camera off"}${heard ? "" : ", microphone off"}`;
}

/** listWords are what a tile says about its keys. */
export const tileKeys = "Arrow keys move it, plus and minus change its size, Enter makes it large, Home puts it back.";
