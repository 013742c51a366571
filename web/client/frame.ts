/** A frame is told in its name whom it acts for: that is there before its first script. It is for showing only; what counts is the token behind its port. */

const prefix = "wab as ";

/** nameFor is the name of a frame that acts for an owner. */
export const nameFor = (owner: string): string => prefix + owner;

/** embedded tells whether this page is in a sandboxed frame, whose origin is opaque. */
export const embedded = (): boolean => globalThis.origin === "null" && typeof parent !== "undefined" && parent !== globalThis.self;

/** nameOf is whom this page acts for where it is in such a frame, "" where that is not known; undefined where it is in none. */
export function nameOf(): string | undefined {
  if (!embedded()) return undefined;
  const given = window.name;
  return given.startsWith(prefix) ? given.slice(prefix.length) : "";
}
