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
