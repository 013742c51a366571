// What is decided in dialogs: who is let in, what they may send, how it ends, and whom one invites.
import type { Handle } from "@wabgo/client";
import { attempt, by, say, showFacts } from "./dom.ts";
import type { Cloud, Request } from "./model.ts";
import { Pane, sure } from "./panes.ts";
import { callOf, type Person } from "./people.ts";
import { Permits, permitWords, presets } from "./permits.ts";
import { factsOf } from "./requests.ts";
import { meetingLink } from "./target.ts";

export class Decisions {
  readonly sure = new Pane("sure-pane");
  private readonly panes = { answer: new Pane("answer-pane"), terms: new Pane("terms-pane"), invite: new Pane("invite-pane") };
  private readonly permits = { answer: new Permits("answer"), terms: new Permits("change"), invite: new Permits("invite") };

  /** address is the owner's. */
  constructor(private readonly cloud: Cloud & Handle, private readonly address: () => string) {
    by("invite").addEventListener("click", () => this.invite());
    by("refusal").addEventListener("submit", (e) => {
      e.preventDefault();
      void this.panes.answer.run(() => this.refuse());
    });
  }

  /** answer asks for a yes or a no to a request. */
  answer(id: string, r: Request, refuse: boolean): void {
    const reason = by<HTMLInputElement>("reason");
    this.panes.answer.box.dataset["id"] = id;
    reason.value = "";
    showFacts(this.panes.answer.find("[data-facts]"), factsOf(r, this.cloud.clock.now()));
    this.permits.answer.set(presets.usual);
    this.panes.answer.open(`${r.from} asks to connect`, async () => {
      const allow = this.permits.answer.read();
      if (!allow) return false;
      await this.cloud.Approve(id, { allow });
      say(`Approved. ${r.from} may send you ${permitWords(allow)}.`);
      return true;
    });
    if (refuse) reason.focus();
  }

  private async refuse(): Promise<void> {
    await this.cloud.Decline(this.panes.answer.box.dataset["id"]!, by<HTMLInputElement>("reason").value.trim());
    say("Refused.");
  }

  /** change asks what somebody may send from now on. */
  change(p: Person): void {
    this.permits.terms.set(p.link.allow);
    this.panes.terms.open(`What ${callOf(p)} may send you`, async () => {
      const allow = this.permits.terms.read();
      if (!allow) return false;
      await this.cloud.Allow(p.id, { allow });
      return true;
    });
  }

  /** end ends what there is with somebody, after asking; what is over is taken out of the book. */
  async end(p: Person): Promise<void> {
    if (p.link.state === "ended") return void attempt(() => this.cloud.Forget(p.id));
    const name = callOf(p), asked = p.link.state === "pending" && p.link.outbound;
    const yes = await (asked
      ? sure(this.sure, "Take your request back?", `${name} sees nothing of it any more.`, "Take it back")
      : sure(this.sure, `End the connection with ${name}?`, `Nothing can pass any more, in either direction, and ${name} is told. To connect again, one of you asks and the other approves.`, "End it"));
    if (yes) await attempt(() => this.cloud.End(p.id));
  }

  private invite(): void {
    this.permits.invite.set(presets.usual);
    this.panes.invite.open("Invite somebody", async () => {
      const allow = this.permits.invite.read();
      if (!allow) return false;
      const secret = await this.cloud.Invite({ allow, hours: Number(by<HTMLSelectElement>("invite-hours").value) });
      return meetingLink(location.origin + location.pathname, this.address(), secret);
    });
  }
}
