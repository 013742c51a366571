/** Bytes as people write them. */
import { WabError } from "@wabgo/client";
import { maxValue } from "./driver.ts";

export const hex = (value: Uint8Array): string => Array.from(value, (b) => b.toString(16).padStart(2, "0")).join("");

/** unhex reads "7e 04 ff", "7e04ff" or "0x7e04ff", up to 512 bytes. */
export function unhex(text: unknown): Uint8Array {
  const digits = typeof text === "string" ? text.replace(/^0x/i, "").replace(/[\s:-]+/g, "") : "x";
  if (digits.length % 2 || !/^[0-9a-f]*$/i.test(digits)) throw new WabError("bad_request", "Bytes are written as pairs of 0–9 and a–f, such as 01 ff.");
  if (digits.length > 2 * maxValue) throw new WabError("too_large", "A Bluetooth value has at most 512 bytes.");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
