/** What went wrong, in words for people. */
import { WabError } from "@wabgo/client";

/** clean makes a text that a device or a person gave fit to be shown: as one line, without what turns or hides other text, not too long. */
export function clean(text: unknown, most = 64): string {
  if (typeof text !== "string") return "";
  const line = text.slice(0, 4 * most).replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]+/gu, " ").replace(/\s+/g, " ").trim();
  const letters = [...line];
  return letters.length <= most ? line : letters.slice(0, most - 1).join("") + "…";
}

export const outOfReach = (name: string): WabError => new WabError("unavailable", `${name} is out of reach. It is called again until it answers; bring it closer, or switch it on.`);
export const closed = (name: string): WabError => new WabError("unavailable", `${name} is not shared any more.`);
export const tooMuch = (name: string): WabError => new WabError("overloaded", `${name} can’t keep up: too much waits for it already. Try again in a moment.`);
export const tooSlow = (name: string): WabError => new WabError("deadline", `${name} did not answer in time. Perhaps it is out of reach.`);
export const tooLong = (): WabError => new WabError("too_large", "A Bluetooth value has at most 512 bytes.");
export const noUUID = (text: string): WabError => new WabError("bad_request", `“${clean(text, 40)}” is no UUID of a service. Write it short, as 181a, or all of it.`);
export const noSuch = (name: string, at: string): WabError => new WabError("not_found", `${name} has no ${clean(at, 80)}.`);
export const cannot = (name: string, at: string, what: string): WabError => new WabError("bad_request", `${clean(at, 80)} of ${name} can’t be ${what}.`);

/** refusedBy tells what a device, or the browser for it, said to an operation. */
export function refusedBy(name: string, e: unknown): WabError {
  if (e instanceof WabError) return e;
  switch ((e as DOMException | undefined)?.name) {
    case "NetworkError": return new WabError("unavailable", `${name} did not take it: the connection failed. Try again in a moment.`);
    case "NotSupportedError": return new WabError("bad_request", `${name} doesn’t take that.`);
    case "SecurityError": return new WabError("not_allowed", `The browser doesn’t let pages do that with ${name}.`);
    case "InvalidStateError": case "NotFoundError": return outOfReach(name);
    default: return new WabError("failed", `${name} did not take it: ${clean(String((e as Error | undefined)?.message ?? e), 160)}`);
  }
}

/** whyNot tells why this page can't use Bluetooth, and what to do, or nothing. */
export function whyNot(page: { isSecureContext: boolean; navigator: { bluetooth?: unknown } } = globalThis as never): WabError | undefined {
  if (page.navigator.bluetooth) return undefined;
  if (!page.isSecureContext) return new WabError("unavailable", "Bluetooth needs a secure page: open this one by https://, or on this computer by http://localhost.");
  return new WabError("unavailable", "This browser has no Web Bluetooth. Chrome, Edge and Opera have it, on computers and Android; a virtual device works here too.");
}

/** notChosen tells what became of the browser's own list of devices; undefined is somebody who closed it. */
export function notChosen(e: unknown): WabError | undefined {
  const { name, message } = e as DOMException;
  switch (name) {
    case "NotFoundError": return /no .*adapter|adapter/i.test(message) ? new WabError("unavailable", "Bluetooth is off, or this computer has none. Switch it on and try again.") : undefined;
    case "NotAllowedError": case "AbortError": return undefined;
    case "SecurityError": return new WabError("not_allowed", "The browser doesn’t let this page use Bluetooth. If it stands within another page, that one must allow it: allow=\"bluetooth\".");
    default: return new WabError("failed", `The browser could not show its list of devices: ${clean(message, 160)}`);
  }
}
