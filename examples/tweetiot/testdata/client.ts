// A client without a server, for looking at the page: the window's hash names the scene.
import { late } from "../../../web/ui/uitest/late.ts";

export type Status = { state: "connecting" | "live" | "resuming" | "offline" | "refused"; reason?: { code: string; message: string } };
export type Handle = Record<string, unknown>;

export class WabError extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

const scene = location.hash.slice(1);
let owner: string | undefined = scene === "guest" ? undefined : "alice";

export const signedIn = (): string | undefined => owner;
export const signIn = {
  guest: async (name: string): Promise<void> => void (owner = name),
  token: async (name: string): Promise<void> => void (owner = name),
};

type Listener = (value: unknown) => void;

/** SharedMap is one that the scene writes. */
export class SharedMap extends Map<string, unknown> {
  version = 1;
  state = "live";
  people: { who: number; owner: string; value: unknown }[] = [];
  private readonly listeners: Record<string, Listener[]> = { change: [], state: [] };
  readonly presence = { others: (): unknown[] => this.people, on: (): void => undefined, set: (): void => undefined };

  on(event: string, f: Listener): void {
    this.listeners[event]!.push(f);
    if (event === "state") f({ state: this.state });
  }

  write(key: string, value: unknown): void {
    if (value === undefined) this.delete(key);
    else this.set(key, value);
    this.version++;
    for (const f of this.listeners["change"]!) f({});
  }

  with(entries: Record<string, unknown>): this {
    for (const [key, value] of Object.entries(entries)) this.set(key, value);
    return this;
  }
}

const start = Date.parse("2026-11-22T12:00:00Z");
const at = (ms: number): string => new Date(start + ms).toISOString().replace("Z", "250Z");
const outcome = (device: string, due: number, late: number, bound: number, result = "done"): unknown => ({
  Device: device, Bundle: `b${due}`, Result: result, Command: "pin", Due: at(due), Ran: result === "done" ? at(due + late) : "0001-01-01T00:00:00Z", Bound: bound * 1e6, Err: result === "done" ? "" : "It came too late.",
});

const post = (from: string, text: string, ms: number): unknown => ({ from: `${from}/home`, text, at: at(ms) });

/** A day's work of four owners. */
const maps: Record<string, SharedMap> = {
  posts: new SharedMap().with({
    sent: [post("alice", "flash for 400 then buzz #friends at NOW+1000", 0), post("alice", "flash #friends", 60_000)],
    received: [post("alice", "flash for 400 then buzz #friends at NOW+1000", 0), post("bob", "flash for 150 then flash after 150 for 150 #party", 30_000), post("alice", "flash #friends", 60_000)],
  }),
  tags: new SharedMap().with({ friends: ["lamp", "buzzer"], party: ["lamp"] }),
  acl: new SharedMap().with({ bob: true, "carol/home/acl": true, "sentinel:dave": true }),
  "alice/home/timeline": new SharedMap().with({ lamp: [outcome("lamp", 400, 1, 3), outcome("lamp", 30_450, 2, 3), outcome("lamp", 60_200, 0, 3)], buzzer: [outcome("buzzer", 600, 4, 3), outcome("buzzer", 60_200, 0, 3, "late")] }),
  "bob/home/timeline": new SharedMap().with({ lamp: [outcome("lamp", 400, -2, 2), outcome("lamp", 30_450, 1, 2), outcome("lamp", 60_200, 0, 0, "late")], buzzer: [outcome("buzzer", 600, 0, 2)] }),
  "lamp-desired": new SharedMap(), "buzzer-desired": new SharedMap(), "sensor-desired": new SharedMap(),
  "lamp-reported": new SharedMap().with({ on: false }), "buzzer-reported": new SharedMap().with({ on: false }),
  "sensor-reported": new SharedMap().with({ celsius: 21.437, on: true }),
};
maps["sensor-desired"]!.people = [{ who: 1, owner: "alice", value: { device: "sensor", bound: 4250, at: 0 } }];
if (scene === "first") for (const name of ["posts", "tags", "acl", "alice/home/timeline"]) maps[name] = Object.assign(new SharedMap(), { version: 0 });
if (scene === "elsewhere") maps["lamp-desired"]!.people = [{ who: 2, owner: "alice", value: { device: "lamp", bound: 2100, at: 0 } }];

type Command = (this: unknown, on: boolean) => void;

/** devices are those that the page is; a test has them act by window.act("lamp", true). */
const devices = new Map<string, Command>();
Object.assign(window, {
  maps,
  act: (name: string, on: boolean) => devices.get(name)!.call({ device: { report: () => undefined }, due: start, ran: start + 1.5, bound: 3 }, on),
});

export async function connect(o: { onState: (s: Status) => void }): Promise<unknown> {
  o.onState({ state: "connecting" });
  if (scene === "slow") return new Promise(() => undefined);
  if (scene === "refused") throw new WabError("unavailable", "The server is full. Try again in a minute.");
  const change = (name: string, key: string, value: unknown): null => (maps[name]!.write(key, value), null);
  const ca = {
    status: { state: scene === "offline" ? "offline" : "live" },
    name: "tweetiot:alice/home",
    clock: { now: () => start + 61_000, bound: 3 },
    map: async (name: string): Promise<unknown> => {
      if (!maps[name]) throw new WabError("not_allowed", "You may not read it.");
      return maps[name];
    },
    device: async (name: string, { commands }: { commands: { pin: Command } }): Promise<unknown> => {
      if (scene === "replaced") return { report: () => undefined, ended: Promise.resolve(new WabError("conflict", "")) };
      devices.set(name, commands.pin);
      return { report: () => undefined, ended: new Promise(() => undefined) };
    },
    Devices: async () => (scene === "first" ? [] : ["lamp", "sensor"]),
    DeviceToken: async (name: string) => `eyJ.${name}.${"x".repeat(300)}`,
    Tweet: async (text: string): Promise<null> => {
      if (scene === "failing") throw new WabError("failed", "column 6: here should stand a #tag\n…");
      for (const list of ["sent", "received"]) change("posts", list, [...((maps["posts"]!.get(list) as unknown[]) ?? []), { from: "alice/home", text, at: at(62_000) }]);
      return null;
    },
    Subscribe: async (tag: string, device: string) => change("tags", tag, [...((maps["tags"]!.get(tag) as string[]) ?? []), device]),
    Unsubscribe: async (tag: string, device: string) => {
      const rest = (maps["tags"]!.get(tag) as string[]).filter((d) => d !== device);
      return change("tags", tag, rest.length ? rest : undefined);
    },
    UpdateACL: async (people: { add?: string[]; remove?: string[] }, groups: { add?: string[]; remove?: string[] }) => {
      for (const e of [people, groups]) {
        for (const who of e.add ?? []) change("acl", who, true);
        for (const who of e.remove ?? []) change("acl", who, undefined);
      }
      return null;
    },
  };
  o.onState({ state: "live" });
  if (scene === "offline") setTimeout(() => o.onState({ state: "offline" }), 0);
  return late(ca, () => new WabError("unavailable", "There is no answer."));
}
