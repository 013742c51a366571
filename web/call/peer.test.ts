import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reason } from "./line.ts";
import { firstChance, lastChance, patience } from "./path.ts";
import { Peer, type PeerState } from "./peer.ts";
import type { FromServer, Source } from "./signal.ts";
import { FakeConnection, tick } from "./testkit/connection.ts";
import { Server } from "./testkit/server.ts";
import { FakeTimers } from "./testkit/timers.ts";

const track = (kind: "video" | "audio"): MediaStreamTrack => ({ kind }) as MediaStreamTrack;

interface Scene {
  server: Server;
  peer: Peer;
  timers: FakeTimers;
  states: (PeerState | Reason | undefined)[];
  shown: Set<string>;
  heard: FromServer[];
  sending: string[];
  refusals: Reason[];
  pc(): FakeConnection;
}

function start(): Scene {
  const [server, timers] = [new Server(), new FakeTimers()];
  FakeConnection.all = [];
  const s: Scene = { server, timers, states: [], shown: new Set(), heard: [], sending: [], refusals: [], pc: () => FakeConnection.all.at(-1)!, peer: undefined as never };
  s.peer = new Peer({
    lines: server.lines, hello: { name: "Alice", watch: false }, timers,
    connect: (config) => new FakeConnection(config) as unknown as RTCPeerConnection,
    events: {
      state: (state, reason) => s.states.push(state, ...(reason ? [reason] : [])),
      opened: () => {},
      signal: (signal) => s.heard.push(signal),
      sending: (_, source) => s.sending.push(source),
      refused: (reason) => s.refusals.push(reason),
      came: ({ member, source }) => { assert(!s.shown.has(`${member}/${source}`)); s.shown.add(`${member}/${source}`); },
      went: ({ member, source }) => assert(s.shown.delete(`${member}/${source}`)),
    },
  });
  return s;
}

/** live has everything agreed on, and media pass. */
async function live(): Promise<Scene> {
  const s = start();
  await s.server.settle();
  s.pc().turn("connected");
  return s;
}

const sent = (s: Scene): string => Object.entries(s.server.peer!.sources).filter(([mid]) => s.server.peer!.lines.find((l) => l.mid === mid)?.dir === "recvonly").map(([, source]) => source).sort().join();

test("CALL-1 a member comes in, sends and sees others", async () => {
  const s = start();
  await s.peer.outputs.send("camera", track("video"));
  await s.peer.outputs.send("mic", track("audio"));
  s.server.show({ member: "bob", source: "camera" }, { member: "bob", source: "mic" });
  await s.server.settle();
  assert.equal(sent(s), "camera,mic");
  assert.deepEqual([...s.shown].sort(), ["bob/camera", "bob/mic"]);
  assert.deepEqual(s.sending, ["camera", "mic"]);
  assert.deepEqual(s.pc().config.iceServers, [{ urls: ["turn:x"], username: "u", credential: "c" }]);
  assert.deepEqual(s.states, []);
  s.pc().turn("connected");
  assert.deepEqual(s.states, ["live"]);
  assert.deepEqual(s.server.hellos, [{ name: "Alice", watch: false }]);
});

test("both offer at once: the client takes its own back, and offers again", async () => {
  const s = await live();
  s.server.show({ member: "bob", source: "camera" });
  await s.peer.outputs.send("camera", track("video"));
  for (let i = 0; i < 6; i++) await tick(); // both offers are out
  assert.equal(s.pc().signalingState, "have-local-offer");
  await s.server.settle();
  assert.equal(sent(s), "camera");
  assert.deepEqual([...s.shown], ["bob/camera"]);
  assert.equal(s.pc().signalingState, "stable");
});

test("a source that is off keeps its line, and needs no negotiation to be on again", async () => {
  const s = await live();
  await s.peer.outputs.send("screen", track("video"));
  await s.server.settle();
  const heard = s.server.heard.length;
  await s.peer.outputs.pause("screen");
  assert.deepEqual(s.peer.outputs.paused, ["screen"]);
  await s.peer.outputs.send("screen", track("video"));
  await s.server.settle();
  assert.equal(s.server.heard.length, heard);
  assert.deepEqual([sent(s), s.peer.outputs.paused, s.pc().getTransceivers().length], ["screen", [], 1]);
});

test("who leaves is no longer shown, and another takes the line", async () => {
  const s = await live();
  s.server.show({ member: "bob", source: "camera" });
  await s.server.settle();
  s.server.show({ member: "carol", source: "camera" });
  await s.server.settle();
  assert.deepEqual([...s.shown], ["carol/camera"]);
  s.server.show();
  await s.server.settle();
  assert.equal(s.shown.size, 0);
});

test("CALL-2 what a cut has lost is said again: an offer, an answer, the server's offer", async () => {
  for (const when of [0, 1, 2, 3]) {
    const s = await live();
    await s.peer.outputs.send("camera", track("video"));
    s.server.show({ member: "bob", source: "mic" });
    for (let i = 0; i < 8; i++) await tick();
    if (when >= 1) s.server.deliver("up");
    if (when >= 2) s.server.deliver("down");
    if (when >= 3) s.server.deliver("down");
    for (let i = 0; i < 4; i++) await tick();
    s.server.cut();
    assert.deepEqual(s.states.at(-1), "reconnecting");
    await tick();
    s.server.back(true);
    await s.server.settle();
    assert.equal(sent(s), "camera", `cut after ${when}`);
    assert.deepEqual([...s.shown], ["bob/mic"], `cut after ${when}`);
    assert.equal(s.states.at(-1), "live");
    assert.equal(FakeConnection.all.length, 1, "the connection was kept");
  }
});

test("CALL-2 an offer that stands on a lost answer waits for it: nothing is sent twice", async () => {
  const s = await live();
  await s.peer.outputs.send("camera", track("video"));
  for (let i = 0; i < 6; i++) await tick();
  while (s.server.deliver("up")) await tick();
  s.server.cut();
  s.server.show({ member: "bob", source: "camera" });
  s.server.back(true);
  await s.server.settle();
  assert.equal(sent(s), "camera");
  assert.deepEqual([...s.shown], ["bob/camera"]);
  assert.equal(s.pc().getTransceivers().length, 2);
});

test("CALL-2 a server that knows nobody any more gets everything anew", async () => {
  const s = await live();
  await s.peer.outputs.send("mic", track("audio"));
  s.server.show({ member: "bob", source: "camera" });
  await s.server.settle();
  s.server.cut();
  s.server.back(false);
  await s.server.settle();
  assert.equal(FakeConnection.all.length, 2);
  assert(FakeConnection.all[0]!.closed);
  assert.equal(sent(s), "mic");
  assert.deepEqual([...s.shown], ["bob/camera"]);
  s.pc().turn("connected");
  assert.equal(s.states.at(-1), "live");
});

test("CALL-2 a path that fails is looked for again, and then the member comes in anew", async () => {
  const s = await live();
  await s.peer.outputs.send("mic", track("audio"));
  await s.server.settle();
  s.pc().turn("disconnected");
  assert.equal(s.states.at(-1), "reconnecting");
  s.timers.pass(patience - 1);
  assert.equal(s.pc().restarts, 0);
  s.timers.pass(1);
  assert.equal(s.pc().restarts, 1);
  await s.server.settle();
  assert.equal(s.server.peer!.ufrag, "u2");
  s.pc().turn("connected");
  assert.equal(s.states.at(-1), "live");
  s.timers.pass(60_000);
  assert.equal(FakeConnection.all.length, 1);

  s.pc().turn("failed");
  assert.equal(s.pc().restarts, 2);
  s.timers.pass(lastChance);
  await s.peer.outputs.send("camera", track("video")); // while there is no connection
  s.timers.pass(1_000);
  await s.server.settle();
  assert.equal(s.server.members, 2);
  assert.equal(FakeConnection.all.length, 2);
  s.pc().turn("connected");
  assert.equal(sent(s), "camera,mic");
  assert.equal(s.states.at(-1), "live");
});

test("CALL-2 a connection that never comes is given up, and the member comes in anew", async () => {
  const s = start();
  await s.peer.outputs.send("mic", track("audio"));
  await s.server.settle();
  s.timers.pass(firstChance - 1);
  s.server.cut(); // for as long as signals don't pass, waiting counts for nothing
  s.timers.pass(10 * 60_000);
  s.server.back(true);
  await s.server.settle();
  s.timers.pass(firstChance - 1);
  assert.equal(FakeConnection.all.length, 1);
  s.timers.pass(1);
  s.timers.pass(1_000);
  await s.server.settle();
  assert.equal(s.server.members, 2);
  assert.equal(FakeConnection.all.length, 2);
  s.timers.pass(firstChance); // nor does the next one, and no cut comes
  s.timers.pass(2_000);
  await s.server.settle();
  assert.equal(FakeConnection.all.length, 3);
  s.pc().turn("connecting");
  s.pc().turn("connected");
  assert.equal(sent(s), "mic");
  assert.equal(s.states.at(-1), "live");
  s.timers.pass(10 * 60_000);
  assert.equal(FakeConnection.all.length, 3);
});

test("CALL-2 while the line is cut nobody waits for a restart that can't be asked for", async () => {
  const s = await live();
  s.server.cut();
  s.pc().turn("disconnected");
  s.pc().turn("failed");
  s.timers.pass(10 * 60_000);
  assert.equal(s.pc().restarts, 0);
  assert.equal(FakeConnection.all.length, 1);
  s.server.back(true);
  assert.equal(s.pc().restarts, 1);
  await s.server.settle();
  s.pc().turn("connected");
  assert.equal(s.states.at(-1), "live");
});

test("an offer that the server doesn't take is taken back, and nothing is offered until something changes", async () => {
  const s = await live();
  s.server.peer!.refuse = { code: "not_allowed", message: "Ask alice." };
  await s.peer.outputs.send("camera", track("video"));
  await s.server.settle();
  assert.deepEqual(s.refusals, [{ code: "not_allowed", message: "Ask alice." }]);
  assert.equal(s.pc().signalingState, "stable");
  assert.deepEqual(s.peer.outputs.withdraw(), ["camera"]);
  s.server.peer!.refuse = undefined;
  s.server.show({ member: "bob", source: "camera" });
  await s.peer.outputs.send("mic", track("audio"));
  s.peer.changed();
  await s.server.settle();
  assert.equal(sent(s), "mic");
  assert.deepEqual([...s.shown], ["bob/camera"]);
});

test("what the server says that is no signal of ours breaks nothing", async () => {
  const s = await live();
  for (const odd of [{ t: "new" }, { t: "answer", n: 99, sdp: "x" }, { t: "refused", n: 7 }, { t: "act", action: 0 }, { t: "people", people: "?" }, { t: "candidate", candidate: "c", mid: "9" }]) s.server.say(odd);
  await s.server.settle();
  assert.deepEqual(s.heard, [{ t: "people", people: [] }]);
  assert.equal(s.states.at(-1), "live");
});

test("a description that can't be taken is answered by coming in anew", async () => {
  const s = await live();
  s.server.say({ t: "offer", n: 50, sdp: "nonsense", streams: {} });
  await s.server.settle();
  assert.equal(s.states.at(-1), "reconnecting");
  s.timers.pass(1_000);
  await s.server.settle();
  assert.equal(s.server.members, 2);
});

test("the end is the end", async () => {
  const s = await live();
  s.server.end("not_allowed", "Ask alice.");
  s.server.back(true);
  await s.server.settle();
  assert.deepEqual(s.states, ["live", "ended", { code: "not_allowed", message: "Ask alice." }]);
  assert(s.pc().closed);
});

/** numbers are random, and the same for the same seed. */
function numbers(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    return Math.floor((seed / 0x80000000) * below);
  };
}

test("CALL-2 whatever is lost, and in whatever order: in the end both sides agree", async () => {
  const everything: Source[] = ["camera", "mic", "screen"];
  for (let seed = 1; seed <= 150; seed++) {
    const roll = numbers(seed * 7919);
    const s = await live();
    const on = new Set<Source>();
    let shown: { member: string; source: Source }[] = [];
    for (let step = 0; step < 40; step++) {
      const source = everything[roll(3)]!;
      switch (roll(9)) {
        case 0: on.add(source); await s.peer.outputs.send(source, track(source === "mic" ? "audio" : "video")); break;
        case 1: if (on.has(source)) s.pc().restartIce(); break;
        case 2: shown = [...shown.filter((o) => o.source !== source), { member: `m${roll(3)}`, source }]; s.server.show(...shown); break;
        case 3: shown = shown.filter((o) => o.source !== source); s.server.show(...shown); break;
        case 4: if (s.server.live) s.server.cut(); break;
        case 5: if (!s.server.live) s.server.back(roll(4) > 0); break;
        case 6: s.server.deliver("up"); break;
        case 7: s.server.deliver("down"); break;
        default: for (let i = roll(5); i >= 0; i--) await tick();
      }
    }
    if (!s.server.live) s.server.back(true);
    for (let i = 0; i < 6; i++) {
      await s.server.settle();
      s.timers.pass(2_000); // a rejoin after a description that nobody understood
    }
    assert.equal(sent(s), [...on].sort().join(), `seed ${seed}`);
    assert.equal(s.server.hellos.length, 1, `nobody had to come in anew, seed ${seed}`);
    assert.deepEqual([...s.shown].sort(), shown.map((o) => `${o.member}/${o.source}`).sort(), `seed ${seed}`);
    s.peer.close();
  }
});
