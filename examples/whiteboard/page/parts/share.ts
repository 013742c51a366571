// The panel that brings others to the board: the link, who may come in, and what they may do.
import { WabError } from "@wabgo/client";
import { toast } from "../../../../web/ui/parts/toast.ts";

export interface Guests {
  Share(role: string): Promise<null>;
  Invite(who: string, role: string): Promise<null>;
  Remove(who: string): Promise<null>;
}

const by = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const words = (e: unknown): string => (e instanceof WabError && e.message ? e.message : "That did not work. Try again.");
const does: Record<string, string> = { editors: "may draw", viewers: "may look" };

/** flaw tells what is wrong with a name or a group's name; the server has the last word. */
export function flaw(who: string): string {
  if (who === "") return "Whom do you mean?";
  const parts = who.replace(/^[a-z0-9-]+:/, "").split("/");
  if (parts.length > 3 || parts.some((p) => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(p))) return "A name like bob, or a group like bob/home/friends: small letters, digits and dashes.";
  return "";
}

/** manage lets the owner say who may come in. */
export function manage(guests: Guests): void {
  const form = by<HTMLFormElement>("invite-form");
  form.hidden = false;
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    void invite(guests, by<HTMLInputElement>("friend"), by<HTMLSelectElement>("role").value);
  });
  for (const radio of form.querySelectorAll<HTMLInputElement>("[name=open]")) {
    radio.addEventListener("change", () => {
      guests.Share(radio.value).catch((e: unknown) => toast(words(e), { kind: "bad" }));
    });
  }
}

/** showLink says what whoever has the link may do. */
export function showLink(link: string): void {
  for (const radio of document.querySelectorAll<HTMLInputElement>("[name=open]")) radio.checked = radio.value === link;
}

async function invite(guests: Guests, input: HTMLInputElement, role: string): Promise<void> {
  const who = input.value.trim().toLowerCase();
  const problem = by("friend-problem");
  problem.textContent = flaw(who);
  if (problem.textContent) return input.focus();
  try {
    await guests.Invite(who, role);
    input.value = "";
    toast(`${who} ${does[role]} here now. Send them the link.`);
  } catch (e) {
    problem.textContent = words(e);
  }
}

/** showMembers lists who was let in. */
export function showMembers(guests: Guests, roles: ReadonlyMap<string, Iterable<string>>): void {
  const rows = [...roles].flatMap(([role, members]) => [...members].map((who) => ({ who, role })));
  rows.sort((a, b) => (a.who < b.who ? -1 : 1));
  by("members").replaceChildren(...rows.map(({ who, role }) => {
    const li = document.createElement("li");
    const name = Object.assign(document.createElement("span"), { className: "who", textContent: who, title: who });
    const what = Object.assign(document.createElement("span"), { className: "what", textContent: does[role] ?? role });
    const remove = Object.assign(document.createElement("button"), { type: "button", className: "button quiet", textContent: "Remove" });
    remove.setAttribute("aria-label", `Remove ${who}`);
    remove.addEventListener("click", () => void guests.Remove(who).catch((e: unknown) => toast(words(e), { kind: "bad" })));
    li.append(name, what, remove);
    return li;
  }));
}
