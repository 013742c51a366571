/** <wab-devices>: everybody's panel of devices. See README.md for its attributes, properties and events. */
import { connect, type DeviceTimeline, type Handle, type SharedMap, signedIn, signIn, type Value, WabError } from "@wabgo/client";
import { Adder, kinds } from "./adder.ts";
import { Card } from "./card.ts";
import { button, h, holdsFocus, write } from "./dom.ts";
import { allVerbs, type Driver, type Verb } from "./driver.ts";
import type { OwnerActs } from "./owner.ts";
import { share, type SharedDevice, type ShareOptions } from "./share.ts";
import { style } from "./styles.ts";
import { Tabs } from "./tabs.ts";
import { DeviceView, type Opens } from "./view.ts";

/** Act asks for a command on a way of the page's own, such as call.act or a meeting's method. What it resolves with is the bundle's id, if it is a text. */
export type Act = (device: string, command: string, args: readonly unknown[]) => Promise<unknown>;

/** A device of which nothing is known yet holds up those after it for so long, in ms. */
const patience = 1_500;

export class WabDevices extends HTMLElement {
  /** Asks for commands, instead of DeviceDo of the device's CA. */
  act: Act | undefined;
  /** Connects to CAs other than one's own, instead of what the attributes say. */
  opens: Opens | undefined;
  /** Ends devices of this tab that were added from then on: the end of a call. */
  signal: AbortSignal | undefined;
  private home: Handle | undefined;
  private opened: Handle | undefined; // the connection that we have opened ourselves
  private named: string[] = [];
  private listing: SharedMap<Value> | undefined;
  private unlist: (() => void) | undefined;
  private tabs: Tabs | undefined;
  private line: DeviceTimeline | undefined;
  private readonly own = new Map<string, SharedDevice>();
  private readonly views = new Map<string, { view: DeviceView; card: Card; since: number; placed: boolean }>();
  private readonly coming = new Map<HTMLElement, string>(); // what says that a device is connected to, until its card is there; with its name, when it has one
  private readonly taken = new Set<string>(); // the names of the devices that are connected to
  private readonly others = new Map<string, Promise<Handle>>();
  private readonly heading = h("h2", { tabindex: -1 });
  private readonly list = h("ul", { class: "cards" });
  private readonly empty = h("div", { class: "empty" });
  private readonly aloud = h("p", { class: "unseen", role: "status" });
  private readonly problem = h("p", { class: "problem", role: "alert" });
  private built = false;
  private stay = new AbortController(); // ends when the panel is removed from the page, with all that it drives

  /** connection is a connected CA of one's own, in which devices that are added here live. Set it, or name one by attributes. */
  set connection(ca: Handle | undefined) {
    this.unfollow();
    this.home = ca;
    this.follow();
  }
  get connection(): Handle | undefined { return this.home; }

  /** devices are those to show, as app:owner/local/device or owner/local/device; one's own that a tab of this browser drives are shown anyway. */
  set devices(names: readonly string[]) {
    this.named = [...names];
    this.refresh();
  }
  get devices(): readonly string[] { return [...this.views.keys()]; }

  /** listed is a map whose keys are devices to show: these, and those of this tab. */
  set listed(map: SharedMap<Value> | undefined) {
    this.unfollow();
    this.listing = map;
    this.follow();
  }

  /** timeline has devices of this tab act with the picture of a call: call.timeline. */
  set timeline(t: DeviceTimeline | undefined) {
    this.line = t;
    for (const s of this.own.values()) s.timeline = t;
  }

  /** shared are the devices that this tab drives. */
  get shared(): readonly SharedDevice[] { return [...this.own.values()]; }

  connectedCallback(): void {
    if (!this.built) this.build();
    if (this.stay.signal.aborted) {
      this.stay = new AbortController();
      write(this.problem, "");
    }
    this.follow();
    if (!this.home && this.getAttribute("app")) void this.open().catch((e: Error) => write(this.problem, e.message));
  }

  disconnectedCallback(): void {
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.stay.abort(new WabError("unavailable", "The panel was removed from the page."));
      for (const { view } of this.views.values()) view.close();
      this.views.clear();
      this.coming.clear();
      this.list.replaceChildren();
      this.unfollow();
      for (const ca of this.others.values()) void ca.then((c) => c.close(), () => undefined);
      this.others.clear();
      this.opened?.close();
      if (this.home === this.opened) this.home = undefined;
      this.opened = undefined;
    });
  }

  /** add adds a device of a kind: virtual-lamp, virtual-heart; lamp, heart or any for a real one, for which it must be called while a click is handled. It resolves with nothing where that failed, and shows why. */
  async add(kind: string, services: readonly string[] = []): Promise<SharedDevice | undefined> {
    const k = kinds[kind];
    write(this.problem, "");
    try {
      if (!k) throw new WabError("bad_request", `There is no kind of device called ${kind}.`);
      const driver = await k.pick(services);
      return driver && (await this.drive(driver, k.base));
    } catch (e) {
      write(this.problem, (e as Error).message);
      return undefined;
    }
  }

  /** drive shares what a driver drives, under the first name that is free: lamp, lamp-2. It rejects, and closes the driver, also where there is no connection, or the panel is removed from the page meanwhile. */
  async drive(driver: Driver, base: string, options: Partial<ShareOptions> = {}): Promise<SharedDevice> {
    const home = this.home;
    if (!home) {
      driver.close();
      throw new WabError("unavailable", "There is no connection yet. Try again in a moment.");
    }
    const coming = h("li", { class: "card", "data-reach": "none" }, h("p", { class: "soft" }, `Connecting to ${driver.name} …`));
    this.coming.set(coming, "");
    this.refresh();
    const signal = AbortSignal.any([this.stay.signal, options.signal ?? this.signal].filter((s) => s !== undefined));
    let s: SharedDevice;
    let name = "";
    try {
      name = await this.free(home, base);
      this.refresh();
      s = await share(home, { name, driver, with: this.preset, may: this.rights, timeline: this.line, ...options, signal });
      this.own.set(s.fullName, s);
      this.coming.set(coming, s.fullName);
    } catch (e) {
      driver.close();
      this.coming.delete(coming);
      coming.remove();
      throw e;
    } finally {
      this.taken.delete(`${home.name}/${name}`);
      this.refresh();
    }
    this.tabs?.tell([...this.own.keys()]);
    void s.ended.then((why) => this.ended(s, why));
    this.say(`${s.title} added`);
    this.tell("shared", { device: s.fullName, name: s.title, profile: s.profile.name });
    return s;
  }

  private ended(s: SharedDevice, why: WabError | undefined): void {
    this.own.delete(s.fullName);
    this.tabs?.tell([...this.own.keys()]);
    this.drop(s.fullName);
    if (why) write(this.problem, why.message);
    this.say(`${s.title} removed`);
    this.tell("unshared", { device: s.fullName, name: s.title });
    this.refresh();
  }

  /** free is a name under which nobody drives a device now, and takes it. */
  private async free(home: Handle, base: string): Promise<string> {
    for (let n = 1; ; n++) {
      const name = n === 1 ? base : `${base}-${n}`;
      const full = `${home.name}/${name}`;
      if (this.own.has(full)) continue;
      const { online } = (await home.call("DeviceShared", [name])) as { online: boolean };
      if (online || this.own.has(full) || this.taken.has(full)) continue;
      this.taken.add(full);
      return name;
    }
  }

  private get preset(): string[] { return (this.getAttribute("with") ?? "").split(/\s+/).filter(Boolean); }
  private get rights(): Verb[] {
    const may = this.getAttribute("may");
    return may === null ? [...allVerbs] : allVerbs.filter((v) => may.split(/\s+/).includes(v));
  }

  private build(): void {
    this.built = true;
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    const adds = this.getAttribute("add") !== "no";
    const title = this.getAttribute("heading") ?? "Devices";
    write(this.heading, title);
    const head = h("header", { class: "head" }, this.heading);
    if (adds) head.append(new Adder(this.preset.length ? "Share a device" : "Add a device", (kind, services) => void this.add(kind, services)).element);
    this.empty.append(h("p", {}, adds ? "No devices yet. A virtual lamp needs no hardware." : "No devices are shared yet."));
    if (adds) this.empty.append(button("Add a virtual lamp", () => void this.add("virtual-lamp"), { class: "main" }));
    root.append(h("section", { "aria-label": title }, head, this.problem, this.list, this.empty, this.aloud));
  }

  /** open connects to the CA that the attributes name. A connection that comes when the panel has been removed, or has another one, is closed. */
  private async open(): Promise<void> {
    const { signal } = this.stay;
    const [server, guest] = ["server", "guest"].map((a) => this.getAttribute(a));
    if (guest && signedIn(server ?? undefined) !== guest) await signIn.guest(guest, server ? { server } : {});
    const ca = (await connect(this.target(this.getAttribute("ca") ?? "home"))) as unknown as Handle;
    if (signal.aborted || this.home) return ca.close();
    this.connection = this.opened = ca;
  }

  private target(ca: string): Parameters<typeof connect>[0] {
    const [server, token, guest] = ["server", "token", "guest"].map((a) => this.getAttribute(a));
    const [app, name] = ca.includes(":") ? (ca.split(":") as [string, string]) : [this.getAttribute("app")!, ca];
    const owner = guest ?? (this.home && ownerOf(this.home.name));
    return { app, ca: name, ...(server && { server }), ...(token ? { token } : owner && { owner }) };
  }

  private readonly to: Opens = (ca) => {
    if (ca === this.home?.name) return Promise.resolve(this.home);
    if (this.opens) return this.opens(ca);
    let c = this.others.get(ca);
    if (!c) {
      this.others.set(ca, (c = connect(this.target(ca)) as unknown as Promise<Handle>));
      c.catch(() => this.others.delete(ca));
    }
    return c;
  };

  /** follow keeps up with what is listed, and with other tabs, while the panel is in a page. */
  private follow(): void {
    if (!this.isConnected) return;
    this.unlist ??= this.listing?.on("change", () => this.refresh());
    if (this.home) this.tabs ??= new Tabs(this.home.name, () => this.refresh());
    this.tabs?.tell([...this.own.keys()]);
    this.refresh();
  }

  private unfollow(): void {
    this.unlist?.();
    this.tabs?.close();
    this.unlist = this.tabs = undefined;
  }

  /** refresh shows what is to be shown. */
  private refresh(): void {
    if (!this.built || !this.isConnected || !this.home) return void (this.empty.hidden = !this.home);
    const { home } = this;
    const said = [...(this.getAttribute("devices") ?? "").split(/\s+/).filter(Boolean), ...this.named, ...(this.listing?.keys() ?? [])].map((n) => this.complete(n));
    const nearby = (this.listing ? [] : (this.tabs?.names ?? [])).filter((n) => n.startsWith(`${home.name}/`) && this.complete(n) === n);
    const wanted = new Set([...this.own.keys(), ...said, ...nearby]);
    for (const name of this.views.keys()) if (!wanted.has(name)) this.drop(name);
    for (const name of wanted) if (name && !this.views.has(name)) this.show(name, home);
    for (const [name, { view, card }] of this.views) {
      view.here = this.own.has(name) || this.taken.has(name);
      card.update();
    }
    this.reveal();
    this.empty.hidden = this.views.size + this.coming.size > 0;
  }

  /** complete makes app:owner/local/device of a shorter name; what is none is empty. */
  private complete(name: string): string {
    const full = name.includes(":") ? name : `${this.home!.name.split(":")[0]}:${name.split("/").length === 1 ? `${this.home!.name.split(":")[1]}/` : ""}${name}`;
    return /^[a-z0-9-]+:[a-z0-9-]+\/[a-z0-9-]+\/[a-z0-9-]+$/.test(full) ? full : "";
  }

  private show(name: string, home: Handle): void {
    const mine = ownerOf(name) === ownerOf(home.name);
    const view = new DeviceView(home, name, mine, this.to, () => this.changed(name));
    const card = new Card(view, {
      act: (v, command, args) => v.act(command, args, undefined, this.act).then(() => this.tell("acted", { device: name, command, args })),
      owner: mine ? this.ownerActs(name, view) : undefined,
      say: (text) => this.say(text),
      preset: this.preset,
    });
    this.views.set(name, { view, card, since: Date.now(), placed: false });
    setTimeout(() => this.reveal(), patience + 10);
  }

  private changed(name: string): void {
    this.views.get(name)?.card.update();
    this.reveal();
  }

  /**
   * reveal shows cards in their order, each when there is something on it, so that nothing moves under anybody’s hand. What is waited for too long holds up nothing any more: like devices that are
   * connected to, it stands last until there is more to show of it. What says that a device is connected to goes in the moment in which its card comes: what stands after it stays where it is.
   */
  private reveal(): void {
    const last: HTMLElement[] = [];
    for (const shown of this.views.values()) {
      const { view, card, since, placed } = shown;
      if (placed) continue;
      if (view.there || view.refused) {
        shown.placed = true;
        this.list.append(card.element);
      } else if (Date.now() - since < patience) {
        break;
      } else {
        last.push(card.element);
      }
    }
    for (const [coming, name] of this.coming) {
      const shown = this.views.get(name);
      if (!name || (shown && !shown.placed && !last.includes(shown.card.element))) continue;
      this.coming.delete(coming);
      coming.remove();
    }
    last.push(...this.coming.keys());
    const lie = [...this.list.children].slice(-last.length);
    if (last.some((el, i) => el !== lie[i])) this.list.append(...last);
  }

  private ownerActs(name: string, view: DeviceView): OwnerActs {
    const call = async (method: string, ...args: unknown[]): Promise<void> => void (await (await this.to(view.ca)).call(method, [view.device, ...args]));
    const driven = (): SharedDevice | undefined => this.own.get(name);
    return {
      share: async (subjects, may) => {
        if (!subjects.length || !may.length) throw new WabError("bad_request", "Say with whom, and tick what they may. To take it back from all, stop sharing.");
        await (driven()?.shareWith(subjects, may) ?? call("DeviceShare", { with: subjects, may }));
      },
      revoke: () => driven()?.revoke() ?? call("DeviceRevoke"),
      get stop() {
        const s = driven();
        return s && (() => s.close());
      },
    };
  }

  private drop(name: string): void {
    const shown = this.views.get(name);
    if (!shown) return;
    this.views.delete(name);
    shown.view.close();
    if (holdsFocus(shown.card.element)) this.heading.focus(); // where whoever removed it by keyboard goes on
    shown.card.element.remove();
  }

  private say(text: string): void {
    this.aloud.textContent = this.aloud.textContent === text ? `${text}\u00a0` : text; // the same words are read again only when they differ
  }

  private tell(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(`wab-${type}`, { detail, bubbles: true, composed: true }));
  }
}

const ownerOf = (name: string): string => name.slice(name.indexOf(":") + 1).split("/")[0]!;

/** define makes <wab-devices> known to the page. */
export function define(): void {
  if (typeof customElements !== "undefined" && !customElements.get("wab-devices")) customElements.define("wab-devices", WabDevices);
}

declare global {
  interface HTMLElementTagNameMap { "wab-devices": WabDevices }
}
