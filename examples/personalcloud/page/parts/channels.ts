// The ways into this cloud, and what came through each.
import { useWords } from "./contact.ts";
import { button, keyed, make, toTab, when } from "./dom.ts";
import type { Use } from "./model.ts";
import { permitWords } from "./permits.ts";

export interface Does {
  show(u: Use): void;
  change(u: Use): void;
  remove(u: Use): void;
  open(u: Use): void;
}

/** titleOf names a channel for people; nameOf is what to call a link's other side. */
export function titleOf(u: Use, nameOf: (link: string) => string): string {
  switch (u.kind) {
    case "doorbell": return "Doorbell";
    case "link": return `From ${nameOf(u.subscription)}`;
    case "own": return u.name;
  }
}

/** aboutOf says what comes through a channel, and until when. */
export function aboutOf(u: Use, now: number): string {
  if (u.kind === "doorbell") return "Lets requests through, and nothing else. Its address is public.";
  const until = Date.parse(u.expires) > 0 ? `, until ${when(u.expires, now)}` : "";
  return `Lets ${permitWords(u.allow)} through${until}.`;
}

const order = { doorbell: 0, own: 1, link: 2 };

export function showChannels(list: HTMLElement, all: readonly Use[], nameOf: (link: string) => string, now: number, live: boolean, does: Does): void {
  const rows = [...all].sort((a, b) => order[a.kind] - order[b.kind] || a.name.localeCompare(b.name))
    .map((u) => ({ u: { ...u, accepted: Number(u.accepted), denied: Number(u.denied) }, title: titleOf(u, nameOf), about: aboutOf(u, now), use: useWords(u, now), live }));
  const lost = keyed(list, rows, () => rows.map(({ u, title, about, use }) => {
    const li = make("li", "card channel"), names = make("div", "names"), row = make("div", "row");
    li.dataset["kind"] = u.kind;
    const used = make("span", "soft small", use);
    names.append(make("strong", "", title), make("span", "", about), used);
    const add = (text: string, run: () => void, kind = ""): void => {
      const b = button(text, run, { kind, label: `${text}: ${title}` });
      b.disabled = !live;
      row.append(b);
    };
    if (u.kind === "link") add("Open", () => does.open(u));
    else add("Show link", () => does.show(u));
    if (u.kind === "own") {
      add("Change", () => does.change(u));
      add("Remove", () => does.remove(u), "bad");
    }
    li.append(names, row);
    return li;
  }));
  if (lost) toTab();
}
