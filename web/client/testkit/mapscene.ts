/** Pages with a session, and a scripted server with maps: what the tests of maps begin with. */
import assert from "node:assert/strict";
import { WabError } from "../error.ts";
import type { Change, SharedMap } from "../map.ts";
import { Session } from "../session.ts";
import { MapServer } from "./mapserver.ts";
import { type Disk, type Page, token, World } from "./world.ts";

export const server = "https://wab.test";
export const board = "counter:alice/home/board";

Object.defineProperty(globalThis, "navigator", { value: { locks: { request: (_: string, f: () => void) => (f(), Promise.resolve()) } }, configurable: true });

/** Frames come when the test says so. */
export const frames = new Map<number, () => void>();
let lastFrame = 0;
Object.assign(globalThis, {
  requestAnimationFrame: (f: () => void) => (frames.set(++lastFrame, f), lastFrame),
  cancelAnimationFrame: (id: number) => frames.delete(id),
});

export function nextFrame(): void {
  const all = [...frames.values()];
  frames.clear();
  for (const f of all) f();
}

export function session(page: Page, options: { token?: string } = {}): Session {
  return new Session(page.background, { target: { server, token: options.token ?? token("alice") }, app: "counter", ca: "home", session: "tab-1", keep: 0 }, 30_000);
}

/** Ends of a World: its map server, and a session that is live. */
export async function start(disk?: Disk): Promise<{ w: World; maps: MapServer; ca: Session }> {
  const w = await World.start(disk);
  const maps = new MapServer(w);
  const ca = session(w.page());
  await w.settle();
  return { w, maps, ca };
}

/** settled is a promise's value once the world has come to rest. */
export async function settled<T>(w: World, p: Promise<T>): Promise<T> {
  p.catch(() => {});
  await w.settle();
  return p;
}

export const rejects = (p: Promise<unknown>, code: string): Promise<void> => assert.rejects(p, (e: unknown) => e instanceof WabError && e.code === code);

export const contents = (m: SharedMap<any>): object => Object.fromEntries(m);

/** changesOf collects what a listener hears. */
export function changesOf(m: SharedMap): Change[] {
  const got: Change[] = [];
  m.on("change", (c) => got.push(c));
  return got;
}
