import { encode } from "./cbor.ts";
import { WabError } from "./error.ts";

/** encodeArgs makes one CBOR array of a call's arguments. */
export function encodeArgs(method: string, args: unknown[]): Uint8Array {
  try {
    return encode(args);
  } catch (e) {
    throw new WabError("bad_request", `The arguments of ${method} can't be sent: ${(e as Error).message}.`);
  }
}
