// Who knocks, as the host sees it: a line on top of everything, one click to let them in.
import type { SharedMap } from "@wabgo/client";
import { toast } from "../../../../web/ui/parts/toast.ts";
import { button, by, row, say, words } from "./dom.ts";
import type { Connected, Knock } from "./meeting.ts";

/** Knocks older than this are of those who have gone; the CA forgets them with the next one. */
const oldAfter = 120_000;
const most = 5;

export class Door {
  private seen = new Set<string>();

  constructor(private readonly meeting: Connected, private readonly knocks: SharedMap<Knock>) {
    knocks.on("change", () => this.show());
    setInterval(() => this.show(), 15_000);
    this.show();
  }

  private show(): void {
    const now = this.meeting.clock.now();
    const waiting = [...this.knocks].filter(([, k]) => !k.away && now - Number(k.at) / 1000 < oldAfter).map(([who]) => who);
    for (const who of waiting) if (!this.seen.has(who)) say(`${who} knocks.`);
    if (waiting.length === this.seen.size && waiting.every((who) => this.seen.has(who))) return;
    this.seen = new Set(waiting);
    const rows = waiting.slice(0, most).map((who) =>
      row(`${who} knocks`, button("Let in", who, () => this.answer(this.meeting.Admit(who)), "main"), button("Not now", who, () => this.answer(this.meeting.TurnAway(who)), "quiet")));
    if (waiting.length > most) rows.push(row(`and ${waiting.length - most} more`));
    by("door").replaceChildren(...rows);
  }

  private answer(done: Promise<unknown>): void {
    done.catch((e: unknown) => toast(words(e, "That did not work. Try again."), { kind: "bad" }));
  }
}
