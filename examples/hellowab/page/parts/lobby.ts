// Outside the door: who has the link and is not in yet knocks, and waits to be let in.
import { by, say, words } from "./dom.ts";
import type { AtDoor, Connected, Names } from "./meeting.ts";

/** Who still waits knocks again; the CA forgets a knock after two minutes. */
const knockEvery = 45_000;

export class Lobby {
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly meeting: Connected, private readonly names: Names, private readonly enter: () => void) {
    by("lobby-again").onclick = () => void this.knock();
  }

  /** wait knocks until somebody opens. */
  async wait(): Promise<void> {
    await this.knock();
    this.timer ??= setInterval(() => document.visibilityState === "visible" && this.waiting && void this.knock(), knockEvery);
  }

  private waiting = false;

  /** hear is what becomes of somebody at the door, and of somebody inside who is shown out. */
  hear(state: AtDoor): void {
    this.waiting = state === "waiting";
    if (state === "in") return this.leave();
    const { host, me } = this.names;
    const line = {
      waiting: `You have knocked as “${me}”. ${host} lets you in; keep this page open.`,
      away: `${host} can’t let you in right now. You can knock again in a minute.`,
      locked: `${host} has locked the meeting: nobody else comes in at the moment.`,
      out: `${host} has shown you out of this meeting. Ask ${host} if you would like to come back.`,
    }[state];
    by("lobby").hidden = false;
    by("lobby-line").textContent = line;
    by("lobby-again").hidden = state !== "away" && state !== "locked";
    by("lobby-own").hidden = state === "waiting";
  }

  /** leave is the end of waiting. */
  leave(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    if (!by("lobby").hidden) say("You are in.");
    by("lobby").hidden = true;
    this.enter();
  }

  private async knock(): Promise<void> {
    try {
      this.hear((await this.meeting.Knock()).state);
    } catch (e) {
      if ((e as { code?: string }).code === "not_allowed") return this.hear("out");
      by("lobby").hidden = false;
      by("lobby-line").textContent = words(e, "The door does not answer. Try again.");
      by("lobby-again").hidden = false;
    }
  }
}
