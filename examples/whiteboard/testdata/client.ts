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
let owner: string | undefined = scene === "guest" ? undefined : scene === "refused" || scene === "viewer" ? "bob" : "alice";

export const signedIn = (): string | undefined => owner;
export const signIn = {
  guest: async (name: string): Promise<void> => void (owner = name),
  token: async (name: string): Promise<void> => void (owner = name),
};

type Listener = (value: unknown) => void;

export class SharedMap extends Map<string, unknown> {
  version = 1;
  state = "live";
  private readonly listeners: Record<string, Listener[]> = { change: [], state: [] };
  readonly presence = {
    set: (value: unknown): void => void (Object.assign(window, { shown: value })),
    others: (): unknown[] => people,
    on: (_: string, f: Listener): void => void Object.assign(window, { tellPeople: () => f(people) }),
  };

  on(event: string, f: Listener): void {
    this.listeners[event]!.push(f);
    if (event === "state") f({ state: this.state });
  }

  change(set: Map<string, unknown>, deleted: string[]): void {
    for (const [k, v] of set) this.set(k, v);
    for (const k of deleted) this.delete(k);
    this.version++;
    for (const f of this.listeners["change"]!) f({ set, deleted, reset: false, version: this.version });
  }
}

const people = scene === "live" || scene === "viewer"
  ? [{ who: 7, owner: "carol", value: { at: [700, 420] } }, { who: 8, owner: "dave", value: { at: [1020, 180], sel: ["welcome-03"] } }, { who: 9, owner: "erin", value: {} }]
  : [];

async function welcome(): Promise<[string, unknown][]> {
  const all = (await (await fetch("welcome.json")).json()) as { points?: string }[];
  return all.map((e, i) => [`welcome-${String(i).padStart(2, "0")}`, { ...e, by: "alice", ...(e.points && { points: Uint8Array.from(atob(e.points), (c) => c.charCodeAt(0)) }) }]);
}

/** crowd is thousands of elements around the welcome. */
function crowd(some: [string, unknown][]): [string, unknown][] {
  const copies = 2000;
  return Array.from({ length: copies }, (_, i) => {
    const e = some[i % some.length]![1] as { x: number; y: number };
    return [`copy-${i}`, { ...e, x: e.x + 1300 * (Math.floor(i / some.length) % 9), y: e.y + 480 * Math.floor(i / some.length / 9), z: i }];
  });
}

export async function connect(o: { onState: (s: Status) => void }): Promise<unknown> {
  o.onState({ state: "connecting" });
  const board = new SharedMap();
  const all = await welcome();
  if (scene !== "empty" && scene !== "slow") for (const [k, v] of scene === "many" ? crowd(all) : all) board.set(k, v);
  const groups: Record<string, SharedMap> = { editors: new SharedMap(), viewers: new SharedMap(), friends: new SharedMap(), lent: new SharedMap() };
  groups["editors"]!.set("bob", true).set("carol/home/friends", true);
  groups["viewers"]!.set("erin", true);
  groups["friends"]!.set("dave", true);
  groups["lent"]!.set("erin", true);
  const kept = new WabError("not_allowed", "You may not read it.");
  let link = "viewers";
  const never = new Promise<never>(() => undefined);
  const enter = (group: string) => async (who: string) => groups[group]!.change(new Map([[who, true]]), []);
  const leave = (...names: string[]) => async (who: string) => names.forEach((name) => groups[name]!.change(new Map(), [who]));
  const guests: Record<string, (...args: string[]) => Promise<void>> = {
    Share: async (role) => void (link = role),
    Invite: (who, role) => enter(role!)(who!),
    Remove: leave("editors", "viewers"),
    Befriend: enter("friends"), Unfriend: leave("friends"), Lend: enter("lent"), Recall: leave("lent"),
  };
  const ca = {
    status: { state: "live" },
    on: (): void => undefined,
    map: async (name: string): Promise<unknown> => {
      if (scene === "refused") throw kept;
      return scene === "slow" ? never : groups[name] ?? board;
    },
    call: async (method: string, args: string[]): Promise<unknown> => {
      if (scene === "refused") throw kept;
      if (method in guests) return guests[method]!(...args);
      if (method === "Access") return { role: scene === "viewer" ? "viewer" : "owner", link };
      if (scene === "offline") return never;
      if (scene === "failing") throw new WabError("failed", "The board is full: it holds 20000 elements.");
      const changes = args[0] as unknown as { id: string; element: unknown }[];
      board.change(new Map(changes.filter((c) => c.element).map((c) => [c.id, c.element])), changes.filter((c) => !c.element).map((c) => c.id));
      return board.version;
    },
  };
  Object.assign(window, { board });
  if (scene !== "slow") setTimeout(() => o.onState({ state: scene === "offline" ? "offline" : "live" }), 0);
  return late(ca, () => new WabError("unavailable", "There is no answer."));
}
