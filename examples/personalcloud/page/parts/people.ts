// The address book: who is in it, and how things stand with each.
import { keyed, make, when } from "./dom.ts";
import { showFace } from "./face.ts";
import type { Card, Contact, Link } from "./model.ts";

/** Person is one link with what its other side has sent. */
export interface Person {
  id: string;
  link: Link;
  card: Card;
  /** When the card came; empty if none did. */
  at: string;
  /** What they did not take, and why. */
  refuses: Record<string, string>;
}

/** The order of the book: who is connected first, who is gone last. */
const order: Record<Link["state"], number> = { established: 0, confirming: 1, pending: 2, ended: 3 };

/** peopleOf puts links and what came on them together. */
export function peopleOf(links: Iterable<[string, Link]>, contacts: ReadonlyMap<string, Contact>): Person[] {
  const all = [...links].map(([id, link]) => {
    const { card = {}, at = "", refuses = {} } = contacts.get(id) ?? {};
    return { id, link, card, at, refuses };
  });
  return all.sort((a, b) => order[a.link.state] - order[b.link.state] || compare(callOf(a), callOf(b)) || compare(a.id, b.id));
}

const compare = (a: string, b: string): number => a.localeCompare(b);

/** callOf is what to call somebody: as they call themselves, or by the first half of their address. */
export const callOf = (p: { card: Card; link: { address: string } }): string => p.card["name"] || p.link.address.split("@")[0] || "Somebody";

/** ends are the ways in which a link ends, as a pill says them. */
const ends: Record<string, string> = { refused: "Refused", withdrawn: "Withdrawn", expired: "Expired", over: "Ended", gone: "Gone", failed: "Not reached" };

/** stateOf is how a link stands, in one word. */
export function stateOf(l: Link): string {
  switch (l.state) {
    case "pending": return "Asked";
    case "confirming": return "Confirming";
    case "established": return "Connected";
    case "ended": return ends[l.end] ?? "Ended";
  }
}

/** toldOf says how a link stands and what to do, in a sentence or two. */
export function toldOf(p: Person, now: number): string {
  const { link } = p, name = callOf(p), since = when(link.since, now), why = link.reason ? ` ${sentence(link.reason)}` : "";
  switch (link.state) {
    case "pending": return `You asked ${since}. Waiting for ${name} to answer; a server that can’t be reached is asked again.`;
    case "confirming": return link.outbound ? `${name} has answered. Both servers are making sure of it.` : `You approved. Waiting for ${name}’s server to confirm; it is told again until it does.`;
    case "established": return p.at ? `The card as ${name} sent it ${when(p.at, now)}.` : `Connected ${since}. ${name} has sent no card yet.`;
  }
  switch (link.end) {
    case "refused": return `${name} refused ${since}.${why}`;
    case "withdrawn": return link.outbound ? `You took your request back ${since}.` : `${name} took the request back ${since}.`;
    case "expired": return `Nobody answered in time.${why}`;
    case "failed": return link.reason ? sentence(link.reason) : `${name} could not be reached.`;
    case "gone": return `The other side knows nothing of this connection any more.${why}`;
    default: return `This connection ended ${since}.${why} Nothing can pass any more.`;
  }
}

/** sentence makes one of what somebody else wrote. */
const sentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? "" : "."}`;

/** showPeople fills the list; open is who is shown beside it. */
export function showPeople(list: HTMLElement, people: readonly Person[], open: string, unread: ReadonlySet<string>, choose: (id: string) => void): void {
  const rows = people.map((p) => ({ id: p.id, name: callOf(p), address: p.link.address, as: p.link.name === "friend" ? "" : ` · ${p.link.name}`, state: stateOf(p.link), kind: p.link.state, card: p.card, open: p.id === open, unread: unread.has(p.id) }));
  keyed(list, rows, () => rows.map((r) => {
    const li = make("li"), b = Object.assign(make("button", "entry"), { type: "button" });
    if (r.open) b.setAttribute("aria-current", "true");
    b.dataset["id"] = r.id;
    const face = make("span", "face"), names = make("span", "names");
    face.setAttribute("aria-hidden", "true");
    showFace(face, r.card, r.address);
    names.append(make("strong", "", r.name), " ", make("span", "address mono", r.address + r.as));
    const pill = make("span", "pill", r.state);
    pill.dataset["kind"] = kindOf(r.kind, r.state);
    b.append(face, " ", names, " ", pill);
    if (r.unread) {
      b.dataset["unread"] = "yes";
      b.append(make("span", "unseen", "something new"));
    }
    b.addEventListener("click", () => choose(r.id));
    li.append(b);
    return li;
  }));
}

/** kindOf is the colour of a pill. */
export const kindOf = (state: Link["state"], word: string): string => (state === "established" ? "good" : state === "ended" ? (word === "Refused" || word === "Not reached" ? "bad" : "over") : "wait");
