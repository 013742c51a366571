// Hello WAB's page: who is here, what everybody sees, and who may come in.
import { connect, type Status, WabError } from "@wabgo/client";
import { setLink } from "../../../web/ui/parts/copy.ts";
import { showNotice } from "../../../web/ui/parts/notice.ts";
import { ensureOwner } from "../../../web/ui/parts/signin.ts";
import { showState } from "../../../web/ui/parts/state.ts";
import { toast } from "../../../web/ui/parts/toast.ts";
import { titleOf } from "./parts/apps.ts";
import { by, words } from "./parts/dom.ts";
import { Inside } from "./parts/inside.ts";
import { Lobby } from "./parts/lobby.ts";
import { type AtDoor, type Connected, namesOf, type Names } from "./parts/meeting.ts";
import { Stage } from "./parts/stage.ts";

const badge = document.querySelector<HTMLElement>(".bar .state")!;
const sheet = document.querySelector<HTMLElement>("[data-sign-in]")!;
const stage = new Stage(by("stage"), by("stage-words"));

/** loading says what is awaited, where it takes longer than one second; what it returns stops that. */
function loading(): () => void {
  const say = (text: string) => (): void => {
    const offline = badge.dataset["state"] === "offline";
    stage.say(offline ? "The server can’t be reached. The meeting goes on as soon as it can." : text);
  };
  const timers = [setTimeout(say("Getting the meeting …"), 1_000), setTimeout(say("Still getting the meeting. The first time takes longer on a slow network."), 3_500)];
  return () => timers.forEach(clearTimeout);
}

/** introduce fills in what follows from the names alone. */
function introduce(names: Names): void {
  const url = new URL(location.href);
  url.search = `?ca=${names.ca}`;
  url.hash = "";
  history.replaceState(null, "", url);
  document.title = `${names.ca} · Hello WAB · wab`;
  by("whose").textContent = `${names.hosting ? "Your" : `${names.host}’s`} meeting, ${names.ca}`;
  by("me").textContent = names.me;
  by("you").hidden = false;
  by<HTMLAnchorElement>("second").href = url.href;
  setLink(document.querySelector<HTMLElement>("#invite [data-copy]")!, url.href);
  for (const el of document.querySelectorAll<HTMLElement>("[data-host]")) el.hidden = !names.hosting;
  if (!names.hosting) by("invite-hint").textContent = `Whoever opens it knocks, and ${names.host} lets them in.`;
}

class Visit {
  private inside: Inside | undefined;
  private readonly lobby: Lobby;
  private coming = false;

  constructor(private readonly meeting: Connected, private readonly names: Names) {
    this.lobby = new Lobby(meeting, names, () => void this.comeIn());
    meeting.on("note", (note) => this.hear(note as { door?: AtDoor; refused?: string; message?: string }));
  }

  async begin(): Promise<void> {
    if (!this.names.hosting) return this.lobby.wait();
    setLink(document.querySelector<HTMLElement>("#invite [data-copy]")!, absolute((await this.meeting.Open()).url));
    await this.comeIn();
  }

  private hear(note: { door?: AtDoor; refused?: string; message?: string }): void {
    if (note.door === "out") return this.goOut();
    if (note.door) this.lobby.hear(note.door);
    if (note.refused) toast(`${note.refused}: ${note.message ?? "refused"}`, { kind: "bad" });
  }

  private async comeIn(): Promise<void> {
    if (this.inside || this.coming) return;
    this.coming = true;
    try {
      this.inside = await Inside.open(this.meeting, this.names, stage, () => this.goOut());
    } catch (e) {
      if (e instanceof WabError && e.code === "not_allowed") this.goOut();
      else throw e;
    } finally {
      this.coming = false;
    }
  }

  /** goOut leaves nothing of the meeting in the page. */
  private goOut(): void {
    this.inside?.close();
    this.inside = undefined;
    this.lobby.hear("out");
  }
}

/** absolute completes an address that the server knows the path of alone. */
const absolute = (url: string): string => new URL(url, location.href).href;

function explain(e: unknown, names: Names): void {
  if (!(e instanceof WabError)) console.error(e); // a mistake of this page
  const code = e instanceof WabError ? e.code : "internal";
  const text = code === "not_found" ? `There is no meeting ${names.ca}. Ask ${names.host} for the link, or start one of your own.` : words(e, "The meeting can’t be opened.");
  stage.say("");
  const own = (): void => location.assign("/hellowab/");
  showNotice(by("notice"), { kind: "bad", text, code, action: code === "not_found" ? { label: "My own meeting", run: own } : { label: "Try again", run: () => location.reload() } });
}

function onState(status: Status, names: Names): void {
  showState(badge, status);
  if (status.state === "refused") explain(new WabError(status.reason?.code ?? "internal", status.reason?.message ?? ""), names);
}

async function start(me: string): Promise<void> {
  const names = namesOf(me, new URLSearchParams(location.search).get("ca") || "meeting");
  introduce(names);
  const loaded = loading();
  try {
    const meeting = await connect<Connected>({ app: "hellowab", ca: names.ca, keep: 20, onState: (s) => onState(s, names) });
    await new Visit(meeting, names).begin();
  } catch (e) {
    if (e instanceof WabError && e.code === "unauthenticated") return start(await ensureOwner(sheet, { ask: true, suggest: me }));
    explain(e, names);
  } finally {
    loaded();
  }
}

by("change").addEventListener("click", async () => {
  await ensureOwner(sheet, { ask: true });
  location.reload();
});

void titleOf("").then(() => undefined); // so that the list of apps is here when it is needed
void ensureOwner(sheet).then(start);
