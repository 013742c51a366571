/** Code names a kind of failure: the closed set that HTTP, the session protocol and this client share. */
export type Code =
  | "bad_request" | "unauthenticated" | "not_allowed" | "not_found" | "conflict" | "too_large" | "failed"
  | "overloaded" | "quota" | "internal" | "unavailable" | "deadline" | "session_expired";

/** WabError is what every rejected promise of this client carries. */
export class WabError extends Error {
  override readonly name = "WabError";

  /**
   * @param code what kind of failure, to act upon
   * @param message what happened and what to do, in people's words, to show
   * @param retryAfter milliseconds after which the same call may succeed; 0 where that is unknown
   */
  constructor(readonly code: Code, message: string, readonly retryAfter = 0) {
    super(message);
  }
}

/** unreachable says why a server may be silent. A browser does not tell a page whether it is, or refuses pages of another origin. */
export function unreachable(server: string, origin: string | undefined): string {
  if (!origin || origin === server) return "The server can't be reached. Check the connection and try again.";
  return `The server can't be reached, or it does not allow pages of ${origin}: it does when started with --allow-origin ${origin}.`;
}
