// Who waits for an answer.
import { button, keyed, make, toTab, when } from "./dom.ts";
import { showFace } from "./face.ts";
import type { Request } from "./model.ts";

/** factsOf is what is known of a request, for whoever decides. */
export function factsOf(r: Request, now: number): [string, string][] {
  const roles = r.rx_role && r.tx_role && r.rx_role !== r.tx_role ? `${r.name}: you as ${r.rx_role}, they as ${r.tx_role}` : r.name;
  return [
    ["From", r.verified ? `${r.from}, verified by its server` : r.from],
    ["Careful", r.verified ? "" : "Nobody vouches for this name. Ask them another way before you approve."],
    ["As", roles],
    ["Why", r.why],
    ["Known", r.history],
    ["Asked", when(r.at, now)],
    ["Waits until", when(r.expires, now)],
  ];
}

/** showRequests fills the list. */
export function showRequests(list: HTMLElement, all: readonly [string, Request][], now: number, answer: (id: string, refuse: boolean) => void): void {
  const rows = all.map(([id, r]) => ({ id, r, ago: when(r.at, now) }));
  const lost = keyed(list, rows, () => rows.map(({ id, r, ago }) => {
    const li = make("li", "card request"), face = make("span", "face"), names = make("div", "names"), row = make("div", "row");
    face.setAttribute("aria-hidden", "true");
    if (r.verified) showFace(face, {}, r.from);
    else face.textContent = "?";
    names.append(make("strong", "", `${r.from} asks to connect as ${r.name}`), line(r, ago));
    if (r.why) names.append(make("q", "why", r.why));
    if (r.history) names.append(make("span", "soft small", r.history));
    row.append(
      button("Approve …", () => answer(id, false), { kind: "main", label: `Approve ${r.from}` }),
      button("Refuse …", () => answer(id, true), { label: `Refuse ${r.from}` }),
    );
    li.append(face, names, row);
    return li;
  }));
  if (lost) toTab();
}

function line(r: Request, ago: string): HTMLElement {
  const p = make("span", "soft small", `${ago} · `);
  const mark = make("span", "mark", r.verified ? "Verified" : "Not verified");
  mark.dataset["kind"] = r.verified ? "good" : "warn";
  p.append(mark, r.host ? ` · ${r.host.replace(/^https?:\/\//, "")}` : "");
  return p;
}
