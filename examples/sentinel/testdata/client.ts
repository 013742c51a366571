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

type Listener = () => void;

export class SharedMap extends Map<string, unknown> {
  private readonly listeners: Listener[] = [];
  on(_: string, f: Listener): void { this.listeners.push(f); }
  tell(view: object): void {
    this.set("view", view);
    for (const f of this.listeners) f();
  }
}

const rule = { post: "flash #noise at NOW+2000 for 500", high: 70, low: 50, rest: 60 };
const quiet = {
  rule, known: 3, mean: 43.4, calm: true, rests: "0001-01-01T00:00:00Z", posts: null,
  members: [{ who: "alice", level: 40, known: true, why: "" }, { who: "bob", level: 52, known: true, why: "" }, { who: "carol", level: 38.2, known: true, why: "" }, { who: "dave", level: 0, known: false, why: "dave has not joined you" }],
};
const loud = {
  ...quiet, mean: 81, calm: false, members: quiet.members.map((m, i) => ({ ...m, level: 90 - 9 * i })), posts: [{ from: "tweetiot:bob/home", text: "buzz #noise", at: "2030-01-01T12:00:00Z" }, { from: "sentinel:alice/home", text: rule.post, at: "2030-01-01T12:30:00Z" }],
};

export async function connect(o: { onState: (s: Status) => void }): Promise<unknown> {
  o.onState({ state: "connecting" });
  const state = new SharedMap();
  if (scene === "quiet") state.set("view", quiet);
  if (scene === "loud") state.set("view", loud);
  o.onState({ state: "live" });
  return late({
    map: async () => state,
    call: async (_: string, [level]: [number]) => state.tell({ ...quiet, mean: level, members: [{ ...quiet.members[0]!, level }, ...quiet.members.slice(1)] }),
    Guard: (r: typeof rule) => (r.post.includes("dance") ? Promise.reject(new WabError("failed", `column 1: here should stand buzz or flash\n${r.post}\n^`)) : Promise.resolve(state.tell({ ...quiet, rule: r }))),
    Join: async () => null,
    Leave: async () => null,
  }, () => new WabError("unavailable", "There is no answer."));
}
