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
  guest: (name: string): Promise<void> => {
    owner = name;
    return Promise.resolve();
  },
  token: (name: string): Promise<void> => {
    owner = name;
    return Promise.resolve();
  },
};

interface Entry {
  owner: string;
  name: string;
  about: string;
  address: string;
}

const entry = (owner: string, name: string, about: string): Entry => ({ owner, name, about, address: `${owner}@wab.example` });

let all: Entry[] = [
  entry("bob", "Bob", ""),
  entry("carol", "Carol <b>King</b>", "Plays the piano, mends bicycles, and writes very long lines about herself that go on and on, over the edge of a phone."),
  entry("zed", "Zoë Ärger", "Here by accident"),
];
if (scene === "empty") all = [];
if (scene === "many") all = Array.from({ length: 45 }, (_, i) => entry(`p${String(i).padStart(2, "0")}`, `Person ${i}`, "One of many"));

export async function connect(o: { onState: (s: Status) => void }): Promise<unknown> {
  o.onState({ state: "live" });
  const failing = (): Promise<never> => Promise.reject(new WabError("unavailable", "The white pages are busy."));
  return late({
    List: async (card: { name: string; about: string }): Promise<Entry> => {
      if (scene === "failing") return failing();
      const mine = entry("alice", card.name, card.about);
      all = [mine, ...all.filter((e) => e.owner !== "alice")];
      return mine;
    },
    Unlist: async (): Promise<boolean> => {
      all = all.filter((e) => e.owner !== "alice");
      return true;
    },
    Search: async (text: string): Promise<Entry[]> => all.filter((e) => (e.owner + e.name + e.about).toLowerCase().includes(text.toLowerCase())),
    All: async (after: string, limit: number): Promise<Entry[]> => (scene === "failing" ? failing() : all.filter((e) => e.owner > after).slice(0, limit)),
  }, () => new WabError("unavailable", "There is no answer."));
}
