/** A device as somebody sees it who may: from the maps of its CA, and through that CA's policy. */
import { type Handle, type Moment, type SharedMap, type Value, WabError } from "@wabgo/client";
import { allVerbs, type Reach, type Service, type Verb } from "./driver.ts";
import { clean, tooSlow } from "./words.ts";

export interface Info {
  readonly name: string;
  readonly profile: string;
  readonly kind: "bluetooth" | "virtual";
  readonly made?: string;
}

/** Shown is a characteristic's value, and what it means where that is known; at is ms by the server's clock. */
export interface Shown {
  readonly hex: string;
  readonly text?: string;
  readonly at: number;
}

/** Done is a command of late; outcome is empty while it waits. */
export interface Done {
  readonly id: string;
  readonly by: string;
  readonly command: string;
  readonly at: number;
  readonly outcome: string;
  readonly error: string;
  readonly method: string;
}

/** With is somebody whom it is shared with: a principal, or group: and a group. */
export interface With {
  readonly who: string;
  readonly may: readonly Verb[];
}

/** Opens connects to a CA, app:owner/local. */
export type Opens = (ca: string) => Promise<Handle>;

/** What became of a command is waited for so long, in ms; and a device that was refused is looked at again after pauses of so long, in ms. */
const patience = 10_000;
const firstPause = 2_000;
const longestPause = 30_000;

export class DeviceView {
  readonly device: string;
  readonly ca: string;
  readonly owner: string;
  /** Why it can't be seen, while it can't. */
  refused: WabError | undefined;
  private said: unknown;
  private had: readonly Service[] = [];
  private reported: SharedMap<Value> | undefined;
  private log: SharedMap<Value> | undefined;
  private shared: SharedMap<Value> | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pause = firstPause;
  private over = false;
  private readonly waits = new Set<() => void>();

  /** home is the viewer's own connection, and changed hears of anything new. */
  constructor(private readonly home: Handle, readonly fullName: string, readonly mine: boolean, private readonly opens: Opens, private readonly changed: () => void) {
    const i = fullName.lastIndexOf("/");
    this.device = fullName.slice(i + 1);
    this.ca = fullName.slice(0, i);
    this.owner = this.ca.slice(this.ca.indexOf(":") + 1).split("/")[0]!;
    void this.look();
  }

  /** there: it can be seen. */
  get there(): boolean { return this.reported?.get("info") !== undefined; }

  get info(): Info {
    const i = record(this.reported?.get("info")) as Partial<Info>;
    return { name: clean(i.name) || this.device, profile: clean(i.profile, 32) || "generic", kind: i.kind === "virtual" ? "virtual" : "bluetooth", ...(i.made && { made: clean(i.made) }) };
  }

  /** reach: a device that nobody shows to drive is gone, whatever it said last. */
  get reach(): Reach {
    const driven = this.reported?.presence.others().some(({ owner, value }) => owner === this.owner && (value as { device?: unknown } | null)?.device === this.device);
    if (!driven && !this.here) return "gone";
    return this.reported?.get("reach") === "here" ? "here" : "lost";
  }

  /** here is set where this tab drives it, or is about to: what a page shows of itself it isn't shown. */
  here = false;

  get state(): { readonly [key: string]: unknown } { return record(this.reported?.get("state")); }

  /** services are the same object until they change. */
  get services(): readonly Service[] {
    const said = this.reported?.get("services");
    if (said !== this.said) [this.said, this.had] = [said, servicesOf(said)];
    return this.had;
  }

  value(service: string, characteristic: string): Shown | undefined {
    const v = this.reported?.get(`value/${service}/${characteristic}`) as Partial<Shown> | null | undefined;
    return v ? { hex: clean(v.hex, 1024), ...(typeof v.text === "string" && { text: clean(v.text, 128) }), at: Number(v.at) || 0 } : undefined;
  }

  /** sharing is with whom, and what they may; its owner sees what the rules say, others what the device says of it. */
  get sharing(): readonly With[] {
    if (this.shared) return [...this.shared].map(([who, s]) => ({ who, may: verbs(record(s)["may"]) }));
    const { with: all, may } = record(this.reported?.get("shared"));
    return Array.isArray(all) ? all.slice(0, most).map((who) => ({ who: clean(who, 200), may: verbs(may) })) : [];
  }

  /** may is what we may, as far as can be told: the CA decides. */
  may(verb: Verb): boolean {
    return this.mine || this.sharing.some((s) => s.may.includes(verb));
  }

  /** done is what was done of late, the latest first. */
  get done(): Done[] {
    const all = [...(this.log ?? [])].map(([id, v]) => entry(id, v));
    return all.sort((a, b) => b.at - a.at);
  }

  /**
   * act has it run a command, with a moment in a call's video where one is given, and resolves when that is done. It rejects in words for people. through, where it is given, asks for it on another way; what it
   * resolves with is the bundle's id, if it is a text.
   */
  async act(command: string, args: readonly unknown[], moment?: Moment, through?: (device: string, command: string, args: readonly unknown[]) => Promise<unknown>): Promise<void> {
    const id = through ? await through(this.fullName, command, args) : await (await this.opens(this.ca)).call("DeviceDo", [this.device, command, [...args], ...(moment ? [moment] : [])]);
    if (typeof id === "string" && this.log?.state === "live") await this.outcome(id);
  }

  close(): void {
    this.over = true;
    clearTimeout(this.timer);
    for (const m of [this.reported, this.log, this.shared]) m?.close();
    for (const wake of this.waits) wake();
  }

  private async outcome(id: string): Promise<void> {
    const late = Date.now() + patience;
    while (!this.over) {
      const end = entry(id, this.log?.get(id));
      if (end.outcome === "done") return;
      if (end.outcome) throw new WabError("failed", end.error || `${this.info.name} did not do it: ${end.outcome}.`);
      if (Date.now() >= late) throw tooSlow(this.info.name);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, late - Date.now());
        const wake = (): void => (clearTimeout(timer), this.waits.delete(wake), resolve());
        this.waits.add(wake);
      });
    }
  }

  private async look(): Promise<void> {
    try {
      const reported = await this.open("reported");
      const [log, shared] = await Promise.all([this.open("log").catch(() => undefined), this.mine ? this.open("shared").catch(() => undefined) : undefined]);
      if (this.over) return [reported, log, shared].forEach((m) => m?.close());
      [this.reported, this.log, this.shared] = [reported, log, shared]; // all at once: nothing grows on a card that somebody looks at already
      this.refused = undefined;
      this.pause = firstPause;
      reported.presence.on("change", () => this.tell());
      reported.on("state", ({ state, reason }) => state === "ended" && this.gone(new WabError(reason?.code ?? "unavailable", reason?.message ?? "It is not shared any more.")));
      this.tell();
    } catch (e) {
      this.gone(e as WabError);
    }
  }

  private async open(what: string): Promise<SharedMap<Value>> {
    const m = await this.home.map<Value>(`${this.fullName}-${what}`);
    if (this.over) m.close();
    else m.on("change", () => this.tell());
    return m;
  }

  private gone(why: WabError): void {
    if (this.over) return;
    this.refused = why;
    this.log?.close();
    this.shared?.close();
    this.reported = this.log = this.shared = undefined;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), this.pause);
    this.pause = Math.min(this.pause * 2, longestPause);
    this.tell();
  }

  private tell(): void {
    for (const wake of [...this.waits]) wake();
    if (!this.over) this.changed();
  }
}

const verbs = (all: unknown): Verb[] => allVerbs.filter((v) => Array.isArray(all) && all.includes(v));

/** A device is believed so many services, characteristics of each, and subjects that it is shared with. */
const most = 128;

/** record is a stranger's value as one that has fields, if it is one. */
const record = (v: unknown): { readonly [key: string]: unknown } => (typeof v === "object" && v !== null ? (v as { [key: string]: unknown }) : {});

function servicesOf(said: unknown): Service[] {
  if (!Array.isArray(said)) return [];
  return said.slice(0, most).map(record).map(({ uuid, characteristics: all }) => ({
    uuid: clean(uuid), characteristics: Array.isArray(all) ? all.slice(0, most).map(record).map((c) => ({ uuid: clean(c["uuid"]), can: verbs(c["can"]) })) : [],
  }));
}

function entry(id: string, said: unknown): Done {
  const v = record(said) as Partial<Done>;
  return { id, by: clean(v.by, 80), command: clean(v.command, 40), at: Number(v.at) / 1000 || 0, outcome: clean(v.outcome, 20), error: clean(v.error, 240), method: clean(v.method, 20) };
}

/** whom puts a subject into words: house:bob is bob, group:meet:alice/standup/people is people of alice’s standup. */
export function whom(subject: string): string {
  if (subject === "anyone") return "everybody";
  const group = subject.startsWith("group:");
  const [owner, local, item] = subject.slice(group ? 6 : 0).replace(/^[^:/]*:/, "").split("/").map((s) => clean(s, 63));
  if (group && item) return `${item} of ${owner}’s ${local}`;
  return local ? `${owner}’s ${local}` : owner || "somebody";
}
