// The panel of the people: who is in the meeting, and, for the host, who may come in and how they are shown.
import { Pending } from "../../../../web/ui/parts/pending.ts";
import { toast } from "../../../../web/ui/parts/toast.ts";
import { button, by, count, ownerOf, row, words } from "./dom.ts";
import type { Person as InCall } from "../../../../web/call/signal.ts";
import type { Connected, Maps, Names, Person } from "./meeting.ts";

/** While the panel is open, who is in the call is asked for this often. */
const askEvery = 4_000;

export class People {
  private timer: ReturnType<typeof setInterval> | undefined;
  private present: Person[] = [];
  private readonly pending = new Pending<HTMLElement>();

  constructor(private readonly meeting: Connected, private readonly names: Names, private readonly maps: Maps) {
    for (const map of [maps.people, maps.room]) map.on("change", () => this.show());
    maps.removed?.on("change", () => this.show());
    if (names.hosting) this.host();
    this.show();
  }

  /** fill begins to show who is there, for as long as the panel is open. */
  fill(): void {
    clearInterval(this.timer);
    this.timer = setInterval(() => (by("people").hidden ? clearInterval(this.timer) : void this.ask()), askEvery);
    void this.ask();
  }

  /** set takes over who is in the call, where the page knows by itself. */
  set(present: Person[]): void {
    this.present = present;
    this.show();
  }

  /** inCall is what the call itself tells. */
  inCall(present: readonly InCall[]): void {
    this.set(present.map((p) => ({ principal: ownerOf(p.principal), session: p.member, publishing: p.sources.filter((s) => !s.off).map((s) => s.source) })));
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async ask(): Promise<void> {
    this.set(await this.meeting.People().catch(() => this.present));
  }

  private show(): void {
    const tabs = tabsOf(this.present);
    count(by("people-button"), tabs.size);
    fill(by("present"), tabs.size ? [...tabs].map(([who, of]) => this.person(who, of)) : [row("Nobody is in the call.")]);
    if (!this.names.hosting) return;
    const mode = by<HTMLSelectElement>("mode"), lock = by<HTMLInputElement>("lock");
    if (!this.pending.has(mode)) mode.value = String(this.maps.room.get("mode") ?? "gallery");
    if (!this.pending.has(lock)) lock.checked = this.maps.room.get("locked") === true;
    by("end").textContent = this.maps.room.has("open") ? "End the call for all" : "Open the call again";
    const admitted = [...this.maps.people].filter(([who, by]) => who !== this.names.me && by !== "background").map(([who]) => who).sort().map((who) =>
      row(who, button("Remove", who, () => this.attempt(this.meeting.Remove(who)), "quiet")));
    const removed = [...(this.maps.removed?.keys() ?? [])].sort().map((who) =>
      row(`${who}, removed`, button("Let in again", who, () => this.attempt(this.meeting.Admit(who)), "quiet")));
    const all = [...admitted, ...removed];
    fill(by("admitted"), all.length ? all : [row("Nobody yet but you.")]);
  }

  private person(who: string, tabs: Person[]): HTMLElement {
    const on = new Set(tabs.flatMap((t) => t.publishing));
    const what = [on.has("camera") && "camera", on.has("mic") && "mic", on.has("screen") && "screen"].filter(Boolean).join(", ");
    const text = `${who}${who === this.names.me ? " (you)" : ""}${tabs.length > 1 ? `, ${tabs.length} tabs` : ""}${what ? ` · ${what}` : ""}`;
    if (!this.names.hosting || who === this.names.me) return row(text);
    const muted = this.maps.room.has(`muted/${who}`);
    const mute = muted
      ? button("Unmute", who, () => this.attempt(this.meeting.Unmute(who)), "quiet")
      : button("Mute", who, () => this.attempt(this.meeting.Mute(who, ["mic"])), "quiet");
    return row(text, mute, button("Remove", who, () => this.attempt(this.meeting.Remove(who)), "quiet"));
  }

  private host(): void {
    const mode = by<HTMLSelectElement>("mode"), lock = by<HTMLInputElement>("lock");
    mode.onchange = () => this.attempt(this.pending.wait(mode, this.meeting.Mode(mode.value)));
    lock.onchange = () => this.attempt(this.pending.wait(lock, this.meeting.Lock(lock.checked)));
    by("end").onclick = () => this.attempt(this.maps.room.has("open") ? this.meeting.Close() : this.meeting.Open());
    const form = by<HTMLFormElement>("admit"), name = by<HTMLInputElement>("admit-name"), problem = by("admit-problem");
    form.onsubmit = (e) => {
      e.preventDefault();
      const typed = name.value;
      this.meeting.Admit(typed.trim().toLowerCase()).then(
        () => (name.value === typed && (name.value = ""), (problem.textContent = "")), // unless another is typed already
        (error: unknown) => ((problem.textContent = words(error, "That did not work. Try again.")), name.focus()),
      );
    };
  }

  private attempt(done: Promise<unknown>): void {
    done.then(() => this.ask(), (e: unknown) => {
      toast(words(e, "That did not work. Try again."), { kind: "bad" });
      this.show();
    });
  }
}

/** fill puts rows into a list only where it would look otherwise: who is on a button there stays on it. */
function fill(list: HTMLElement, rows: HTMLElement[]): void {
  const html = rows.map((r) => r.outerHTML).join("");
  if (list.dataset.shown === html) return;
  const label = list.contains(document.activeElement) ? document.activeElement!.getAttribute("aria-label") : null;
  list.replaceChildren(...rows);
  list.dataset.shown = html;
  if (label) (list.querySelector<HTMLElement>(`[aria-label="${CSS.escape(label)}"]`) ?? by("people").querySelector<HTMLElement>("[data-close]"))?.focus();
}

/** tabsOf gathers the tabs of each person. */
function tabsOf(present: Person[]): Map<string, Person[]> {
  const all = new Map<string, Person[]>();
  for (const p of present) all.set(p.principal, [...(all.get(p.principal) ?? []), p]);
  return all;
}
