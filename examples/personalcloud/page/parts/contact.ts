// One of the people, opened: their card, how things stand, messages, and what they may send here.
import { by, keyed, make, showFacts, when } from "./dom.ts";
import { showFace } from "./face.ts";
import type { Card, Message, Use } from "./model.ts";
import { callOf, kindOf, type Person, stateOf, toldOf } from "./people.ts";
import { nameOf, textOf } from "./permits.ts";

const known: readonly (readonly [string, string])[] = [["phone", "Phone"], ["email", "E-mail"], ["about", "About"]];
const shownElsewhere = ["name", "colour", "phone", "email", "about"];

/** factsOf are the lines of a card: those that everybody knows, and then whatever else it says. */
export function factsOf(card: Card): [string, string][] {
  const others = Object.keys(card).filter((k) => !shownElsewhere.includes(k)).sort();
  return [...known.map(([key, label]): [string, string] => [label, card[key] ?? ""]), ...others.map((k): [string, string] => [k[0]!.toUpperCase() + k.slice(1), card[k]!])];
}

/** showContact fills the panel with a person. */
export function showContact(p: Person, use: Use | undefined, messages: readonly Message[], live: boolean, now: number): void {
  showFace(by("contact-face"), p.card, p.link.address);
  const word = stateOf(p.link), pill = by("contact-state"), established = p.link.state === "established";
  by("contact-name").textContent = callOf(p);
  by("contact-address").textContent = p.link.address + (p.link.verified || !p.link.address.includes("@") ? "" : " (not verified)");
  pill.textContent = word;
  pill.dataset["kind"] = kindOf(p.link.state, word);
  by("contact-told").textContent = `As ${roles(p)}. ${toldOf(p, now)}`;
  const facts = factsOf(p.card);
  showFacts(by("contact-facts"), facts.some(([, value]) => value) ? facts : [["Card", p.link.state === "ended" ? "None was sent." : "None was sent yet."]]);
  for (const id of ["permits", "end"]) by<HTMLButtonElement>(id).disabled = !live;
  by<HTMLButtonElement>("send").disabled = !live || !established;
  by<HTMLInputElement>("text").disabled = !established;
  const list = by("messages"), atEnd = list.dataset["of"] !== p.id || list.scrollTop + list.clientHeight >= list.scrollHeight - 4;
  showMessages(list, p, messages, now);
  showBetween(p, use, now);
  if (atEnd || messages.at(-1)?.mine) list.scrollTop = list.scrollHeight;
  list.dataset["of"] = p.id;
}

/** roles says what two are to each other. */
function roles({ link: { name, rx_role, tx_role } }: Person): string {
  const same = rx_role === tx_role || !rx_role || !tx_role;
  return same ? name : `${name}, you the ${rx_role} and they the ${tx_role}`;
}

function showMessages(list: HTMLElement, p: Person, messages: readonly Message[], now: number): void {
  const name = callOf(p);
  const rows = messages.map((m) => ({ ...m, ago: when(m.at, now) }));
  keyed(list, [p.id, rows], () => (rows.length ? rows.map((m) => message(m, name)) : [make("li", "soft small", hint(p))]));
}

/** hint stands where there are no messages yet. */
function hint(p: Person): string {
  switch (p.link.state) {
    case "established": return `Say hello to ${callOf(p)}.`;
    case "ended": return "There were no messages.";
    default: return `You can write to ${callOf(p)} once you are connected.`;
  }
}

function message(m: Message & { ago: string }, name: string): HTMLElement {
  const li = make("li", "message");
  li.dataset["mine"] = m.mine ? "yes" : "no";
  li.append(make("span", "unseen", m.mine ? "You: " : `${name}: `), make("span", "said", m.text), make("span", "soft small", m.ago));
  if (m.problem) li.append(make("span", "problem", m.problem));
  return li;
}

/** showBetween says what may come from the other side, what did, and what they don't take. */
function showBetween(p: Person, use: Use | undefined, now: number): void {
  const over = p.link.state === "ended";
  const chips = (over ? [] : p.link.allow).map((a) => ({ text: nameOf(a), title: textOf(a) }));
  keyed(by("contact-permits"), chips, () => (chips.length ? chips.map(({ text, title }) => Object.assign(make("li", "chip", text), { title })) : [make("li", "soft", "Nothing.")]));
  by("permits").hidden = over;
  by("contact-use").textContent = [over ? "" : useWords(use, now), ...refusals(p)].filter(Boolean).join(" ");
  const end = by("end");
  end.textContent = over ? "Remove" : p.link.state === "pending" && p.link.outbound ? "Take it back …" : "End it …";
  by("again").hidden = !over;
}

/** useWords says what came through a channel. */
export function useWords(use: Use | undefined, now: number): string {
  if (!use) return "";
  const accepted = Number(use.accepted), denied = Number(use.denied);
  if (accepted === 0 && denied === 0) return "Nothing came so far.";
  const came = accepted === 0 ? "Nothing came" : accepted === 1 ? "One event came" : `${accepted} events came`;
  const last = when(use.last, now);
  return `${came}${last ? `, the last ${last}` : ""}${denied ? `; ${denied} refused` : ""}.`;
}

const refusals = (p: Person): string[] => Object.entries(p.refuses).map(([what, why]) => {
  const [domain = "", type = ""] = what.split(":");
  return `${callOf(p)} does not take ${nameOf({ domain, type })}: ${why}`;
});
