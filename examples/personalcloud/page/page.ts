// The personal cloud's page: one's card, one's people, who asks, the ways in, and what has happened.
import { connect, type Handle, type SharedMap, type Status, WabError } from "@wabgo/client";
import { showLedger } from "../../../web/ui/parts/ledger.ts";
import { showNotice } from "../../../web/ui/parts/notice.ts";
import { ensureOwner } from "../../../web/ui/parts/signin.ts";
import { showState } from "../../../web/ui/parts/state.ts";
import { toast } from "../../../web/ui/parts/toast.ts";
import { showChannels } from "./parts/channels.ts";
import { showContact } from "./parts/contact.ts";
import { attempt, by, say, showFacts, words } from "./parts/dom.ts";
import { Find } from "./parts/find.ts";
import { isNews, showLog, wordsOf } from "./parts/log.ts";
import { Me } from "./parts/me.ts";
import type { Card, Cloud, Contact, Entry, Found, Link, Message, Request, Use } from "./parts/model.ts";
import { Pane, sure } from "./parts/panes.ts";
import { callOf, peopleOf, type Person, showPeople } from "./parts/people.ts";
import { Permits, permitWords } from "./parts/permits.ts";
import { factsOf, showRequests } from "./parts/requests.ts";
import { Tabs } from "./parts/tabs.ts";
import { meetingLink, readMeeting } from "./parts/target.ts";

const badge = document.querySelector<HTMLElement>(".bar .state")!;
const sheet = document.querySelector<HTMLElement>("[data-sign-in]")!;
const narrow = matchMedia("(max-width: 760px)");

let ca: (Cloud & Handle) | undefined;

/** Home is what the owner's assistant knows, in maps of its own. */
interface Home {
  profile: SharedMap<string>;
  settings: SharedMap;
  links: SharedMap<Link>;
  contacts: SharedMap<Contact>;
  inbox: SharedMap<Request>;
  messages: SharedMap<Message>;
  activity: SharedMap<Entry>;
}

const now = (): number => ca?.clock.now() ?? Date.now();

/** Desk is the page once it knows whose it is. */
class Desk {
  private open = "";
  private uses: Use[] = [];
  private readonly unread = new Set<string>();
  private seen = new Map<string, number>(); // how many messages of each link have been seen
  private waiting = new Set<string>(); // requests that are known
  private readonly me: Me;
  private readonly tabs = new Tabs(document.querySelector<HTMLElement>("[role=tablist]")!, () => this.show());
  private readonly panes = { answer: new Pane("answer-pane"), terms: new Pane("terms-pane"), channel: new Pane("channel-pane"), invite: new Pane("invite-pane"), sure: new Pane("sure-pane") };
  private readonly permits = { answer: new Permits("answer"), terms: new Permits("change"), channel: new Permits("channel"), invite: new Permits("invite") };
  readonly find = new Find({ connect: (target, terms) => this.connect(target, terms), search });

  constructor(private readonly home: Home, readonly owner: string) {
    this.me = new Me(owner, () => ca!, () => say("Your card is saved, and on its way to your people."));
    for (const m of Object.values(home) as SharedMap[]) m.on("change", () => this.show());
    home.messages.on("change", () => this.news());
    home.inbox.on("change", () => this.rung());
    for (const m of [home.links, home.activity]) m.on("change", () => void this.readUses());
    this.waiting = new Set(home.inbox.keys());
    for (const id of home.links.keys()) this.seen.set(id, this.messagesOf(id).length);
    this.listen();
    this.show();
    void this.readUses();
    if (!narrow.matches && this.people[0]) this.choose(this.people[0].id, false);
  }

  private listen(): void {
    by("back").addEventListener("click", () => this.choose("", true));
    by("say").addEventListener("submit", (e) => {
      e.preventDefault();
      void this.write();
    });
    by("permits").addEventListener("click", () => this.person && this.change(this.person));
    by("again").addEventListener("click", () => this.person && void this.again(this.person));
    by("end").addEventListener("click", () => this.person && void this.end(this.person));
    by("new-channel").addEventListener("click", () => this.makeChannel());
    by("invite").addEventListener("click", () => this.invite());
    this.panes.answer.find("[data-refuse]").addEventListener("click", () => void this.panes.answer.run(() => this.refuse()));
    for (const radio of document.querySelectorAll("[name=which]")) radio.addEventListener("change", () => this.show());
    setInterval(() => document.visibilityState === "visible" && (this.show(), void this.readUses()), 20_000); // "ago" grows by itself, and refusals change no map
  }

  online(live: boolean): void {
    this.me.online(live);
    this.find.online(live);
    by<HTMLButtonElement>("new-channel").disabled = !live;
    this.show();
  }

  private get live(): boolean { return ca?.status.state === "live"; }
  private get people(): Person[] { return peopleOf(this.home.links, this.home.contacts); }
  private get person(): Person | undefined { return this.people.find((p) => p.id === this.open); }

  private messagesOf(id: string): Message[] {
    return [...this.home.messages].filter(([, m]) => m.link === id).sort(([a], [b]) => (a < b ? -1 : 1)).map(([, m]) => m);
  }

  private nameOf(id: string): string {
    const p = this.people.find((p) => p.id === id);
    return p ? callOf(p) : "somebody";
  }

  private show(): void {
    const { profile, settings, inbox, activity } = this.home, people = this.people, at = now();
    this.me.showSettings(settings);
    this.me.showCard(Object.fromEntries(profile) as Card, reachOf(people));
    if (this.open && !this.person) this.open = "";
    showPeople(by("people"), people, this.open, this.unread, (id) => this.choose(id, true));
    by("nobody").hidden = people.length > 0;
    by("people").hidden = people.length === 0;
    this.showOpen(at);
    const requests = [...inbox].sort(([, a], [, b]) => (a.at < b.at ? 1 : -1));
    showRequests(by("requests"), requests, at, (id, refuse) => this.answer(id, refuse));
    by("no-requests").hidden = requests.length > 0;
    this.tabs.badge("requests", requests.length);
    this.tabs.badge("people", this.unread.size);
    this.showChannels();
    const which = document.querySelector<HTMLInputElement>("[name=which]:checked")!.value;
    const log = [...activity].sort(([a], [b]) => (a < b ? 1 : -1)).filter(([, e]) => which === "all" || e.bad);
    showLog(by("log"), log, at);
    by("no-activity").hidden = log.length > 0;
    if (this.tabs.current === "activity") void this.readLedger();
  }

  private showOpen(at: number): void {
    const p = this.person;
    by("contact").hidden = !p;
    by("nobody-open").hidden = !!p;
    by("choose").hidden = this.home.links.size === 0;
    by("panel-people").dataset["open"] = p ? "yes" : "no";
    if (p) showContact(p, this.uses.find((u) => u.subscription === p.id), this.messagesOf(p.id), this.live, at);
  }

  private choose(id: string, focus: boolean): void {
    const before = this.open;
    this.open = id;
    this.read(id);
    this.show();
    if (!focus) return;
    if (id) by("contact-name").focus();
    else document.querySelector<HTMLElement>(`#people [data-id="${CSS.escape(before)}"]`)?.focus();
  }

  private read(id: string): void {
    this.unread.delete(id);
    this.seen.set(id, this.messagesOf(id).length);
  }

  /** news marks whose messages were not seen yet, and reads out what came. */
  private news(): void {
    for (const p of this.people) {
      const all = this.messagesOf(p.id), fresh = all.slice(this.seen.get(p.id) ?? 0).filter((m) => !m.mine);
      if (fresh.length && !(this.open === p.id && this.tabs.current === "people")) {
        this.unread.add(p.id);
        toast(`${callOf(p)}: ${fresh.at(-1)!.text.slice(0, 80)}`, { action: { label: "Read", run: () => (this.tabs.choose("people"), this.choose(p.id, true)) } });
      }
      this.seen.set(p.id, all.length);
    }
    this.show();
  }

  private bell = (): void => undefined; // takes the latest of these messages away

  /** rung tells of requests that came just now. */
  private rung(): void {
    for (const [id, r] of this.home.inbox) {
      if (this.waiting.has(id)) continue;
      this.bell = toast(`${r.from} asks to connect.`, { stay: 15_000, action: { label: "Look", run: () => (this.tabs.choose("requests"), this.answer(id, false)) } });
    }
    this.waiting = new Set(this.home.inbox.keys());
  }

  private async connect(target: string, terms: Parameters<Cloud["Connect"]>[1]): Promise<void> {
    const id = await ca!.Connect(target, terms);
    say(`Asked ${target}.`);
    for (let i = 0; i < 50 && !this.home.links.has(id); i++) await new Promise((r) => setTimeout(r, 20)); // the map follows the answer in a moment
    this.choose(id, true);
  }

  private async write(): Promise<void> {
    const input = by<HTMLInputElement>("text"), text = input.value.trim(), p = this.person;
    if (!text || !p || !this.live) return;
    if (await attempt(() => ca!.Message(p.id, text))) input.value = "";
    input.focus();
  }

  private answer(id: string, refuse: boolean): void {
    const r = this.home.inbox.get(id);
    this.bell();
    if (!r) return;
    const { box } = this.panes.answer, reason = by<HTMLInputElement>("reason");
    box.dataset["id"] = id;
    reason.value = "";
    showFacts(this.panes.answer.find("[data-facts]"), factsOf(r, now()));
    this.permits.answer.set(permitsFor.usual);
    this.panes.answer.open(`${r.from} asks to connect`, async () => {
      const allow = this.permits.answer.read();
      if (!allow) return false;
      await ca!.Approve(id, { allow });
      say(`Approved. ${r.from} may send you ${permitWords(allow)}.`);
      return true;
    });
    if (refuse) reason.focus();
  }

  private async refuse(): Promise<void> {
    await ca!.Decline(this.panes.answer.box.dataset["id"]!, by<HTMLInputElement>("reason").value.trim());
    say("Refused.");
  }

  private change(p: Person): void {
    this.permits.terms.set(p.link.allow);
    this.panes.terms.open(`What ${callOf(p)} may send you`, async () => {
      const allow = this.permits.terms.read();
      if (!allow) return false;
      await ca!.Allow(p.id, { allow });
      return true;
    });
  }

  private async again(p: Person): Promise<void> {
    this.find.fill({ kind: "address", to: p.link.address });
    if (narrow.matches) this.choose("", false);
    by("target").focus();
  }

  private async end(p: Person): Promise<void> {
    const name = callOf(p);
    if (p.link.state === "ended") return void attempt(() => ca!.Forget(p.id));
    const asked = p.link.state === "pending" && p.link.outbound;
    const yes = await sure(this.panes.sure, asked ? `Take your request back?` : `End the connection with ${name}?`,
      asked ? `${name} sees nothing of it any more.` : `Nothing can pass any more, in either direction, and ${name} is told. To connect again, one of you asks and the other approves.`, asked ? "Take it back" : "End it");
    if (yes) await attempt(() => ca!.End(p.id));
  }

  private invite(): void {
    this.permits.invite.set(permitsFor.usual);
    this.panes.invite.open("Invite somebody", async () => {
      const allow = this.permits.invite.read();
      if (!allow) return false;
      const secret = await ca!.Invite({ allow, hours: Number(by<HTMLSelectElement>("invite-hours").value) });
      this.panes.invite.made(meetingLink(location.origin + location.pathname, String(this.home.settings.get("address")), secret));
      return false;
    });
  }

  private makeChannel(u?: Use): void {
    const name = by<HTMLInputElement>("channel-name");
    name.value = u?.name ?? "";
    name.readOnly = u !== undefined;
    this.permits.channel.set(u?.allow ?? []);
    this.panes.channel.open(u ? `Change ${u.name}` : "Make a channel", async () => {
      const allow = this.permits.channel.read();
      if (!allow) return false;
      const value = (id: string): number => Number(by<HTMLSelectElement>(id).value);
      this.shown(await ca!.MakeChannel(name.value.trim().toLowerCase(), { allow, rate: value("channel-rate"), hours: value("channel-hours") }));
      void this.readUses();
      return false;
    });
    (u ? this.panes.channel.find<HTMLElement>("[name=channel-permits]:checked") : name).focus();
  }

  /** shown shows the link of a channel, and how to use it. */
  private shown(url: string, doorbell = false): void {
    this.panes.channel.made(url);
    by("channel-words").textContent = doorbell ? "Whoever has the link can ask to connect with you. Your address leads to it." : "Whoever has the link can send what you allowed, until you remove the channel. An event’s domain and type are added to it:";
    by("channel-try").hidden = doorbell;
    by("channel-try").textContent = `curl -d '{"celsius":21}' -H 'Content-Type: application/json' \\\n  ${url}/none/weather/measured`;
  }

  private showChannels(): void {
    showChannels(by("channels"), this.uses, (id) => this.nameOf(id), now(), this.live, {
      open: (u) => (this.tabs.choose("people"), this.choose(u.subscription, true)),
      change: (u) => this.makeChannel(u),
      show: (u) => void attempt(async () => {
        const url = await ca!.ChannelLink(u.name);
        this.panes.channel.open(u.kind === "doorbell" ? "The doorbell" : u.name);
        this.shown(url, u.kind === "doorbell");
      }),
      remove: async (u) => {
        if (!(await sure(this.panes.sure, `Remove ${u.name}?`, "Its link is dead at once, and stays so.", "Remove it"))) return;
        await attempt(() => ca!.RemoveChannel(u.name));
        void this.readUses();
      },
    });
    by("no-channels").hidden = this.uses.length > 0;
  }

  private reading = false;
  private stale = false;

  /** readUses asks what came through the channels, one reading at a time; what changes meanwhile is read afterwards. */
  private async readUses(): Promise<void> {
    this.stale = true;
    if (this.reading || !this.live) return;
    this.reading = true;
    try {
      while (this.stale) {
        this.stale = false;
        this.uses = await ca!.Channels();
        this.showChannels();
        this.showOpen(now());
      }
    } catch {
      // the badge tells of a lost connection; the next change reads again
    } finally {
      this.reading = false;
    }
  }

  private async readLedger(): Promise<void> {
    if (!this.live) return;
    const rows = await ca!.History().catch(() => []);
    showLedger(document.querySelector<HTMLElement>("[data-ledger]")!, rows.map((r) => ({ who: r.who, changes: Number(r.changes), refused: Number(r.refused), last: Number(r.last) })), now());
  }
}

const permitsFor = { usual: [{ domain: "profile", type: "updated" }, { domain: "message", type: "text" }] };

/** reachOf says who has one's card. */
function reachOf(people: readonly Person[]): string {
  const n = people.filter((p) => p.link.state === "established").length;
  return n === 0 ? "Nobody has it yet." : n === 1 ? "One person has it in their address book." : `${n} people have it in their address books.`;
}

let desk: Desk | undefined;

/** Pages is the white pages' assistant, on servers that have one. */
interface Pages {
  Search(text: string, limit: number): Promise<Found[]>;
}

let pages: Promise<Pages & Handle> | undefined;

/** search looks somebody up in the white pages of this server. */
async function search(text: string): Promise<Found[]> {
  pages ??= connect<Pages>({ app: "whitepages", ca: "commons/pages" });
  try {
    return (await (await pages).Search(text, 20)).filter((f) => f.owner !== desk?.owner);
  } catch (e) {
    pages = undefined; // asked anew the next time
    throw e instanceof WabError && e.code === "not_found" ? new WabError(e.code, "This server has no white pages. Ask them for their address: it looks like bob@cloud.example.") : e;
  }
}


async function open(owner: string): Promise<void> {
  const names = ["profile", "settings", "links", "contacts", "inbox", "messages", "activity"] as const;
  const maps = await Promise.all(names.map((name) => ca!.map(name)));
  const home = Object.fromEntries(names.map((name, i) => [name, maps[i]])) as unknown as Home;
  desk = new Desk(home, owner);
  home.activity.on("change", ({ set }) => {
    for (const e of set.values()) if (isNews(e)) say(`${wordsOf(e)} ${e.text}`);
  });
}

/** introduce fills in what follows from the owner's name alone. */
function introduce(owner: string): void {
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
    await open(owner);
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
