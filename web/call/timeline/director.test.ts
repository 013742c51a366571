import assert from "node:assert/strict";
import { test } from "node:test";
import { Director, margin, unknownDelay } from "./director.ts";
import type { Event, Fired } from "./events.ts";
import { Log, replay } from "./log.ts";
import { blindAfter } from "./stream.ts";

/** Play drives a director with short words. Frame n of the member's video has the timestamp n × 3000, less 20,000: it wraps within. */
class Play {
  now = 1_000_000;
  readonly fired: Fired[] = [];
  readonly log = new Log(new Director());
  private id = 100;

  constructor(reads = true, source = "camera") {
    this.tell({ e: "stream", s: 1, member: "alice", source, reads });
  }

  tell(e: object): Fired[] {
    const fired = this.log.take({ now: this.now, ...e } as Event);
    this.fired.push(...fired);
    return fired;
  }

  wait(ms: number): Fired[] {
    this.now += ms;
    return this.tell({ e: "tick" });
  }

  rtp = (frame: number): number => (frame * 3000 - 20_000) >>> 0;

  trailer(frame: number, ...actions: [action: number, frame: number][]): Fired[] {
    const counter = Math.max(0, ...actions.map(([a]) => a));
    return this.tell({ e: "trailer", s: 1, seen: this.now, rtp: this.rtp(frame), counter, marks: actions.map(([a, f]) => [a, this.rtp(f)]) });
  }

  picture(frame: number, sight: "frame" | "sources" = "frame"): Fired[] {
    return this.tell({ e: "picture", s: 1, sight, rtp: this.rtp(frame) });
  }

  want(action: number, more: object = {}): Fired[] {
    return this.tell({ e: "want", id: this.id++, member: "alice", action, at: this.now, ...more });
  }
}

const methods = (fired: Fired[]): string[] => fired.map((f) => f.method);

test("DEV-4: an action fires with the first picture of its frame or a later one", () => {
  for (const shown of [8, 9]) {
    const p = new Play();
    p.picture(5);
    p.want(1);
    p.trailer(8, [1, 7]);
    assert.deepEqual(p.picture(6), []);
    p.now += 30;
    const [f] = p.picture(shown);
    assert.deepEqual([f!.method, f!.error, f!.action], ["frame", 0, 1]);
    assert.deepEqual(p.picture(shown + 1), []);
  }
});

test("DEV-4: a trailer alone makes nothing happen", () => {
  const p = new Play();
  p.trailer(8, [1, 7], [2, 8]);
  p.picture(9);
  assert.deepEqual(p.wait(60_000), []);
});

test("DEV-4: a signal that comes after the picture fires at once, and tells by how much it is late", () => {
  const p = new Play();
  p.trailer(8, [1, 7]);
  p.picture(7);
  p.now += 40;
  const [f] = p.want(1);
  assert.deepEqual([f!.method, f!.error], ["frame", 40]);
});

test("a trailer that is heard of after the picture fires at once, too", () => {
  const p = new Play();
  p.want(1);
  p.picture(6);
  p.now += 10;
  p.picture(7);
  p.now += 15;
  assert.equal(p.trailer(8, [1, 7])[0]!.error, 15);
});

test("DEV-4: each that waits for a moment is told once", () => {
  const p = new Play();
  p.want(1);
  p.want(1);
  p.want(2);
  p.trailer(8, [1, 8]);
  assert.equal(p.picture(8).length, 2);
});

test("a moment that has passed within a minute fires at once, one before that at its deadline", () => {
  const p = new Play();
  p.trailer(8, [1, 8]);
  p.picture(8);
  p.now += 59_000;
  p.trailer(2000, [1, 8]);
  assert.deepEqual(methods(p.want(1, { at: p.now - 59_000, deadline: p.now + 5 })), ["frame"]);
  p.now += 2000;
  p.trailer(2060);
  p.picture(2060);
  assert.deepEqual(p.want(1, { at: p.now - 61_000, deadline: p.now + 5 }), []);
  assert.deepEqual(methods(p.wait(5)), ["deadline"]);
});

test("what was cancelled does not fire", () => {
  const p = new Play();
  p.want(1);
  p.tell({ e: "cancel", id: 100 });
  p.trailer(8, [1, 8]);
  assert.deepEqual(p.picture(8), []);
});

test("one's own action fires when it is admitted", () => {
  assert.deepEqual(methods(new Play().want(1, { mine: true })), ["local"]);
});

test("DEV-4: without trailers the signal's timestamp tells", () => {
  const p = new Play(false);
  p.picture(5);
  p.want(1, { rtp: p.rtp(7) });
  assert.deepEqual(p.picture(6), []);
  assert.deepEqual(methods(p.picture(7)), ["mapped"]);
});

test("while trailers come, the signal's timestamp is not believed; it is when a mark was lost", () => {
  const p = new Play();
  p.trailer(5);
  p.picture(5);
  p.want(1, { rtp: p.rtp(5) });
  assert.deepEqual(p.picture(6), []);
  assert.deepEqual(methods(p.trailer(9, [2, 9])), ["mapped"]);
});

test("timestamps that the receiver tells of do as well", () => {
  const p = new Play();
  p.want(1);
  p.trailer(8, [1, 8]);
  assert.deepEqual(methods(p.picture(8, "sources")), ["sources"]);
});

test("pictures of which nobody tells the frame: the first one once the marked frame must be there", () => {
  const p = new Play();
  p.tell({ e: "delay", s: 1, ms: 50 });
  const blind = (): Fired[] => p.tell({ e: "picture", s: 1, sight: "callback" });
  blind();
  p.want(1);
  p.trailer(8, [1, 8]);
  p.now += 30;
  assert.deepEqual(blind(), []);
  p.now += 30;
  assert.deepEqual(blind().map((f) => [f.method, f.error]), [["callback", undefined]]);
});

test("DEV-4: a hidden tab goes by the delay from the mark's arrival", () => {
  const p = new Play();
  for (let f = 0; f < 9; f++) {
    p.trailer(f);
    p.now += 70;
    p.picture(f);
  }
  p.tell({ e: "hidden", hidden: true });
  p.want(1);
  assert.deepEqual(p.wait(50), []);
  p.trailer(12, [1, 12]);
  assert.equal(p.log["director"].wake(p.now), p.now + 70);
  assert.deepEqual(p.wait(69), []);
  assert.deepEqual(methods(p.wait(1)), ["delay"]);
});

test("a hidden tab without trailers goes by the delay from the signal's arrival", () => {
  const p = new Play(false);
  p.tell({ e: "delay", s: 1, ms: 80 });
  p.tell({ e: "hidden", hidden: true });
  p.want(1, { rtp: 5 });
  assert.deepEqual(p.wait(79), []);
  assert.deepEqual(methods(p.wait(1)), ["delay"]);
});

test("an audio-only call goes by the sound's delay", () => {
  const p = new Play(false, "mic");
  p.tell({ e: "delay", s: 1, ms: 60 });
  p.want(1);
  assert.deepEqual(methods(p.wait(60)), ["delay"]);
});

test("who has no stream at all waits for nothing", () => {
  const p = new Play();
  p.tell({ e: "gone", s: 1 });
  assert.deepEqual(methods(p.want(1)), ["delay"]);
});

test("DEV-4: frozen video fires at the deadline; a freeze that ends before, with the picture", () => {
  for (const [ends, want] of [[false, "deadline"], [true, "frame"]] as const) {
    const p = new Play();
    p.picture(5);
    p.want(1, { deadline: p.now + 1500 });
    p.trailer(8, [1, 8]);
    assert.deepEqual(p.wait(1000), []);
    assert.deepEqual(methods(ends ? p.picture(30) : p.wait(500)), [want]);
  }
});

test("video that nobody has drawn for long is like a hidden tab", () => {
  const p = new Play();
  p.tell({ e: "delay", s: 1, ms: 50 });
  p.wait(blindAfter + 100);
  p.want(1);
  p.trailer(8, [1, 8]);
  assert.deepEqual(methods(p.wait(50)), ["delay"]);
});

test("the deadline follows the delay that was measured", () => {
  const p = new Play();
  p.want(1);
  assert.equal(p.log["director"].snapshot().wants[0]!.deadline, p.now + unknownDelay);
  p.trailer(8, [1, 8]);
  p.now += 400;
  p.picture(8);
  p.want(2);
  assert.equal(p.log["director"].snapshot().wants[0]!.deadline, p.now + 400 + margin);
});

test("DEV-4: hostile marks move their own member's actions only, and to the deadline at worst", () => {
  const p = new Play();
  p.tell({ e: "stream", s: 2, member: "mallory", source: "camera", reads: true });
  p.picture(5);
  p.want(1, { deadline: p.now + 300 });
  p.tell({ e: "trailer", s: 2, seen: p.now, rtp: 1, counter: 0xffff_ffff, marks: [[1, 0], [2, 1 << 30]] });
  assert.deepEqual(p.tell({ e: "picture", s: 2, sight: "frame", rtp: 1 << 29 }), []);
  p.trailer(6, [1, 90_000]);
  assert.deepEqual(p.picture(7), []);
  assert.deepEqual(methods(p.wait(300)), ["deadline"]);
});

test("what is remembered has bounds", () => {
  const p = new Play();
  for (let a = 1; a < 1500; a++) {
    p.trailer(a, [a, a]);
    p.want(a + 10_000, { deadline: Number.MAX_SAFE_INTEGER });
    p.picture(a);
  }
  const { streams, wants } = p.log["director"].snapshot(), s = streams[1]!;
  assert.ok(Object.keys(s.marks).length <= 257 && s.pictures.length <= 256 && wants.length <= 1001, `${Object.keys(s.marks).length} ${s.pictures.length} ${wants.length}`);
  assert.equal(p.fired.length, 1499 - wants.length);
});

test("DEV-4: a log replays to the same decisions, whichever part of it is left", () => {
  const p = new Play();
  let seed = 1;
  const random = (n: number): number => (seed = (seed * 48_271) % 0x7fff_ffff) % n;
  for (let n = 1; n < 9000; n++) {
    p.now += random(30);
    const a = n >> 3;
    switch (random(6)) {
      case 0: p.want(a, random(3) ? {} : { rtp: p.rtp(n) }); break;
      case 1: p.trailer(n, [a, n - 1]); break;
      case 2: p.wait(random(90)); break;
      case 3: p.tell({ e: "hidden", hidden: random(9) === 0 }); break;
      default: p.picture(n - 2);
    }
  }
  const { now, then } = replay(p.log.text());
  assert.ok(then.length > 200 && new Set(methods(then)).size >= 3, `${then.length} ${[...new Set(methods(then))]}`);
  assert.deepEqual(now, then);
});
