import assert from "node:assert/strict";
import { test } from "node:test";
import { withMethods } from "./connect.ts";
import { WabError } from "./error.ts";
import { Session } from "./session.ts";
import { type Frame, type Page, portPair, token, World } from "./testkit/world.ts";

const server = "https://wab.test";

/** Node has no Web Locks: a page without them beats, which would keep the process alive. */
Object.defineProperty(globalThis, "navigator", { value: { locks: { request: (_: string, f: () => void) => (f(), Promise.resolve()) } }, configurable: true });

function open(page: Page, options: { token?: string; ca?: string; timeout?: number; session?: string } = {}): Session {
  const target = { server, token: options.token ?? token("alice") };
  return new Session(page.background, { target, app: "counter", ca: options.ca ?? "home", session: options.session ?? "tab-1", keep: 0 }, options.timeout ?? 30_000);
}

const rejects = (p: Promise<unknown>, code: string): Promise<void> =>
  assert.rejects(p, (e: unknown) => e instanceof WabError && e.code === code);

test("a call goes through the core and comes back", async () => {
  const w = await World.start();
  const s = open(w.page());
  await w.settle();
  assert.equal(s.status.state, "live");
  assert.equal(s.name, "counter:alice/home");
  assert.equal(w.socket.url, "wss://wab.test/api/session");
  assert.deepEqual(w.socket.of(1), [[1, 1, token("alice"), "test"]]);
  const ca = withMethods<{ Add(n: number): Promise<unknown> }>(s);
  const answer = ca.Add(7);
  await w.settle();
  assert.deepEqual(await answer, ["Add", [7]]);
});

test("names in upper case are methods, others are not, and a handle is no promise", async () => {
  const w = await World.start();
  const ca = withMethods<Record<string, unknown>>(open(w.page()));
  assert.equal(ca["then"], undefined);
  assert.equal(typeof ca["on"], "function");
  assert.equal(typeof ca["Übung"], "function");
  assert.equal(ca["Add"], ca["Add"]);
  assert.equal(await Promise.resolve(ca), ca);
});

test("BUS-2 a refusal reaches the caller with code, words and delay", async () => {
  const w = await World.start();
  const s = open(w.page());
  await w.settle();
  w.server = (sock, f) => f[0] === 3 && sock.reply(35, f[1]!, f[2]!, "quota", "Too much today.", 1500);
  const call = s.call("Add", [1]);
  const check = assert.rejects(call, { name: "WabError", code: "quota", message: "Too much today.", retryAfter: 1500 });
  await w.settle();
  await check;
});

test("OPS-2 after a cut the session resumes: same run, same id, marked retry, one outcome", async () => {
  const w = await World.start();
  const s = open(w.page());
  const states: string[] = [];
  s.on("state", ({ state }) => states.push(state));
  await w.settle();
  const first = w.socket;
  const answers = w.server;
  w.server = (sock, f) => { if (f[0] !== 3) answers(sock, f); };
  const call = s.call("Add", [1]);
  await w.settle();
  assert.equal(first.of(3).length, 1);
  first.cut();
  await w.settle();
  assert.equal(s.status.state, "offline");
  assert.ok(s.status.next! > w.time / 1000);
  w.server = answers;
  await w.pass(2000);
  assert.equal(s.status.state, "live");
  assert.notEqual(w.socket, first);
  const [before, after] = [first.of(3)[0]!, w.socket.of(3)[0]!];
  assert.deepEqual([before[2], before[4], after[2], after[4]], [1, false, 1, true]);
  assert.equal(first.of(2)[0]![4], w.socket.of(2)[0]![4], "the run stays");
  assert.deepEqual(await call, ["Add", [1]]);
  assert.deepEqual(states, ["connecting", "live", "offline", "resuming", "live"]);
});

test("a call without a time limit waits through a long outage, and is sent once", async () => {
  const w = await World.start();
  const s = open(w.page(), { timeout: 0 });
  await w.settle();
  w.socket.cut();
  await w.settle();
  const answer = s.call("Add", [1]);
  const dial = w.dial;
  w.dial = () => { throw new Error("the server is away"); };
  await w.pass(300_000);
  assert.equal(s.status.state, "offline");
  w.dial = dial;
  await w.pass(60_000);
  assert.deepEqual(await answer, ["Add", [1]]);
  assert.equal(w.sockets.flatMap((x) => x.of(3)).length, 1);
});

test("a deadline ends a call even where no answer comes", async () => {
  const w = await World.start();
  const s = open(w.page(), { timeout: 3000 });
  await w.settle();
  const answers = w.server;
  w.server = (sock, f) => { if (f[0] !== 3) answers(sock, f); };
  const check = rejects(s.call("Add", [1]), "deadline");
  await w.pass(3100);
  await check;
});

test("notes arrive in order, those before the first listener too, and are acknowledged", async () => {
  const w = await World.start();
  const s = open(w.page());
  await w.settle();
  const ch = w.socket.of(2)[0]![1]!;
  for (let i = 1; i <= 3; i++) w.socket.reply(36, ch, i, i === 3 ? 4 : 0, { n: i });
  await w.settle();
  const got: unknown[] = [];
  s.on("note", (v, info) => got.push([v, info.seq, info.dropped]));
  w.socket.reply(36, ch, 8, 0, "late");
  await w.pass(1000);
  assert.deepEqual(got, [[{ n: 1 }, 1, 0], [{ n: 2 }, 2, 0], [{ n: 3 }, 3, 4], ["late", 8, 0]]);
  assert.deepEqual(w.socket.of(4).at(-1), [4, ch, 8]);
});

test("tabs share a connection for the same owner and scope, and only then", async () => {
  const w = await World.start();
  open(w.page());
  open(w.page(), { token: token("alice", { iat: 2, exp: 99 }) });
  await w.settle();
  assert.equal(w.sockets.length, 1);
  open(w.page(), { token: token("alice", { app: "counter" }) });
  open(w.page(), { token: token("bob") });
  await w.settle();
  assert.equal(w.sockets.length, 3);
});

test("a page that is gone leaves no session: by its word, by its lock", async () => {
  const w = await World.start();
  const [a, b, c] = [w.page(), w.page(), w.page()];
  open(a, { session: "a" });
  await w.settle();
  const lock = w.heldLocks[0]!;
  open(b, { session: "b" });
  open(c, { session: "c" });
  await w.settle();
  b.background.post({ t: "bye" });
  w.release(lock);
  await w.settle();
  const closed = w.socket.of(5).map((f) => f[1]);
  const named = (s: string): unknown => w.socket.of(2).find((f) => f[3] === s)![1];
  assert.deepEqual(new Set(closed), new Set([named("a"), named("b")]));
  assert.equal(w.socket.closed, false);
});

test("a page without locks that falls silent is gone after a while; one that beats is not", async () => {
  const w = await World.start();
  const lockless = (): ReturnType<typeof portPair> => {
    const pair = portPair(w);
    w.host.attach(pair[1]);
    pair[0].postMessage({ t: "hello", lock: "" }, []);
    pair[0].postMessage({ t: "open", s: 1, target: { server, token: token("alice") }, app: "counter", ca: "home", session: "x", keep: 0, renews: false }, []);
    return pair;
  };
  const [beating] = lockless();
  lockless();
  for (let i = 0; i < 12; i++) {
    await w.pass(20_000);
    beating.postMessage({ t: "beat" }, []);
  }
  await w.settle();
  assert.equal(w.socket.of(5).length, 1);
});

test("a page that was asleep for too long is told, and may connect anew", async () => {
  const w = await World.start();
  const { locks } = navigator, { setInterval } = globalThis;
  Object.assign(navigator, { locks: undefined });
  Object.assign(globalThis, { setInterval: () => 0 }); // asleep: it does not beat
  const page = w.page();
  await w.settle();
  Object.assign(navigator, { locks });
  Object.assign(globalThis, { setInterval });
  const s = open(page);
  await w.pass(300_000);
  assert.equal(s.status.state, "refused");
  const again = open(page);
  await w.settle();
  assert.equal(again.status.state, "live");
  const call = again.call("Add", [1]);
  await w.settle();
  assert.deepEqual(await call, ["Add", [1]]);
});

test("a line without sessions hangs up after a while", async () => {
  const w = await World.start();
  const s = open(w.page());
  await w.settle();
  s.close();
  await w.pass(20_000);
  assert.equal(w.socket.closed, false);
  await w.pass(20_000);
  assert.equal(w.socket.closed, true);
});

test("BUS-6 a bound port acts with its token only, and commands nothing", async () => {
  const w = await World.start();
  const mine = open(w.page());
  await w.settle();
  const narrow = { server, token: token("alice", { app: "counter" }) };
  const frame = w.page(narrow);
  const s = open(frame, { token: token("mallory") });
  frame.background.post({ t: "forget", server, owner: "alice" });
  frame.background.post({ t: "nudge", online: false });
  frame.background.post({ t: "token", target: { server, token: token("alice", { iat: 9 }) } });
  await w.settle();
  assert.equal(s.name, "counter:alice/home");
  assert.deepEqual(w.sockets.map((x) => x.of(1)[0]![2]), [token("alice"), narrow.token]);
  assert.equal(mine.status.state, "live");
});

test("a lent port ends with its page, or when it is taken back", async () => {
  const w = await World.start();
  const page = w.page();
  open(page);
  for (const id of [1, 2]) {
    const [frame, lent] = portPair(w);
    page.background.post({ t: "bind", id, target: { server, token: token("alice") } }, [lent as unknown as MessagePort]);
    frame.postMessage({ t: "open", s: 1, app: "counter", ca: "home", session: `f${id}`, keep: 0, renews: false }, []);
  }
  await w.settle();
  const count = (kind: number): number => w.sockets.reduce((n, sock) => n + sock.of(kind).length, 0);
  assert.deepEqual([count(2), w.sockets.length], [3, 2], "frames don't share the page's connection");
  page.background.post({ t: "unbind", id: 1 });
  await w.settle();
  assert.equal(count(5), 1);
  page.background.post({ t: "bye" });
  await w.settle();
  assert.equal(count(5), 3);
});

test("a refused token ends calls with its reason, and a newer one brings the session back", async () => {
  const w = await World.start();
  const page = w.page();
  const s = open(page);
  await w.settle();
  w.socket.reply(38, "unauthenticated", "Your token has expired.", -1);
  await w.pass(1);
  assert.deepEqual(s.status, { state: "refused", reason: { code: "unauthenticated", message: "Your token has expired." } });
  const call = rejects(s.call("Add", [1]), "unauthenticated");
  await w.settle();
  await call;
  page.background.post({ t: "token", target: { server, token: token("alice", { iat: 0 }) } });
  await w.settle();
  assert.equal(s.status.state, "refused", "an older token changes nothing");
  page.background.post({ t: "token", target: { server, token: token("alice", { iat: 2 }) } });
  await w.pass(1000);
  assert.equal(s.status.state, "live");
});

test("a page that can renew is asked in time, and the session goes on; where it can't, the server's refusal stands", async () => {
  const w = await World.start();
  let issued = 1, fresh: string | undefined;
  const agreeable = w.server;
  w.server = (sock, f) => {
    if (f[0] === 1 || f[0] === 7) sock.reply(32, 1, "build", "alice", w.time, w.time + 600e6, 1 << 20, 256);
    else agreeable(sock, f);
  };
  const target = { server, token: token("alice") };
  const renew = async (): Promise<string> => (fresh = token("alice", { iat: ++issued }));
  const s = new Session(w.page().background, { target, app: "counter", ca: "home", session: "x", keep: 0 }, 1000, renew);
  await w.pass(530_000);
  assert.equal(fresh, undefined);
  await w.pass(20_000);
  assert.deepEqual(w.socket.of(7), [[7, fresh]]);
  w.socket.reply(38, "unauthenticated", "Revoked.", -1);
  await w.pass(2000);
  assert.equal(s.status.state, "live");
  assert.equal(w.socket.of(1)[0]![2], fresh);
  Object.assign(s, { renew: () => Promise.reject(new Error("signed out")) });
  w.socket.reply(38, "unauthenticated", "Revoked.", -1);
  await w.pass(2000);
  assert.deepEqual(s.status, { state: "refused", reason: { code: "unauthenticated", message: "Revoked." } });
});

test("signing out ends the owner's sessions in all tabs, and nobody else's", async () => {
  const w = await World.start();
  const [a, b] = [w.page(), w.page()];
  const [alice, alsoAlice, bob] = [open(a), open(b, { token: token("alice", { app: "counter" }) }), open(b, { token: token("bob") })];
  await w.settle();
  a.background.post({ t: "forget", server, owner: "alice" });
  await w.settle();
  assert.deepEqual([alice, alsoAlice, bob].map((s) => s.status.state), ["refused", "refused", "live"]);
  assert.deepEqual(w.sockets.map((x) => x.closed), [true, true, false]);
});

test("the session's name taken over elsewhere is told, and calls say so", async () => {
  const w = await World.start();
  const s = open(w.page());
  await w.settle();
  w.socket.reply(35, w.socket.of(2)[0]![1]!, 0, "conflict", "Opened elsewhere.", 0);
  await w.settle();
  assert.equal(s.status.reason?.code, "conflict");
  await rejects(s.call("Add", [1]), "conflict");
});

test("a server that is not one costs nothing but the connection", async () => {
  const w = await World.start();
  const s = open(w.page());
  const noise = [new ArrayBuffer(0), new Uint8Array([0x9f, 1]).buffer, new Uint8Array([0x82, 0x19, 0xff, 0xff, 0]).buffer];
  const nonsense = ["text", new Uint8Array([0x81, 0x18, 0x20]).buffer, new Uint8Array([0x82, 0x18, 0x26, 0xff]).buffer];
  for (const bad of [...noise, ...nonsense]) {
    await w.pass(60_000);
    assert.equal(s.status.state, "live");
    w.socket.raw(bad);
    await w.settle();
    if (nonsense.includes(bad)) assert.equal(s.status.state, "offline");
    const call = s.call("Add", [1]);
    await w.pass(5_000);
    assert.deepEqual(await call, ["Add", [1]]);
  }
});

test("the network's return brings the next attempt forward", async () => {
  const w = await World.start();
  const page = w.page();
  const s = open(page);
  await w.settle();
  const agreeable = w.server;
  w.server = () => {};
  for (let i = 0; i < 8; i++) {
    w.socket.cut();
    await w.pass(31_000);
  }
  w.socket.cut();
  await w.settle();
  w.server = agreeable;
  page.background.post({ t: "nudge", online: true });
  await w.settle();
  assert.equal(s.status.state, "live");
  page.background.post({ t: "nudge", online: false });
  await w.settle();
  assert.equal(s.status.state, "offline");
});

test("large values survive the growth of the core's memory, both ways", async () => {
  const w = await World.start();
  const s = open(w.page());
  await w.settle();
  for (let i = 1; i <= 30; i++) {
    const sent = new Uint8Array(i * 30_000).fill(i);
    const call = s.call("Echo", [sent]);
    await w.settle();
    assert.deepEqual(await call, ["Echo", [sent]]);
  }
});

test("many calls at once: each gets its own answer, in whatever order they come", async () => {
  const w = await World.start();
  const s = open(w.page());
  await w.settle();
  const held: Frame[] = [];
  w.server = (_, f) => { if (f[0] === 3) held.push(f); };
  const calls = Array.from({ length: 500 }, (_, i) => s.call("Add", [i]));
  await w.settle();
  assert.equal(held.length, 256, "no more than the server allows");
  w.server = (sock, f) => { if (f[0] === 3) sock.reply(34, f[1]!, f[2]!, f[6]!); };
  for (const f of held.reverse()) w.server(w.socket, f);
  await w.settle();
  assert.deepEqual(await Promise.all(calls), Array.from({ length: 500 }, (_, i) => [i]));
});

test("what can't be sent is the caller's error, and closes nothing", async () => {
  const w = await World.start();
  const s = open(w.page());
  await w.settle();
  await rejects(s.call("Add", [() => 1]), "bad_request");
  const checks = [rejects(s.call("", []), "bad_request"), rejects(s.call("Echo", [new Uint8Array(1 << 20)]), "too_large")];
  await w.settle();
  await Promise.all(checks);
  assert.equal(s.status.state, "live");
});

test("a core that crashes is reported to every page, once", async () => {
  const w = await World.start();
  const [a, b] = [open(w.page()), open(w.page())];
  await w.settle();
  const exports = (w.host.core as unknown as { exports: { received(l: number, c: number, n: number, now: number): void } }).exports;
  const quiet = console.log;
  console.log = () => {}; // there the Go runtime says why
  try { exports.received(1, 1, 0x7fffffff, w.time); } catch { /* unreachable executed */ }
  await w.settle();
  console.log = quiet;
  assert.equal(w.crashes, 1);
  assert.deepEqual([a, b].map((s) => [s.status.state, s.status.reason?.code]), [["refused", "internal"], ["refused", "internal"]]);
});

test("a session that is closed rejects what waits, and what comes later", async () => {
  const w = await World.start();
  const s = open(w.page());
  await w.settle();
  w.server = () => {};
  const waiting = rejects(s.call("Add", [1]), "unavailable");
  s.close();
  await waiting;
  await rejects(s.call("Add", [1]), "bad_request");
  await w.settle();
  assert.equal(w.socket.of(5).length, 1);
});
