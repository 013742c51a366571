// The panel that brings others to the board: the link, who may come in, and what they may do.
import { WabError } from "@wabgo/client";
import { Pending } from "../../../../web/ui/parts/pending.ts";
import { toast } from "../../../../web/ui/parts/toast.ts";

export interface Guests {
  Share(role: string): Promise<null>;
  Invite(who: string, role: string): Promise<null>;
  Remove(who: string): Promise<null>;
  Befriend(who: string): Promise<null>;
  Unfriend(who: string): Promise<null>;
  Lend(owner: string): Promise<null>;
  Recall(owner: string): Promise<null>;
}

/** The groups of a board: what being in one means, and how one gets in and out. */
const groups = {
  editors: { does: "may draw", done: "may draw here now. Send them the link.", add: (g, who) => g.Invite(who, "editors"), remove: (g, who) => g.Remove(who) },
  viewers: { does: "may look", done: "may look here now. Send them the link.", add: (g, who) => g.Invite(who, "viewers"), remove: (g, who) => g.Remove(who) },
  friends: { does: "is a friend", done: "is a friend now.", add: (g, who) => g.Befriend(who), remove: (g, who) => g.Unfriend(who) },
  lent: { does: "lets them in", done: "may let your friends in now.", add: (g, who) => g.Lend(who), remove: (g, who) => g.Recall(who) },
} as const satisfies Record<string, { does: string; done: string; add(g: Guests, who: string): Promise<null>; remove(g: Guests, who: string): Promise<null> }>;

export type Group = keyof typeof groups;

const by = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const words = (e: unknown): string => (e instanceof WabError && e.message ? e.message : "That did not work. Try again.");

/** flaw tells what is wrong with a name or a group's name; the server has the last word. */
export function flaw(who: string): string {
  if (who === "") return "Whom do you mean?";
  const parts = who.replace(/^[a-z0-9-]+:/, "").split("/");
  if (parts.length > 3 || parts.some((p) => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(p))) return "A name like bob, or a group like bob/home/friends: small letters, digits and dashes.";
  return "";
}

/** manage lets the owner say who may come in, and who their friends are. */
export function manage(guests: Guests): void {
  const form = by<HTMLFormElement>("invite-form");
  form.hidden = by("friends").hidden = false;
  joins(form, (who) => add(guests, who, by<HTMLSelectElement>("role").value as Group), by("friend-problem"));
  joins(by<HTMLFormElement>("friends-form"), (who) => add(guests, who, by<HTMLSelectElement>("bond").value as Group), by("bond-problem"));
  for (const radio of form.querySelectorAll<HTMLInputElement>("[name=open]")) {
    radio.addEventListener("change", () => void share(guests, radio.value));
  }
}

/** joins has a form's name put into a group; problem is where it says what is wrong with it. */
function joins(form: HTMLFormElement, put: (who: string) => Promise<void>, problem: HTMLElement): void {
  const input = form.querySelector<HTMLInputElement>("input[type=text]")!;
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const typed = input.value, who = typed.trim().toLowerCase();
    problem.textContent = flaw(who);
    if (problem.textContent) return input.focus();
    try {
      await put(who);
      if (input.value === typed) input.value = ""; // unless another is typed already
    } catch (error) {
      problem.textContent = words(error);
    }
  });
}

async function add(guests: Guests, who: string, group: Group): Promise<void> {
  await groups[group].add(guests, who);
  toast(`${who} ${groups[group].done}`);
}

let opened = ""; // what whoever has the link may do, as far as is known
const pending = new Pending<"open">();

/** share opens the board to whoever has the link, or shuts it. */
async function share(guests: Guests, link: string): Promise<void> {
  try {
    await pending.wait("open", guests.Share(link));
    opened = link;
  } catch (e) {
    toast(words(e), { kind: "bad" });
  }
  showLink(opened);
}

/** showLink says what whoever has the link may do. */
export function showLink(link: string): void {
  opened = link;
  if (pending.has("open")) return;
  for (const radio of document.querySelectorAll<HTMLInputElement>("[name=open]")) radio.checked = radio.value === link;
}

/** showMembers lists who is in which of some groups. */
export function showMembers(place: HTMLElement, guests: Guests, members: ReadonlyMap<Group, Iterable<string>>): void {
  const rows = [...members].flatMap(([group, all]) => [...all].map((who) => ({ who, group })));
  rows.sort((a, b) => (a.who < b.who ? -1 : 1));
  place.replaceChildren(...rows.map(({ who, group }) => row(guests, who, group)));
}

function row(guests: Guests, who: string, group: Group): HTMLElement {
  const li = document.createElement("li");
  const name = Object.assign(document.createElement("span"), { className: "who", textContent: who, title: who });
  const what = Object.assign(document.createElement("span"), { className: "what", textContent: groups[group].does });
  const remove = Object.assign(document.createElement("button"), { type: "button", className: "button quiet", textContent: "Remove" });
  remove.setAttribute("aria-label", `Remove ${who}, who ${groups[group].does}`);
  remove.addEventListener("click", () => void groups[group].remove(guests, who).catch((e: unknown) => toast(words(e), { kind: "bad" })));
  li.append(name, what, remove);
  return li;
}
