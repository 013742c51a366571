/** The cases that every mirror of maps is held to (internal/sharedmap/testdata/mirror), played by the page's: see README.md there. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { Background, Receiver } from "./background.ts";
import { encode } from "./cbor.ts";
import type { Code } from "./error.ts";
import { SharedMap } from "./map.ts";
import type { AboutMap, MapState } from "./protocol.ts";

const folder = "internal/sharedmap/testdata/mirror";

type Batch = [set: object, deleted?: string[]];
type Told =
  | ["send", unknown]
  | ["state", number, MapState, Code | ""]
  | ["changed", number, string, number, number, object, string[]]
  | ["presence", number, number, boolean, [number, string, unknown][], number[]];

interface Step {
  add?: string;
  seed?: Batch[];
  start?: [number, number];
  close?: number;
  dump?: number;
  tells: Told[];
  sees: { [map: number]: { state: MapState; version: number; entries: object } };
}

const join = (...parts: unknown[]): Uint8Array => new Uint8Array(Buffer.concat(parts.map(encode)));

/** about is what the worker makes of what the core tells. */
function about(m: Exclude<Told, ["send", unknown]>): AboutMap {
  const s = m[1];
  switch (m[0]) {
    case "state": return { t: "mapState", s, state: m[2], ...(m[3] && { reason: { code: m[3], message: "Why." } }) };
    case "presence": return { t: "mapPeople", s, me: m[2], reset: m[3], people: join(m[4], m[5]) };
    default: return { t: "mapBatch", s, reset: m[2].includes("reset"), part: m[2].includes("part"), epoch: m[3], version: m[4], batch: join(m[5], m[6]) };
  }
}

/** Page is a page that looks at one map, and what it has come to. */
class Page {
  map: SharedMap | undefined;
  refused = false;
  private receive!: Receiver;

  constructor() {
    const background = { join: (r: Receiver) => ((this.receive = r), 1), leave: () => {}, post: () => {} };
    SharedMap.open(background as unknown as Background, 1, "").then((m) => (this.map = m), () => (this.refused = true));
  }

  async hear(told: Told[]): Promise<void> {
    for (const m of told) if (m[0] !== "send") this.receive(about(m));
    await new Promise((r) => setImmediate(r));
  }

  sees(): unknown {
    if (!this.map) return { state: this.refused ? "ended" : "opening", version: 0, entries: {} };
    return { state: this.map.state, version: this.map.version, entries: Object.fromEntries(this.map) };
  }
}

/** data leaves out methods, which pages hide. */
function data(seen: Step["sees"][number]): unknown {
  return { ...seen, entries: Object.fromEntries(Object.entries(seen.entries).filter(([k]) => !k.startsWith("\0"))) };
}

/** fromCache is what the worker tells of what it kept. */
function fromCache({ seed = [], start = [0, 0] }: Step, map: number): Told[] {
  return seed.map(([set, deleted], i): Told => {
    const flags = [i === 0 ? "reset" : "", i < seed.length - 1 ? "part" : ""].join("+");
    return ["changed", map, flags, ...start, set, deleted ?? []];
  });
}

for (const file of readdirSync(folder).filter((f) => f.endsWith(".json"))) {
  const { about: what, steps } = JSON.parse(readFileSync(`${folder}/${file}`, "utf8")) as { about: string; steps: Step[] };
  test(`MAP-4 MAP-6 ${file}: ${what}`, async () => {
    const pages = new Map<number, Page>();
    let added = 0;
    for (const step of steps) {
      if (step.add !== undefined) pages.set(++added, new Page());
      for (const [n, page] of pages) {
        const own = step.tells.filter((t) => t[1] === n);
        if (step.add !== undefined && n === added) own.unshift(...fromCache(step, n));
        if (step.dump !== undefined) pages.set(n, await latecomer(own, step, n));
        else await page.hear(own);
      }
      if (step.close !== undefined) pages.delete(step.close);
      for (const [n, page] of pages) assert.deepEqual(page.sees(), data(step.sees[n]!), `${JSON.stringify(step)}: map ${n}`);
    }
  });
}

/** latecomer is a page that is told all at once, and takes the place of the one that has been there. */
async function latecomer(told: Told[], step: Step, n: number): Promise<Page> {
  const page = new Page();
  await page.hear(told);
  assert.deepEqual(page.sees(), data(step.sees[n]!), "the later page");
  return page;
}
