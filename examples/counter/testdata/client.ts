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
let owner: string | undefined = scene === "guest" ? undefined : scene === "refused" ? "bob" : "alice";

export const signedIn = (): string | undefined => owner;
export const signIn = {
  guest: (name: string): Promise<void> => {
    if (name === "taken") return Promise.reject(new WabError("not_allowed", "That name is not for guests."));
    owner = name;
    return Promise.resolve();
  },
  token: (name: string): Promise<void> => {
    owner = name;
    return Promise.resolve();
  },
};

export async function connect(o: { ca: string; onState: (s: Status) => void }): Promise<unknown> {
  o.onState({ state: "connecting" });
  if (scene === "refused") {
    const reason = { code: "not_allowed", message: "The owner's policy refuses." };
    o.onState({ state: "refused", reason });
    throw new WabError(reason.code, reason.message);
  }
  let note: (v: unknown) => void = () => undefined;
  let n = scene === "large" ? 1_234_567 : 41;
  let rev = 1;
  const ca = {
    status: { state: "live" },
    on: (_: string, f: typeof note) => void (note = f),
    Look: async () => ({ n, rev }),
    History: async () => [
      { who: "alice", changes: 29 + rev, refused: 0, last: Date.now() * 1000 },
      { who: "bob", changes: 12, refused: 2, last: (Date.now() - 240_000) * 1000 },
    ],
    Let: async () => null,
    Add: (d: number): Promise<number> => {
      if (scene === "offline") return new Promise(() => undefined);
      if (scene === "failing") return Promise.reject(new WabError("unavailable", "The counter is busy. Nothing was changed."));
      n += d;
      rev++;
      note({ n, rev });
      return Promise.resolve(n);
    },
    call: (_: "Add", [d]: [number]): Promise<number> => ca.Add(d),
  };
  o.onState({ state: "live" });
  if (scene === "offline") setTimeout(() => o.onState({ state: "offline" }), 0);
  return late(ca, () => new WabError("unavailable", "There is no answer."));
}
