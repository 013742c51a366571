import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call, CallOptions } from "./call.ts";
import { encode } from "./cbor.ts";
import { WabError } from "./error.ts";
import { Session } from "./session.ts";
import { RoomServer } from "./testkit/roomserver.ts";
import { type Frame, type Page, token, World } from "./testkit/world.ts";

const server = "https://wab.test";
const room = "counter:alice/home/room";

Object.defineProperty(globalThis, "navigator", { value: { locks: { request: (_: string, f: () => void) => (f(), Promise.resolve()) } }, configurable: true });

function session(page: Page, options: { token?: string; bound?: boolean } = {}): Session {
  const target = options.bound ? {} : { target: { server, token: options.token ?? token("alice") } };
  return new Session(page.background, { ...target, app: "counter", ca: "alice/home", session: "tab-1", keep: 0 }, 30_000);
}

/** Ends of a World: its room server, and a session that is live. */
async function start(): Promise<{ w: World; rooms: RoomServer; ca: Session }> {
  const w = await World.start();
  const rooms = new RoomServer(w);
  const ca = session(w.page());
  await w.settle();
  return { w, rooms, ca };
}

/** enter enters the room and collects what is told, in order and in short. */
function enter(ca: Session, hello: unknown = null, options: CallOptions = {}): { call: Call; heard: unknown[] } {
  const heard: unknown[] = [];
  const call = ca.enter("room", {
    hello,
    onstate: (state, reason) => heard.push(reason ? [state, reason.code] : state),
    onopened: ({ resumed, member, payload }) => heard.push([member, resumed, payload]),
    onsignal: (value) => heard.push(value),
    ...options,
  });
  return { call, heard };
}

const refuses = (code: string) => (e: unknown): boolean => e instanceof WabError && e.code === code;

/** opens are the openings that a server heard: member, secret and hello. */
const opens = (w: World): Frame[] => w.sockets.flatMap((s) => s.of(69)).map((f) => f.slice(2));

test("CALL-1 a call comes back after a cut as the member that it was, with the latest hello", async () => {
  const { w, rooms, ca } = await start();
  const { call, heard } = enter(ca, { name: "Bob" });
  assert.deepEqual([call.state, call.room, call.send("early")], ["opening", room, false]);
  await w.settle();
  assert.deepEqual([heard.splice(0), call.state, call.member], [["live", ["member-1", false, { name: "Bob" }]], "live", "member-1"]);
  rooms.say({ t: "offer" });
  rooms.say(2);
  assert.ok(call.send({ t: "answer" }));
  call.hello({ name: "Bobby" });
  await w.settle();
  assert.deepEqual([heard.splice(0), rooms.said.splice(0)], [[{ t: "offer" }, 2], [["member-1", { t: "answer" }]]]);
  w.socket.cut();
  await w.settle();
  assert.deepEqual([heard.splice(0), call.state, call.send("lost")], [["stale"], "stale", false]);
  await w.pass(60_000);
  rooms.say(3);
  await w.settle();
  assert.deepEqual(heard.splice(0), ["live", ["member-1", true, { name: "Bobby" }], 3]);
  rooms.members.clear(); // the server has started anew
  w.socket.cut();
  await w.pass(60_000);
  assert.deepEqual([heard, call.member], [["stale", "live", ["member-2", false, { name: "Bobby" }]], "member-2"]);
  assert.deepEqual(opens(w), [
    [room, "", "", { name: "Bob" }], [room, "member-1", "secret-1", { name: "Bobby" }], [room, "member-1", "secret-1", { name: "Bobby" }],
  ]);
  assert.deepEqual(rooms.said, []);
});

test("CALL-1 what a page says before it has heard that its call was opened again goes nowhere", async () => {
  const { w, rooms, ca } = await start();
  const { call, heard } = enter(ca);
  await w.settle();
  const page = (ca as unknown as { background: { port: { deliver: unknown } } }).background.port;
  const deliver = page.deliver as (e: MessageEvent) => void, held: MessageEvent[] = [];
  page.deliver = (e: MessageEvent) => held.push(e); // it is busy, or asleep
  rooms.members.clear();
  w.socket.cut();
  await w.pass(60_000);
  assert.deepEqual([call.state, call.send("an answer to what is no more"), rooms.here], ["live", true, ["member-2"]]);
  await w.settle();
  page.deliver = deliver;
  for (const e of held) deliver.call(page, e);
  assert.ok(call.send("news"));
  await w.settle();
  assert.deepEqual([rooms.said, heard.at(-1)], [[["member-2", "news"]], ["member-2", false, null]]);
});

test("handlers may be set after the call was made, and may answer at once", async () => {
  const { w, rooms, ca } = await start();
  const call = ca.enter("room", {});
  const heard: unknown[] = [];
  call.onopened = ({ payload }) => heard.push(payload, call.send("first"));
  await w.settle();
  assert.deepEqual([heard, rooms.said], [[null, true], [["member-1", "first"]]]);
});

test("two calls of one page, and of two, are members of their own on one connection", async () => {
  const { w, rooms, ca } = await start();
  const a = enter(ca, 1), b = enter(ca, 2);
  const other = session(w.page());
  await w.settle();
  const c = enter(other, 3);
  await w.settle();
  assert.deepEqual([a, b, c].map((x) => x.call.member), ["member-1", "member-2", "member-3"]);
  assert.equal(w.sockets.length, 1);
  b.call.close();
  rooms.say("all");
  a.call.send("a");
  c.call.send("c");
  await w.settle();
  assert.deepEqual([rooms.here, rooms.said], [["member-1", "member-3"], [["member-1", "a"], ["member-3", "c"]]]);
  assert.deepEqual([a.heard.at(-1), b.heard.length, c.heard.at(-1)], ["all", 2, "all"]);
  assert.deepEqual([b.call.state, b.call.send("b")], ["ended", false]);
});

test("a room that refuses ends the call, and one that is full is waited for", async () => {
  const { w, rooms, ca } = await start();
  rooms.end("quota", 5_000);
  const { call, heard } = enter(ca);
  await w.pass(4_000);
  assert.deepEqual([heard.splice(0), call.state, opens(w).length], [[["opening", "quota"]], "opening", 1]);
  rooms.refusal = undefined;
  await w.pass(6_000);
  assert.deepEqual(heard.splice(0), ["live", ["member-1", false, null]]);
  rooms.end("not_allowed");
  await w.pass(60_000);
  assert.deepEqual([heard, call.state, call.reason?.code, opens(w).length], [[["ended", "not_allowed"]], "ended", "not_allowed", 2]);
  const again = enter(ca);
  await w.settle();
  assert.deepEqual(again.heard, [["ended", "not_allowed"]]);
});

test("what can't be said in a call is an error of its own, and costs nobody the connection", async () => {
  const { w, rooms, ca } = await start();
  const { call } = enter(ca);
  await w.settle();
  const long = "x".repeat(256 << 10);
  assert.throws(() => call.send(long), refuses("too_large"));
  assert.throws(() => call.hello(new Date()), refuses("bad_request"));
  assert.throws(() => ca.enter("room", { hello: long }), refuses("too_large"));
  assert.ok(call.send(long.slice(5)));
  await w.settle();
  assert.deepEqual([rooms.said.length, w.sockets.length, rooms.here], [1, 1, ["member-1"]]);
});

test("OPS-1 a page that lies to the worker harms nobody", async () => {
  const { w, rooms, ca } = await start();
  const { call } = enter(ca);
  const page = w.page(), evil = session(page);
  await w.settle();
  const post = (t: string, more: object): void => page.port.postMessage({ t, s: 99, ...more }, []);
  const via = (evil as unknown as { s: number }).s;
  for (const payload of [new Uint8Array(0), new Uint8Array([1, 1]), new Uint8Array([0xa2, 2, 0, 1, 0]), encode("x".repeat(300_000))]) {
    post("openCall", { via, room, hello: payload });
    await w.settle();
    post("sendCall", { n: 1, payload });
    post("helloCall", { hello: payload });
    post("sendCall", { s: 1, n: 1, payload: encode("another's") });
    await w.settle();
    post("closeCall", {});
    post("closeCall", {});
  }
  for (let s = 1000; s < 1100; s++) post("openCall", { s, via, room, hello: encode(null) });
  await w.settle();
  assert.deepEqual([rooms.said, w.sockets.length, call.state, call.send("still here")], [[], 1, "live", true]);
  assert.deepEqual(opens(w).length, 1 + 4 + 63, "and a flood of calls has an end");
});

test("a call outlives a server that makes no sense", async () => {
  for (const frame of [
    [89, 1], [88, 1, true, "another-1", "x", null], [88, 1, true, "member-1", "secret-1", null], [88, 1, false, "me", "x", null], [88, 1, false, "member-1", "", null],
    [90, 0, "quota", "", 0], [89, 0, 1], [88, "1", false, "member-1", "x", null], [90, 1, 5, "", 0],
  ] as Frame[]) {
    const { w, rooms, ca } = await start();
    const { call, heard } = enter(ca);
    await w.settle();
    const before = w.sockets.length;
    w.socket.reply(...frame);
    await w.pass(60_000);
    assert.equal(w.sockets.length, before + 1, JSON.stringify(frame));
    rooms.say("back");
    await w.settle();
    assert.deepEqual(heard, ["live", ["member-1", false, null], "stale", "live", ["member-1", true, null], "back"]);
    assert.equal(call.state, "live");
  }
});

test("what is said about calls that are nobody's is passed over", async () => {
  const { w, ca } = await start();
  const { heard } = enter(ca);
  await w.settle();
  w.socket.reply(89, 77, "nobody's");
  w.socket.reply(88, 78, true, "another-1", "x", null);
  w.socket.reply(90, 4_294_967_295, "conflict", "", 0);
  w.socket.reply(89, 1, "ours", "and more", ["of", "later"]);
  await w.settle();
  assert.deepEqual([heard, w.sockets.length], [["live", ["member-1", false, null], "ours"], 1]);
});

test("a call ends with its session, its page, its owner and its token", async () => {
  const { w, rooms, ca } = await start();
  const a = enter(ca);
  const page = w.page(), other = session(page), third = session(w.page());
  await w.settle();
  const b = enter(other), c = enter(third);
  await w.settle();
  ca.close();
  assert.throws(() => ca.enter("room", {}), refuses("bad_request"));
  await w.settle();
  assert.deepEqual([a.heard.at(-1), rooms.here], [["ended", "unavailable"], ["member-2", "member-3"]]);
  page.background.post({ t: "bye" });
  await w.settle();
  assert.deepEqual([b.heard.at(-1), rooms.here], [["ended", "unavailable"], ["member-3"]]);
  w.host.forget(server, "alice");
  await w.settle();
  assert.deepEqual(c.heard.at(-1), ["ended", "unauthenticated"]);
  assert.throws(() => third.enter("room", {}), refuses("unauthenticated"));
  const fourth = session(w.page());
  await w.settle();
  const d = enter(fourth);
  await w.settle();
  w.socket.reply(38, "unauthenticated", "Sign in again.", -1);
  await w.pass(20_000);
  assert.deepEqual(d.heard.at(-1), ["ended", "unauthenticated"]);
});

test("a page that is gone without a word leaves the room, and a connection that nobody uses ends", async () => {
  const { w, rooms } = await start();
  const ca = session(w.page());
  await w.settle();
  enter(ca);
  await w.settle();
  for (const lock of w.heldLocks) w.release(lock);
  await w.settle();
  assert.deepEqual(rooms.here, []);
  await w.pass(60_000);
  assert.ok(w.socket.closed);
});

test("a call keeps the connection while its session is all that is gone", async () => {
  const { w, ca } = await start();
  const { heard } = enter(ca);
  await w.settle();
  w.socket.reply(35, 1, 0, "conflict", "Another took over.", 0); // the channel, not the call
  await w.pass(60_000);
  assert.deepEqual([heard.at(-1), w.socket.closed], [["member-1", false, null], false]);
});

test("a bound port enters with its own token, and the server decides", async () => {
  const { w, rooms, ca } = await start();
  enter(ca);
  const frame = session(w.page({ server, token: token("alice", { scope: { ca: "counter:alice/home", methods: ["Add"] } }) }), { bound: true });
  await w.settle();
  assert.equal(w.sockets.length, 2, "it has a connection of its own");
  rooms.refusal = ["not_allowed", 0];
  const { call, heard } = enter(frame);
  await w.settle();
  assert.deepEqual([heard, call.state, w.sockets[1]!.of(69).length], [[["ended", "not_allowed"]], "ended", 1]);
});

test("a page that is put by leaves the room, and enters it anew when it is back", async () => {
  const listeners = new Map<string, () => void>();
  const g = globalThis as Record<string, unknown>;
  Object.assign(g, { window: {}, addEventListener: (e: string, f: () => void) => listeners.set(e, f), removeEventListener: (e: string) => listeners.delete(e) });
  try {
    const { w, rooms, ca } = await start();
    const { call, heard } = enter(ca, "Bob");
    await w.settle();
    listeners.get("pagehide")!();
    rooms.say("unheard");
    await w.settle();
    assert.deepEqual([heard.splice(0), rooms.here, call.send("unsaid")], [["live", ["member-1", false, "Bob"], ["stale", "unavailable"]], [], false]);
    call.hello("Bobby");
    listeners.get("pageshow")!();
    listeners.get("pageshow")!();
    await w.settle();
    assert.deepEqual([heard, rooms.here], [["live", ["member-2", false, "Bobby"]], ["member-2"]]);
    call.close();
    assert.equal(listeners.size, 0);
    await w.settle();
    assert.deepEqual(rooms.here, []);
  } finally {
    for (const name of ["window", "addEventListener", "removeEventListener"]) delete g[name];
  }
});

test("a worker that ends takes the call along", async () => {
  const { w, ca } = await start();
  const { heard } = enter(ca);
  await w.settle();
  w.host.crashed();
  await w.settle();
  assert.deepEqual(heard.at(-1), ["ended", "internal"]);
});
