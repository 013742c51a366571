import assert from "node:assert/strict";
import { test } from "node:test";
import { Clock } from "./clock.ts";
import { Session } from "./session.ts";
import { agreeable, type Frame, type Page, token, World } from "./testkit/world.ts";

Object.defineProperty(globalThis, "navigator", { value: { locks: { request: (_: string, f: () => void) => (f(), Promise.resolve()) } }, configurable: true });

const hour = 3_600_000_000, ms = 1000; // µs
const ahead = 5 * hour; // the server's clock, against the worker's
const behind = 2 * hour; // the page's

function open(page: Page): Session {
  return new Session(page.background, { target: { server: "https://wab.test", token: token("alice") }, app: "counter", ca: "home", session: "tab", keep: 0 }, 30_000);
}

/** clocked is a world whose server is so far ahead and answers pings late. */
async function clocked(there = 30, back = 30): Promise<World> {
  const w = await World.start();
  w.server = (s, f: Frame) => {
    if (f[0] !== 6) return agreeable(w, s, f);
    w.after(there, () => {
      const t = w.time + ahead;
      w.after(back, () => s.reply(37, f[1]!, t, t));
    });
  };
  return w;
}

test("DEV-3 a page tells the server's time, and how wrong it may be", async () => {
  const w = await clocked();
  const page = w.page();
  const s = open(page);
  await w.settle();
  const clock = new Clock(page.background, s["s"], () => w.time - behind, () => w.time);
  s["time"] = clock;
  assert.equal(clock.bound, Infinity);
  assert.equal(clock.now(), (w.time - behind) / 1000, "its own time before it knows better");
  let settled = false;
  void clock.synchronised.then(() => (settled = true));
  let changes = 0;
  clock.on("change", () => changes++);
  await w.pass(200);
  assert.ok(!settled && clock.bound < 40, `a first answer bounds it: ${clock.bound}`);
  await w.pass(10_000);
  assert.ok(settled && changes > 8);
  const error = clock.now() - (w.time + ahead) / 1000;
  assert.ok(Math.abs(error) <= clock.bound && Math.abs(error) < 1, `${error} ms, bound ${clock.bound}`);
  assert.ok(Math.abs(clock.offset - (ahead + behind) / ms) < 1);
  const { bound } = clock;
  const cut = w.dial;
  w.dial = () => { throw new Error("the server is away"); };
  w.socket.cut();
  await w.pass(1_000_000);
  w.dial = cut;
  assert.ok(clock.bound - bound > 99 && clock.bound - bound < 105, `the bound grows with age, by ${clock.bound - bound} ms`);
  assert.ok(Math.abs(clock.now() - (w.time + ahead) / 1000) <= clock.bound);
});

test("DEV-3 a session's clock is compared from its first use on", async () => {
  const w = await clocked();
  const s = open(w.page()), other = open(w.page());
  await w.pass(15_000);
  assert.equal(w.socket.of(6).length, 1, "nobody asks: one ping");
  assert.equal(s.clock, s.clock);
  void other.clock;
  await w.pass(5000);
  assert.ok(w.socket.of(6).length > 8);
  for (const { clock } of [s, other]) {
    await clock.synchronised;
    assert.ok(clock.bound < 60, String(clock.bound));
    assert.ok(Math.abs(clock.drift) < 100);
  }
  assert.ok(Math.abs(s.clock.now() - other.clock.now()) < 50);
});

test("DEV-3 a page whose own clock is set measures the way to the worker anew", async () => {
  let set = 0, at = 1_700_000_000_000_000;
  const asks: number[] = [];
  const clock = new Clock({ post: (m: { sent: number }) => asks.push(m.sent) } as never, 1, () => at + set, () => at + set);
  const answer = (delay: number): void => {
    const asked = asks.shift()!;
    at += delay / 2;
    const worker = at;
    at += delay / 2;
    clock.receive({ t: "clock", s: 1, asked, at: worker, reading: { local: at, server: at + ahead, drift: 0, bound: 5 * ms, settled: true } });
  };
  for (const delay of [4000, 2000, 8000, 50]) answer(delay);
  assert.equal(asks.length, 0, "the last way was good enough");
  assert.ok(Math.abs(clock.bound - 5.025) < 0.01, String(clock.bound));
  set = -3 * hour;
  at += 61_000 * ms;
  clock.receive({ t: "clock", s: 1, at, reading: { local: at, server: at + ahead, drift: 0, bound: 5 * ms, settled: true } });
  assert.equal(asks.length, 1, "a minute later it looks again");
  answer(80);
  assert.ok(Math.abs(clock.now() - (at + ahead) / 1000) <= clock.bound, `${clock.now() - (at + ahead) / 1000}`);
});

test("the clock stands still rather than going back a little, and tells how wrong that is", () => {
  let at = 1_700_000_000_000_000;
  const asks: number[] = [];
  const clock = new Clock({ post: (m: { sent: number }) => asks.push(m.sent) } as never, 1, () => at, () => at);
  const tell = (server: number, bound: number): void => clock.receive({ t: "clock", s: 1, asked: at, at, reading: { local: at, server, drift: 0, bound, settled: true } });
  tell(at + 500 * ms, 600 * ms);
  const first = clock.now();
  at += 10 * ms;
  tell(at + 100 * ms, 50 * ms);
  assert.equal(clock.now(), first);
  assert.ok(clock.bound >= 50 + 390 && clock.bound < 50 + 391, String(clock.bound));
  at += 400 * ms;
  assert.equal(clock.now(), (at + 100 * ms) / 1000);
  tell(at - 2 * hour, 50 * ms);
  assert.equal(clock.now(), (at - 2 * hour) / 1000, "two hours are no little");
});

test("DEV-3 after a sleep of the computer nothing is known until the server has answered", async () => {
  const w = await clocked();
  const page = w.page();
  const s = open(page);
  await w.settle();
  let slept = 0;
  const clock = new Clock(page.background, s["s"], () => w.time - slept, () => w.time);
  s["time"] = clock;
  await w.pass(20_000);
  assert.ok(clock.bound < 40, String(clock.bound));
  const pings = w.socket.of(6).length;
  slept = 8 * hour; // the page's clock stood still
  assert.equal(clock.bound, Infinity);
  await w.pass(100);
  assert.ok(w.socket.of(6).length > pings, "it asks at once");
  assert.ok(clock.bound < 40, String(clock.bound));
  assert.ok(Math.abs(clock.now() - (w.time + ahead) / 1000) <= clock.bound);
});

test("DEV-3 a sleep just after a ping is no reason to wait for the next one that is due", async () => {
  const w = await clocked();
  const page = w.page();
  const s = open(page);
  await w.settle();
  let slept = 0;
  const clock = new Clock(page.background, s["s"], () => w.time, () => w.time + slept); // page and worker stand still
  s["time"] = clock;
  await w.pass(400_000);
  assert.ok(clock.bound < 40, String(clock.bound));
  for (const n = w.socket.of(6).length; w.socket.of(6).length === n; ) await w.pass(100);
  await w.pass(100); // it is answered
  slept = 8 * hour;
  assert.equal(clock.bound, Infinity);
  let waited = 0;
  for (; clock.bound === Infinity; waited += 100) await w.pass(100);
  assert.ok(waited <= 2000, `it knew nothing for ${waited} ms`);
});
