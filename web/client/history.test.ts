import assert from "node:assert/strict";
import { test } from "node:test";
import type { SharedMap } from "./map.ts";
import { board, contents, start } from "./testkit/mapscene.ts";
import type { MapServer } from "./testkit/mapserver.ts";
import { Disk } from "./testkit/world.ts";

/** dice gives the same numbers for the same seed. */
function dice(seed: number): (n: number) => number {
  return (n) => (seed = (seed * 48271) % 2147483647) % n;
}

for (let seed = 1; seed <= 8; seed++) {
  test(`MAP-5 after any history of changes, cuts, tabs and restarts all see the newest: ${seed}`, async () => {
    const random = dice(seed * 7919);
    const disk = new Disk();
    let { w, maps, ca } = await start(disk);
    const served = [maps.map(board, { n: 0 }), maps.map("counter:alice/home/list", { n: 0 })] as const;
    let views: SharedMap[] = [];
    const last = new Map<SharedMap, [epoch: number, version: number]>();
    const look = async (): Promise<void> => void views.push(...(await Promise.all([ca.map("board"), ca.map("list")])));
    const change = (): Parameters<MapServer["commit"]>[number] => {
      const m = served[random(2)]!, key = `k${random(12)}`;
      return random(3) === 0 ? [m, {}, [key]] : [m, { [key]: random(1000), n: random(1000) }];
    };
    const steps: (() => unknown)[] = [
      () => maps.commit(change()),
      () => maps.commit(change()),
      () => maps.commit([served[0], { n: 1 }], [served[1], { n: 1 }]),
      () => served[random(2)]!.change({ [`k${random(12)}`]: "unheard" }),
      () => w.socket.cut(),
      () => void look(),
      () => views.shift()?.close(),
      () => w.pass(random(3000)),
      () => { const m = served[random(2)]!; m.epoch++; },
      async () => {
        await w.pass(random(2) * 1000);
        disk.fall();
        views = [];
        const old = maps.maps;
        ({ w, maps, ca } = await start(disk));
        for (const [name, m] of old) maps.maps.set(name, m);
      },
    ];
    for (let i = 0; i < 120; i++) {
      await steps[random(steps.length)]!();
      await w.settle();
      for (const v of views.filter((v) => v.state !== "ended")) {
        const [epoch, version] = last.get(v) ?? [0, 0];
        assert.ok(v.epoch !== epoch || v.version >= version, `${v.name} went back from ${version} to ${v.version}`);
        last.set(v, [v.epoch, v.version]);
      }
    }
    void look();
    w.socket.cut();
    await w.pass(10_000);
    assert.ok(views.length >= 2);
    for (const v of views) {
      const m = served.find((_, i) => v.name.endsWith(["board", "list"][i]!))!;
      assert.deepEqual([v.state, v.epoch, v.version, contents(v)], ["live", m.epoch, m.version, m.entries]);
    }
  });
}
