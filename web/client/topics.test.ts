import assert from "node:assert/strict";
import { test } from "node:test";
import { WabError } from "./error.ts";
import { Place } from "./place.ts";
import { Session } from "./session.ts";
import { TopicServer } from "./testkit/topicserver.ts";
import { type Page, token, World } from "./testkit/world.ts";
import { type Topic, topicName, type TopicOptions } from "./topic.ts";

const server = "https://wab.test";
const party = "counter:forum/party";

Object.defineProperty(globalThis, "navigator", { value: { locks: { request: (_: string, f: () => void) => (f(), Promise.resolve()) } }, configurable: true });

function session(page: Page, options: { token?: string } = {}): Session {
  return new Session(page.background, { target: { server, token: options.token ?? token("alice") }, app: "counter", ca: "home", session: "tab-1", keep: 0 }, 30_000);
}

/** Ends of a World: its topic server, and a session that is live. */
async function start(): Promise<{ w: World; topics: TopicServer; ca: Session }> {
  const w = await World.start();
  const topics = new TopicServer(w);
  const ca = session(w.page());
  await w.settle();
  return { w, topics, ca };
}

/** settled is a promise's value once the world has come to rest. */
async function settled<T>(w: World, p: Promise<T>): Promise<T> {
  p.catch(() => {});
  await w.settle();
  return p;
}

const rejects = (p: Promise<unknown>, code: string): Promise<void> => assert.rejects(p, (e: unknown) => e instanceof WabError && e.code === code);

/** visit opens another page with a session. */
async function visit(w: World): Promise<Session> {
  const ca = session(w.page());
  await w.settle();
  return ca;
}

/** follow follows a topic and collects what its listeners hear. */
async function follow(w: World, ca: Session, options: TopicOptions = {}): Promise<{ t: Topic; heard: unknown[] }> {
  const heard: unknown[] = [];
  const t = await settled(w, ca.topic("forum/party", {
    onmessage: (m) => heard.push(m.value), ongap: ({ missed }) => heard.push(["gap", missed]), onstate: ({ state }) => state !== "live" && heard.push(state), ...options,
  }));
  return { t, heard };
}

test("a topic is heard from now on, each message with who and when", async () => {
  const { w, topics, ca } = await start();
  topics.topic(party, "old");
  const got: unknown[] = [];
  const t = await settled(w, ca.topic("forum/party", { onmessage: (m) => got.push(m, t.position) }));
  assert.deepEqual([t.name, t.state, t.position], [party, "live", { epoch: 7, offset: 1 }]);
  topics.publish(party, { x: 1.5 }, "b");
  await w.settle();
  assert.deepEqual(got, [
    { epoch: 7, offset: 2, from: "counter:bob/home", at: 1_700_000_000_000.5, value: { x: 1.5 } }, { epoch: 7, offset: 2 },
    { epoch: 7, offset: 3, from: "counter:bob/home", at: 1_700_000_000_000.501, value: "b" }, { epoch: 7, offset: 3 },
  ].map((x) => ("from" in x ? x : { ...x })));
});

test("PUB-3 a topic goes on after a cut, once and in order, and tells what was lost", async () => {
  const { w, topics, ca } = await start();
  const served = topics.topic(party);
  const { t, heard } = await follow(w, ca);
  topics.publish(party, 1, 2);
  await w.settle();
  w.socket.cut();
  await w.settle();
  served.values.push(3, 4);
  await w.pass(60_000);
  assert.deepEqual(heard, [1, 2, "stale", 3, 4]);
  topics.lose(party, 3);
  topics.publish(party, 8);
  await w.settle();
  assert.deepEqual(heard.splice(0), [1, 2, "stale", 3, 4, ["gap", 3], 8]);
  w.socket.cut();
  served.values.push(9);
  served.oldest = 9;
  await w.pass(60_000);
  assert.deepEqual(heard.splice(0), ["stale", ["gap", 1]]);
  w.socket.cut();
  Object.assign(served, { epoch: 8, oldest: 0 }).values.splice(0, 9, "new");
  await w.pass(60_000);
  assert.deepEqual(heard, ["stale", ["gap", undefined], "new"]);
  assert.deepEqual(t.position, { epoch: 8, offset: 1 });
});

test("PUB-3 a page goes on from where it was read last", async () => {
  const { w, topics, ca } = await start();
  const served = topics.topic(party, 1, 2, 3, 4);
  const { heard } = await follow(w, ca, { since: { epoch: 7, offset: 2 } });
  assert.deepEqual(heard, [3, 4]);
  served.oldest = 3;
  assert.deepEqual((await follow(w, await visit(w), { since: { epoch: 7, offset: 1 } })).heard, [["gap", 2], 4]);
  assert.deepEqual((await follow(w, await visit(w), { since: { epoch: 6, offset: 1 } })).heard, [["gap", undefined], 4]);
  assert.deepEqual(heard, [3, 4], "and who was there before hears nothing twice");
});

test("null is no position: nothing has been kept yet", async () => {
  const { w, topics, ca } = await start();
  topics.topic(party, 1);
  const { t, heard } = await follow(w, ca, { since: null });
  assert.deepEqual([t.position, heard], [{ epoch: 7, offset: 1 }, []]);
});

test("PUB-3 a topic that doesn't exist yet is heard from its first message", async () => {
  const { w, topics, ca } = await start();
  const { t, heard } = await follow(w, ca);
  assert.deepEqual([t.state, t.position], ["live", { epoch: 0, offset: 0 }]);
  topics.topic(party, "one", "two");
  w.socket.cut();
  await w.pass(60_000);
  assert.deepEqual(heard, ["stale", "one", "two"]);
});

test("PUB-3 tabs share a subscription, and each has its own place in it", async () => {
  const { w, topics, ca } = await start();
  topics.topic(party, 1, 2, 3);
  const a = await follow(w, ca);
  topics.publish(party, 4);
  const other = session(w.page());
  await w.settle();
  const b = await follow(w, other);
  assert.equal(w.socket.of(67).length, 1);
  const c = await follow(w, other, { since: { epoch: 7, offset: 1 } });
  const d = await follow(w, other, { since: { epoch: 7, offset: 4 } });
  assert.deepEqual(w.socket.of(67).map((f) => f.slice(3, 5)), [[0, 0], [7, 1]]);
  assert.equal(w.socket.of(68).length, 1);
  topics.publish(party, 5);
  await w.settle();
  assert.deepEqual([a, b, c, d].map((x) => x.heard), [[4, 5], [5], [2, 3, 4, 5], [5]]);
  assert.deepEqual([a, b, c, d].map((x) => x.t.state), ["live", "live", "live", "live"]);
});

test("a filter makes another subscription, for the connected CA's handler", async () => {
  const { w, topics, ca } = await start();
  topics.topic(party);
  await follow(w, ca);
  const { heard } = await follow(w, ca, { as: "OnTweet" });
  topics.publish(party, 1);
  await w.settle();
  assert.deepEqual(heard, [1]);
  assert.deepEqual(w.socket.of(67).map((f) => f.slice(5)), [["", ""], ["counter:alice/home", "OnTweet"]]);
});

test("messages wait for the first listener, and what doesn't fit is told", async () => {
  const { w, topics, ca } = await start();
  topics.topic(party);
  const t = await settled(w, ca.topic("forum/party"));
  topics.publish(party, 1, 2);
  await w.settle();
  assert.deepEqual(t.position, { epoch: 7, offset: 0 });
  const heard: unknown[] = [];
  const off = t.on("message", (m) => heard.push(m.value));
  assert.deepEqual([heard, t.position], [[1, 2], { epoch: 7, offset: 2 }]);
  off();
  topics.publish(party, 3);
  await w.settle();
  assert.deepEqual([heard, t.position], [[1, 2], { epoch: 7, offset: 3 }]);
  const slow = await settled(w, (await visit(w)).topic("forum/party"));
  topics.publish(party, ...Array.from({ length: 1500 }, (_, i) => i));
  topics.lose(party, 2);
  await w.settle();
  const gaps: unknown[] = [];
  slow.on("gap", ({ missed }) => gaps.push(missed));
  slow.on("message", (m) => heard.push(m.value));
  assert.deepEqual([gaps, heard.length, heard.at(-1)], [[502, 2], 2 + 998, 1499]);
});

test("a topic that is refused is an error, and one that is taken away ends", async () => {
  const { w, topics, ca } = await start();
  topics.topic(party);
  const { t, heard } = await follow(w, ca);
  topics.end(party, "not_allowed");
  await w.settle();
  assert.deepEqual([t.state, t.status.reason?.code, heard], ["ended", "not_allowed", ["ended"]]);
  await rejects(settled(w, ca.topic("forum/party")), "not_allowed");
  topics.refused.clear();
  assert.equal((await follow(w, ca)).t.state, "live");
});

test("a server that is busy is asked again", async () => {
  const { w, topics, ca } = await start();
  topics.topic(party, 1);
  const { t, heard } = await follow(w, ca);
  topics.end(party, "overloaded");
  await w.settle();
  assert.deepEqual([t.state, t.status.reason?.code], ["stale", "overloaded"]);
  topics.refused.clear();
  topics.publish(party, 2);
  await w.pass(2_000);
  assert.deepEqual([t.state, heard], ["live", ["stale", 2]]);
});

test("a server that makes no sense is hung up on, and nothing is lost", async () => {
  const { w, topics, ca } = await start();
  topics.topic(party);
  const { heard } = await follow(w, ca);
  const before = w.sockets.length;
  w.socket.reply(86, 1, 7, 0, 1, [["no offset", 0, "counter:bob/home", 1]]);
  await w.pass(60_000);
  assert.equal(w.sockets.length, before + 1);
  topics.publish(party, 1);
  await w.settle();
  assert.deepEqual(heard, ["stale", 1]);
});

test("a topic ends with its session, its page and its owner, and the subscription a while later", async () => {
  const { w, topics, ca } = await start();
  topics.topic(party);
  const { t, heard } = await follow(w, ca);
  const page = w.page(), other = session(page), third = session(w.page());
  await w.settle();
  const b = await follow(w, other), c = await follow(w, third);
  c.t.close();
  c.t.close();
  ca.close();
  await w.settle();
  assert.deepEqual([t.state, heard, c.t.state], ["ended", ["ended"], "ended"]);
  page.background.post({ t: "bye" });
  await w.settle();
  assert.deepEqual([b.t.state, w.socket.of(68).length], ["ended", 0]);
  await w.pass(20_000);
  const d = await follow(w, third);
  await w.pass(40_000);
  assert.equal(w.socket.of(68).length, 0);
  w.host.forget(server, "alice");
  await w.settle();
  assert.deepEqual([d.t.state, d.t.status.reason?.code], ["ended", "unauthenticated"]);
  const again = session(w.page());
  await w.settle();
  const e = await follow(w, again);
  e.t.close();
  await w.pass(31_000);
  assert.equal(w.socket.of(68).length, 1);
  await rejects(settled(w, third.topic("forum/party")), "unauthenticated");
});

test("a token that is refused takes topics away, and they begin anew with another", async () => {
  const { w, topics, ca } = await start();
  topics.topic(party);
  const { t } = await follow(w, ca);
  w.socket.reply(38, "unauthenticated", "Sign in again.", -1);
  await w.pass(20_000);
  assert.equal(t.state, "ended");
  const again = session(w.page(), { token: token("alice", { iat: 2 }) });
  await w.settle();
  const { heard } = await follow(w, again);
  topics.publish(party, 1);
  await w.settle();
  assert.deepEqual(heard, [1]);
});

test("names of topics", () => {
  const home = "counter:alice/home";
  for (const [name, full] of [
    ["news", "counter:alice/home/news"], ["work/news", "counter:alice/work/news"], ["bob/home/news", "counter:bob/home/news"],
    ["forum/party", "counter:forum/party"], ["other:forum/party", "other:forum/party"], ["other:bob/home/news", "other:bob/home/news"],
  ] as const) assert.equal(topicName(home, name), full);
});

test("PUB-3 a place moves on, and knows what lies between", () => {
  const open = (p: Place, epoch: number, offset: number, missed = 0, before = epoch): unknown =>
    [p.open({ epoch, offset, before, gap: missed > 0, missed }), p.epoch, p.offset];
  assert.deepEqual(open(new Place(), 7, 3, 5), [undefined, 7, 3], "from now on nothing is lost");
  assert.deepEqual(open(new Place(7, 3), 7, 2), [undefined, 7, 3]);
  assert.deepEqual(open(new Place(7, 3), 7, 9, 4), [4, 7, 9]);
  assert.deepEqual(open(new Place(7, 3), 7, 5, 4), [2, 7, 5]);
  assert.deepEqual(open(new Place(7, 3), 7, 5), [0, 7, 5]);
  assert.deepEqual(open(new Place(7, 3), 8, 0, 4), [0, 8, 0]);
  assert.deepEqual(open(new Place(7, 3), 8, 1, 4, 7), [4, 8, 1], "the server knows the epoch before");
  assert.deepEqual(open(new Place(7, 3), 8, 0, 0, 7), [undefined, 8, 0], "and that all of it was read");
  assert.deepEqual(open(new Place(6, 3), 8, 0, 0, 7), [0, 8, 0]);
  assert.deepEqual(open(new Place(7, 3), 0, 0), [undefined, 7, 3], "a topic that is gone may come back");
  const waiting = new Place();
  assert.deepEqual(open(waiting, 0, 0), [undefined, 0, 0]);
  assert.deepEqual(open(waiting, 7, 0), [undefined, 7, 0], "it was made");
  assert.deepEqual([waiting.pass(6, 9), waiting.pass(7, 2), waiting.pass(7, 2), waiting.offset], [false, true, false, 2]);
});
