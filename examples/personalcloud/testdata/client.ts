// A client without a server, for looking at the page: the window's hash names the scene.
import { late } from "../../../web/ui/uitest/late.ts";

export type Status = { state: "connecting" | "live" | "resuming" | "offline" | "refused"; reason?: { code: string; message: string } };
export type Handle = Record<string, unknown>;

export class WabError extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

const scene = location.hash.slice(1).split("&")[0]!;
let owner: string | undefined = scene === "guest" ? undefined : "alice";

export const signedIn = (): string | undefined => owner;
export const signIn = {
  guest: async (name: string): Promise<void> => void (owner = name),
  token: async (name: string): Promise<void> => void (owner = name),
};

type Change = { set: Map<string, unknown>; deleted: string[] };

/** SharedMap is one that the scene writes. */
export class SharedMap extends Map<string, unknown> {
  private readonly listeners: ((c: Change) => void)[] = [];

  on(event: string, f: (c: Change) => void): void {
    if (event === "change") this.listeners.push(f);
  }

  write(key: string, value: unknown): void {
    if (value === undefined) this.delete(key);
    else this.set(key, value);
    for (const f of this.listeners) f({ set: new Map(value === undefined ? [] : [[key, value]]), deleted: [] });
  }
}

const noon = Date.parse("2026-11-22T12:00:00Z");
const at = (minutes: number): string => new Date(noon + minutes * 60_000).toISOString();
const updates = { domain: "profile", type: "updated" }, texts = { domain: "message", type: "text" };

const link = (over: object): object => ({
  state: "established", outbound: true, name: "friend", rx_role: "friend", tx_role: "friend", address: "bob@cloud.example", verified: true,
  since: at(-3000), end: "", reason: "", allow: [updates, texts], ...over,
});
const entry = (minutes: number, kind: string, who: string, over: object = {}): object => ({ at: at(minutes), kind, link: "", who, domain: "", type: "", text: "", bad: false, ...over });

/** A cloud that has been lived in. */
const day: Record<string, Record<string, unknown>> = {
  profile: { name: "Alice Moreau", phone: "+33 1 23 45 67 89", email: "alice@moreau.example", about: "Letterpress, bread and long walks.", colour: "violet" },
  settings: { address: "alice@127.0.0.1:8080", found: true, listed: false },
  links: {
    bob: link({}),
    carol: link({ address: "carol@home.example:8443", name: "sister", rx_role: "sister", tx_role: "sister", since: at(-90000), allow: [{ domain: "*", type: "*" }] }),
    dave: link({ address: "dave@cloud.example", state: "pending", since: at(-12), allow: [updates] }),
    erin: link({ address: "erin@work.example", state: "ended", end: "refused", reason: "I know nobody of that name. Which Alice are you?", since: at(-200) }),
    frank: link({ address: "frank@cloud.example", state: "confirming", outbound: false, since: at(-1) }),
    gina: link({ address: "gina@nowhere.example", state: "ended", end: "failed", reason: "There is nobody called gina at nowhere.example.", since: at(-2000) }),
    hub: link({ address: "hub.example", name: "thermostat", rx_role: "house", tx_role: "sensor", verified: false, allow: [{ domain: "climate", type: "*" }] }),
  },
  contacts: {
    bob: { card: { name: "Bob Okafor", phone: "+1 555 0100", email: "bob@okafor.example", about: "Bees. Bicycles. Back in May.", colour: "teal", city: "Lagos" }, at: at(-4), refuses: { "photo:added": "This channel lets profile updates and messages through, and no photo:added." } },
    carol: { card: { name: "Carol Moreau", phone: "+33 6 11 22 33 44", colour: "pink" }, at: at(-1500) },
  },
  inbox: {
    r1: { name: "colleague", rx_role: "colleague", tx_role: "colleague", from: "henry@work.example", verified: true, host: "https://work.example", why: "We share the press on Tuesdays.", at: at(-9), expires: at(43000), history: "Of their requests before, you approved 2 and refused 1." },
    r2: { name: "friend", rx_role: "", tx_role: "", from: "203.0.113.7", verified: false, host: "https://203.0.113.7", why: "", at: at(-55), expires: at(43000), history: "" },
  },
  messages: {
    "000001": { link: "bob", mine: false, text: "The hive made it through the winter!", at: at(-62), problem: "" },
    "000002": { link: "bob", mine: true, text: "Wonderful. I bring the bread, you bring the honey?", at: at(-60), problem: "" },
    "000003": { link: "bob", mine: false, text: "Deal. Sunday at ten.", at: at(-58), problem: "" },
    "000004": { link: "carol", mine: true, text: "Are you coming?", at: at(-5), problem: "Carol Moreau does not take messages: only profile:updated may be sent here." },
  },
  activity: {
    "000001": entry(-3000, "established", "bob@cloud.example"),
    "000002": entry(-200, "refused", "erin@work.example", { text: "I know nobody of that name. Which Alice are you?", bad: true }),
    "000003": entry(-58, "received", "Bob Okafor", texts),
    "000004": entry(-12, "asked", "dave@cloud.example"),
    "000005": entry(-9, "request", "henry@work.example"),
    "000006": entry(-5, "undelivered", "Carol Moreau", { ...texts, text: "Only profile:updated may be sent here.", bad: true }),
    "000007": entry(-4, "received", "Bob Okafor", updates),
  },
};

const uses = [
  { name: "doorbell", kind: "doorbell", subscription: "", allow: [], since: at(-9000), last: at(-9), expires: "0001-01-01T00:00:00Z", accepted: 4, denied: 1 },
  { name: "bob-1", kind: "link", subscription: "bob", allow: [updates, texts], since: at(-3000), last: at(-4), expires: "0001-01-01T00:00:00Z", accepted: 12, denied: 1 },
  { name: "carol-1", kind: "link", subscription: "carol", allow: [{ domain: "*", type: "*" }], since: at(-90000), last: at(-1500), expires: "0001-01-01T00:00:00Z", accepted: 3, denied: 0 },
  { name: "weather-station", kind: "own", subscription: "", allow: [{ domain: "weather", type: "*" }], since: at(-800), last: at(0), expires: at(8000), accepted: 803, denied: 0 },
];

const maps = Object.fromEntries(["profile", "settings", "links", "contacts", "inbox", "messages", "activity"].map((name) => [name, new SharedMap()])) as Record<string, SharedMap>;
const world = scene === "first" || scene === "slow" ? { settings: day["settings"]!, profile: { name: "alice" } } : day;
for (const [name, entries] of Object.entries(world)) for (const [key, value] of Object.entries(entries)) maps[name]!.set(key, value);
Object.assign(window, { maps, link, at });

export async function connect(o: { app: string; onState?: (s: Status) => void }): Promise<unknown> {
  const tell = o.onState ?? ((): void => undefined);
  tell({ state: "connecting" });
  if (scene === "slow") return new Promise(() => undefined);
  if (scene === "refused") throw new WabError("unavailable", "The server is full. Try again in a minute.");
  const change = (name: string, key: string, value: unknown): null => (maps[name]!.write(key, value), null);
  const patch = (name: string, key: string, over: object): null => change(name, key, { ...(maps[name]!.get(key) as object), ...over });
  let n = 100;
  const ca = {
    status: { state: scene === "offline" ? "offline" : "live" },
    name: "personalcloud:alice/home",
    clock: { now: () => noon, bound: 3 },
    map: async (name: string): Promise<unknown> => maps[name],
    SetProfile: async (card: Record<string, string>) => {
      for (const [key, value] of Object.entries(card)) change("profile", key, value || undefined);
      return null;
    },
    Connect: async (to: string, terms: { allow: object[] }) => {
      const id = `new${n++}`;
      if (to.includes("nobody@")) throw new WabError("failed", "You can’t connect with yourself.");
      const follow = (): null => change("links", id, link({ address: to, state: "pending", since: at(0), allow: terms.allow }));
      if (to.startsWith("late@")) Object.assign(window, { follow }); // the map follows the answer when the test says so
      else follow();
      return id;
    },
    Approve: async (id: string) => change("inbox", id, undefined),
    Decline: async (id: string) => change("inbox", id, undefined),
    Allow: async (id: string, { allow }: { allow: object[] }) => patch("links", id, { allow }),
    Message: async (id: string, text: string) => change("messages", String(n++).padStart(6, "0"), { link: id, mine: true, text, at: at(0), problem: "" }),
    End: async (id: string) => patch("links", id, { state: "ended", end: "over", since: at(0) }),
    Forget: async (id: string) => change("links", id, undefined),
    Invite: async () => "Zm9vYmFyYmF6cXV4Zm9vYmFy",
    Channels: async () => (scene === "first" ? uses.slice(0, 1).map((u) => ({ ...u, last: "", accepted: 0, denied: 0 })) : uses),
    MakeChannel: async (name: string, way: { allow: []; rate: number; hours: number }) => (Object.assign(window, { way }), uses.push({ ...uses[3]!, name, allow: way.allow, accepted: 0, denied: 0 }), `http://127.0.0.1:8080/sky/event/${"k3J9-x".repeat(9)}`),
    ChannelLink: async () => `http://127.0.0.1:8080/sky/event/${"k3J9-x".repeat(9)}`,
    RemoveChannel: async (name: string) => (uses.splice(uses.findIndex((u) => u.name === name), 1), null),
    BeFound: async (on: boolean) => change("settings", "found", on),
    BeListed: async (on: boolean) => change("settings", "listed", on),
    Search: async (text: string) => {
      if (text === "Down") throw new WabError("unavailable", "The white pages can’t be reached.");
      return text.toLowerCase().startsWith("bo") ? [{ owner: "alice", name: "Bo", address: "alice@127.0.0.1:8080", about: "" }, { owner: "bob", name: "Bob Okafor", address: "bob@127.0.0.1:8080", about: "" }, { owner: "bonnie", name: "Bonnie", address: "bonnie@127.0.0.1:8080", about: "" }] : [];
    },
    History: async () => [{ who: "alice", changes: 12, refused: 0, last: noon - 60_000 }, { who: "channel/bob-1", changes: 12, refused: 1, last: noon - 240_000 }],
  };
  late(ca, () => new WabError("unavailable", "There is no answer."));
  tell({ state: "live" });
  if (scene === "offline") setTimeout(() => tell({ state: "offline" }), 0);
  return ca;
}
