// The personal cloud's page: one's card, one's people, who asks, the ways in, and what has happened.
import { connect, type Handle, type Status, WabError } from "@wabgo/client";
import { showNotice } from "../../../web/ui/parts/notice.ts";
import { ensureOwner } from "../../../web/ui/parts/signin.ts";
import { showState } from "../../../web/ui/parts/state.ts";
import { toast } from "../../../web/ui/parts/toast.ts";
import { Desk, type Home, homeMaps } from "./parts/desk.ts";
import { by, words } from "./parts/dom.ts";
import type { Cloud, Found } from "./parts/model.ts";
import { readMeeting } from "./parts/target.ts";

const badge = document.querySelector<HTMLElement>(".bar .state")!;
const sheet = document.querySelector<HTMLElement>("[data-sign-in]")!;

let ca: (Cloud & Handle) | undefined;

let desk: Desk | undefined;
let me = ""; // whose page it is

/** Pages is the white pages' assistant, on servers that have one. */
interface Pages {
  Search(text: string, limit: number): Promise<Found[]>;
}

let pages: Promise<Pages & Handle> | undefined;

/** search looks somebody up in the white pages of this server. */
async function search(text: string): Promise<Found[]> {
  pages ??= connect<Pages>({ app: "whitepages", ca: "commons/pages" });
  try {
    return (await (await pages).Search(text, 20)).filter((f) => f.owner !== me);
  } catch (e) {
    pages = undefined; // asked anew the next time
    throw e instanceof WabError && e.code === "not_found" ? new WabError(e.code, "This server has no white pages. Ask them for their address: it looks like bob@cloud.example.") : e;
  }
}

async function open(owner: string, cloud: Cloud & Handle): Promise<void> {
  const maps = await Promise.all(homeMaps.map((name) => cloud.map(name)));
  desk = new Desk(cloud, Object.fromEntries(homeMaps.map((name, i) => [name, maps[i]])) as unknown as Home, owner, search);
}

/** introduce fills in what follows from the owner's name alone. */
function introduce(owner: string): void {
  me = owner;
  document.title = `${owner} · Personal cloud · wab`;
  by("whose").textContent = `Personal cloud of ${owner}`;
  by("who").textContent = owner;
  by("you").hidden = false;
}

/** invited has whoever sent the link ready in the field; nothing else is done. */
function invited(): void {
  const target = readMeeting(location.hash);
  if (!target) return;
  history.replaceState(history.state, "", location.pathname + location.search); // a secret stands in no history
  desk!.find.fill(target);
  const away = toast(target.invitation ? `${target.to} invites you. Connect, and you are let in at once.` : `Connect with ${target.to}?`, { stay: 30_000, action: { label: "Connect", run: () => by<HTMLFormElement>("find").requestSubmit() } });
  by("find").addEventListener("submit", away, { once: true });
}

function onState(status: Status): void {
  showState(badge, status);
  desk?.online(status.state === "live");
  const offline = status.state === "offline" && ca !== undefined;
  if (status.state === "refused" && ca) explain(new WabError(status.reason?.code ?? "internal", status.reason?.message ?? ""));
  else showNotice(by("notice"), offline ? { kind: "warn", text: "Offline. Your people and messages are here as they were; you can change things again when the server is back." } : undefined);
}

function explain(e: unknown): void {
  if (!(e instanceof WabError)) console.error(e); // a mistake of this page
  const code = e instanceof WabError ? e.code : "internal";
  showNotice(by("notice"), { kind: "bad", text: words(e, "Your cloud can’t be opened."), code, action: { label: code === "unauthenticated" ? "Sign in" : "Try again", run: () => location.reload() } });
}

/** loading says what is awaited, where it takes longer than one second; what it returns stops that. */
function loading(): () => void {
  const tell = (text: string) => (): void => {
    const offline = badge.dataset["state"] === "offline";
    showNotice(by("notice"), { kind: "warn", text: offline ? "The server can’t be reached. Your cloud appears as soon as it can." : text });
  };
  const timers = [setTimeout(tell("Getting your cloud …"), 1_000), setTimeout(tell("Still getting your cloud. The first time takes longer on a slow network."), 3_500)];
  return () => {
    timers.forEach(clearTimeout);
    showNotice(by("notice"), undefined);
  };
}

async function start(owner: string): Promise<void> {
  introduce(owner);
  const loaded = loading();
  try {
    ca = await connect<Cloud>({ app: "personalcloud", ca: `${owner}/home`, keep: 1, onState });
    await open(owner, ca);
    loaded();
    by("room").dataset["ready"] = "yes";
    onState(ca.status);
    invited();
  } catch (e) {
    loaded();
    if (e instanceof WabError && e.code === "unauthenticated") return start(await ensureOwner(sheet, { ask: true, suggest: owner }));
    explain(e);
  }
}

by("change").addEventListener("click", async () => {
  await ensureOwner(sheet, { ask: true });
  location.assign(location.pathname);
});

void ensureOwner(sheet).then(start);
