// What has happened, in sentences.
import { keyed, make, when } from "./dom.ts";
import type { Entry } from "./model.ts";
import { nameOf } from "./permits.ts";

/** most entries are shown. */
const most = 100;

/** isNews tells whether something happened without one's doing, and seldom. */
export const isNews = (e: Entry): boolean => e.bad || ["request", "established", "withdrawn", "over"].includes(e.kind);

/** wordsOf tells what happened. */
export function wordsOf(e: Entry): string {
  const who = e.who || "somebody", event = nameOf(e);
  switch (e.kind) {
    case "asked": return `You asked ${who} to connect.`;
    case "request": return `${who} asked to connect.`;
    case "approved": return `You approved ${who}.`;
    case "declined": return `You refused ${who}.`;
    case "established": return `Connected with ${who}.`;
    case "refused": return `${who} refused.`;
    case "withdrawn": return `${who} took the request back.`;
    case "tookback": return `You took your request to ${who} back.`;
    case "unanswered": return `${who} has not answered in time.`;
    case "expired": return `The request of ${who} expired.`;
    case "over": return `The connection with ${who} ended.`;
    case "failed": return `${who} could not be reached.`;
    case "gone": return `${who} knows nothing of the connection any more.`;
    case "allowed": return `You changed what ${who} may send.`;
    case "sent": return `You sent ${who} ${event}.`;
    case "received": return `${who} sent ${event}.`;
    case "undelivered": return `${who} does not take ${event}.`;
    case "channel": return `You made the channel ${who}.`;
    case "removed": return `You removed the channel ${who}.`;
    case "unlisted": return "The white pages did not take your name.";
    case "card": return "You changed your card.";
  }
  return `${who}: ${e.kind}.`;
}

export function showLog(list: HTMLElement, entries: readonly [string, Entry][], now: number): void {
  const rows = entries.slice(0, most).map(([id, e]) => ({ id, bad: e.bad, kind: e.kind, words: wordsOf(e), more: e.text, at: e.at, ago: when(e.at, now) }));
  keyed(list, rows, () => rows.map((r) => {
    const li = make("li", "entry"), time = Object.assign(make("time", "soft small", r.ago), { dateTime: r.at, title: new Date(r.at).toLocaleString() });
    li.dataset["bad"] = r.bad ? "yes" : "no";
    const said = make("span", "said", r.words);
    if (r.more) said.append(" ", make("span", "soft", r.more));
    li.append(said, time);
    return li;
  }));
}
