// The desk: all that the page shows once it knows whose it is.
import type { Handle, SharedMap } from "@wabgo/client";
import { showLedger } from "../../../../web/ui/parts/ledger.ts";
import { toast } from "../../../../web/ui/parts/toast.ts";
import { showContact } from "./contact.ts";
import { Decisions } from "./decisions.ts";
import { by, say, stayed, toTab, words } from "./dom.ts";
import { Find } from "./find.ts";
import { isNews, showLog, wordsOf } from "./log.ts";
import { Me } from "./me.ts";
import type { Card, Cloud, Contact, Entry, Found, Link, Message, Request, Terms } from "./model.ts";
import { callOf, peopleOf, type Person, showPeople } from "./people.ts";
import { showRequests } from "./requests.ts";
import { Tabs } from "./tabs.ts";
import { Ways } from "./ways.ts";

/** Home is what the owner's assistant knows, in maps of its own. */
export interface Home {
  profile: SharedMap<string>;
  settings: SharedMap;
  links: SharedMap<Link>;
  contacts: SharedMap<Contact>;
  inbox: SharedMap<Request>;
  messages: SharedMap<Message>;
  activity: SharedMap<Entry>;
}

/** homeMaps are their names. */
export const homeMaps = ["profile", "settings", "links", "contacts", "inbox", "messages", "activity"] as const;

const narrow = matchMedia("(max-width: 760px)");

/** "Ago" grows by itself, and refusals change no map: so often, in ms, all is shown anew while somebody looks. */
const often = 20_000;

export class Desk {
  readonly find: Find;
  private open = "";
  private asked = { id: "", from: null as Element | null }; // who was asked just now, and what had the focus then, until they are opened or something else is done
  private readonly drafts = new Map<string, string>(); // what has been begun to be written to those who are not open
  private readonly unread = new Set<string>();
  private readonly seen = new Map<string, number>(); // how many messages of each link have been seen
  private waiting: Set<string>; // requests that are known
  private bell = (): void => undefined; // takes the message of the latest one away
  private readonly me: Me;
  private readonly decisions: Decisions;
  private readonly ways: Ways;
  private readonly tabs = new Tabs(document.querySelector<HTMLElement>("[role=tablist]")!, () => this.turned());

  constructor(private readonly cloud: Cloud & Handle, private readonly home: Home, owner: string, search: (text: string) => Promise<Found[]>) {
    this.me = new Me(owner, cloud, () => say("Your card is saved, and on its way to your people."));
    this.find = new Find({ connect: (target, terms) => this.connect(target, terms), search });
    this.decisions = new Decisions(cloud, () => String(home.settings.get("address")));
    this.ways = new Ways(cloud, { nameOf: (id) => this.nameOf(id), open: (id) => this.visit(id), changed: () => this.showOpen(), sure: this.decisions.sure });
    this.waiting = new Set(home.inbox.keys());
    for (const id of home.links.keys()) this.seen.set(id, this.messagesOf(id).length);
    this.follow();
    this.listen();
    this.show();
    void this.ways.read();
    if (!narrow.matches && this.people[0]) this.choose(this.people[0].id, false);
  }

  private follow(): void {
    const { messages, inbox, links, activity } = this.home;
    for (const m of Object.values(this.home) as SharedMap[]) m.on("change", () => this.show());
    links.on("change", () => this.openAsked());
    messages.on("change", () => this.news());
    inbox.on("change", () => this.rung());
    for (const m of [links, activity]) m.on("change", () => void this.ways.read());
    activity.on("change", ({ set }) => {
      for (const e of set.values()) if (isNews(e)) say(`${wordsOf(e)} ${e.text}`);
    });
    setInterval(() => document.visibilityState === "visible" && (this.show(), void this.ways.read()), often);
  }

  private listen(): void {
    const on = (id: string, run: (p: Person) => void): void => by(id).addEventListener("click", () => this.person && run(this.person));
    on("permits", (p) => this.decisions.change(p));
    on("again", (p) => this.again(p));
    on("end", (p) => void this.decisions.end(p));
    by("back").addEventListener("click", () => this.choose("", true));
    by("say").addEventListener("submit", (e) => {
      e.preventDefault();
      this.write();
    });
    document.addEventListener("input", () => this.goOn());
    for (const radio of document.querySelectorAll("[name=which]")) radio.addEventListener("change", () => this.show());
  }

  online(live: boolean): void {
    this.me.online(live);
    this.find.online(live);
    this.show();
    if (live) void this.ways.read();
  }

  private get live(): boolean { return this.cloud.status.state === "live"; }
  private get now(): number { return this.cloud.clock.now(); }
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
    const { profile, settings, inbox, activity } = this.home, people = this.people;
    this.me.showSettings(settings);
    this.me.showCard(Object.fromEntries(profile) as Card, reachOf(people));
    if (this.open && !this.person) this.leave();
    showPeople(by("people"), people, this.open, this.unread, (id) => this.choose(id, true));
    by("nobody").hidden = people.length > 0;
    by("people").hidden = people.length === 0;
    this.tabs.badge("people", this.unread.size);
    this.showOpen();
    this.showInbox(inbox);
    this.ways.show();
    this.showActivity(activity);
  }

  private showInbox(inbox: ReadonlyMap<string, Request>): void {
    const requests = [...inbox].sort(([, a], [, b]) => (a.at < b.at ? 1 : -1));
    showRequests(by("requests"), requests, this.now, (id, refuse) => this.answer(id, refuse));
    by("no-requests").hidden = requests.length > 0;
    this.tabs.badge("requests", requests.length);
  }

  private showActivity(activity: ReadonlyMap<string, Entry>): void {
    const which = document.querySelector<HTMLInputElement>("[name=which]:checked")!.value;
    const log = [...activity].sort(([a], [b]) => (a < b ? 1 : -1)).filter(([, e]) => which === "all" || e.bad);
    showLog(by("log"), log, this.now);
    by("no-activity").hidden = log.length > 0;
    if (this.tabs.current === "activity") void this.readLedger();
  }

  private showOpen(): void {
    const p = this.person;
    by("contact").hidden = !p;
    by("nobody-open").hidden = !!p;
    by("choose").hidden = this.home.links.size === 0;
    by("panel-people").dataset["open"] = p ? "yes" : "no";
    if (p) showContact(p, this.ways.of(p.id), this.messagesOf(p.id), this.live, this.now);
  }

  private turned(): void {
    if (this.tabs.current === "people") this.read(this.open);
    this.show();
  }

  private visit(id: string): void {
    this.tabs.choose("people");
    this.choose(id, true);
  }

  private choose(id: string, focus: boolean): void {
    const before = this.open, field = by<HTMLInputElement>("text");
    this.goOn();
    if (id !== before) {
      this.drafts.set(before, field.value);
      field.value = this.drafts.get(id) ?? "";
    }
    this.open = id;
    this.read(id);
    this.show();
    if (!focus) return;
    if (id) by("contact-name").focus();
    else document.querySelector<HTMLElement>(`#people [data-id="${CSS.escape(before)}"]`)?.focus();
  }

  /** leave closes who is open and is not in the book any more. */
  private leave(): void {
    if (by("contact").contains(document.activeElement)) toTab();
    this.open = "";
  }

  private read(id: string): void {
    this.unread.delete(id);
    this.seen.set(id, this.messagesOf(id).length);
  }

  /** news marks whose messages were not seen yet, and reads out what came. */
  private news(): void {
    for (const p of this.people) {
      const all = this.messagesOf(p.id), latest = all.slice(this.seen.get(p.id) ?? 0).filter((m) => !m.mine).at(-1);
      this.seen.set(p.id, all.length);
      if (!latest) continue;
      if (this.open === p.id && this.tabs.current === "people") {
        say(`${callOf(p)}: ${latest.text}`);
        continue;
      }
      this.unread.add(p.id);
      toast(`${callOf(p)}: ${latest.text.slice(0, 80)}`, { action: { label: "Read", run: () => this.visit(p.id) } });
    }
    this.show();
  }

  /** rung tells of requests that came just now. */
  private rung(): void {
    for (const [id, r] of this.home.inbox) {
      if (this.waiting.has(id)) continue;
      this.bell = toast(`${r.from} asks to connect.`, { stay: 15_000, action: { label: "Look", run: () => (this.tabs.choose("requests"), this.answer(id, false)) } });
    }
    this.waiting = new Set(this.home.inbox.keys());
  }

  private async connect(target: string, terms: Terms): Promise<void> {
    const asked = (this.asked = { id: "", from: document.activeElement });
    asked.id = await this.cloud.Connect(target, terms);
    say(`Asked ${target}.`);
    this.openAsked();
  }

  /**
   * openAsked opens who was asked once they are in the map, which may follow the answer late. Whoever has gone on meanwhile stays where they are: they have opened another, have typed something, or are
   * somewhere else in the page.
   */
  private openAsked(): void {
    const { id, from } = this.asked;
    if (!this.home.links.has(id)) return;
    if (stayed(from)) this.choose(id, true);
    else this.goOn();
  }

  /** goOn opens nobody who was asked before. */
  private goOn(): void {
    this.asked = { id: "", from: null };
  }

  /** write sends what stands in the field, which is free for the next at once. What could not be sent stands there again, before what has been begun since. */
  private async write(): Promise<void> {
    const field = by<HTMLInputElement>("text"), text = field.value.trim(), p = this.person;
    if (!text || !p || !this.live) return;
    field.value = "";
    field.focus();
    try {
      await this.cloud.Message(p.id, text);
    } catch (e) {
      toast(`What you wrote to ${callOf(p)} was not sent. ${words(e)}`, { kind: "bad" });
      const back = (since = ""): string => [text, since].filter(Boolean).join(" ");
      if (this.open === p.id) field.value = back(field.value);
      else this.drafts.set(p.id, back(this.drafts.get(p.id)));
    }
  }

  private answer(id: string, refuse: boolean): void {
    const r = this.home.inbox.get(id);
    this.bell();
    if (r) this.decisions.answer(id, r, refuse);
  }

  /** again has somebody's address ready to be asked anew. */
  private again(p: Person): void {
    if (narrow.matches) this.choose("", false);
    this.find.fill({ kind: "address", to: p.link.address });
  }

  private async readLedger(): Promise<void> {
    if (!this.live) return;
    const rows = await this.cloud.History().catch(() => []);
    showLedger(document.querySelector<HTMLElement>("[data-ledger]")!, rows.map((r) => ({ who: r.who, changes: Number(r.changes), refused: Number(r.refused), last: Number(r.last) })), this.now);
  }
}

/** reachOf says who has one's card. */
function reachOf(people: readonly Person[]): string {
  const n = people.filter((p) => p.link.state === "established").length;
  return n === 0 ? "Nobody has it yet." : n === 1 ? "One person has it in their address book." : `${n} people have it in their address books.`;
}
