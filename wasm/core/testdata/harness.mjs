// Plays a script of inputs on the module and prints what it asked and told, one JSON array a line: see conform_test.go.
// usage: node harness.mjs wasm_exec.js wab.wasm < script
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , support, wasm] = process.argv;
await import(pathToFileURL(support));

const out = [];
const log = (...line) => out.push(JSON.stringify(line));
let mem;
const bytes = (p, n) => new Uint8Array(mem.buffer, p >>> 0, n);
const hex = (p, n) => Buffer.from(bytes(p, n)).toString("hex");
const text = (p, n) => Buffer.from(bytes(p, n)).toString();
let random = 0;

const wab = {
  random: (p, n) => { for (let i = 0; i < n; i++) bytes(p, n)[i] = random++; },
  dial: (link, conn) => log("dial", link, conn),
  hangUp: (link, conn) => log("hangUp", link, conn),
  send: (link, conn, p, n) => log("send", link, conn, hex(p, n)),
  wake: (link, at) => log("wake", link, at),
  renew: (link) => log("renew", link),
  state: (link, status, next, cp, cn, mp, mn) => log("state", link, status, next, text(cp, cn), text(mp, mn)),
  opened: (link, ch, first, resumed) => log("opened", link, ch, first, resumed),
  closed: (link, ch, cp, cn, mp, mn) => log("closed", link, ch, text(cp, cn), text(mp, mn)),
  reply: (link, ch, req, p, n) => log("reply", link, ch, req, hex(p, n)),
  failure: (link, ch, req, cp, cn, mp, mn, retry) => log("failure", link, ch, req, text(cp, cn), text(mp, mn), retry),
  note: (link, ch, seq, dropped, p, n) => log("note", link, ch, seq, dropped, hex(p, n)),
  clock: (link, local, server, drift, bound, settled) => log("clock", link, local, server, drift, bound, settled),
  mapState: (link, map, state, cp, cn, mp, mn) => log("mapState", link, map, state, text(cp, cn), text(mp, mn)),
  mapChanged: (link, map, flags, epoch, version, p, n) => log("mapChanged", link, map, flags, epoch, version, hex(p, n)),
  topicState: (link, topic, state, cp, cn, mp, mn) => log("topicState", link, topic, state, text(cp, cn), text(mp, mn)),
  topicOpened: (link, topic, epoch, offset, before, gap, missed) => log("topicOpened", link, topic, epoch, offset, before, gap, missed),
  topicMessages: (link, topic, epoch, offset, p, n) => log("topicMessages", link, topic, epoch, offset, hex(p, n)),
  callState: (link, call, state, cp, cn, mp, mn) => log("callState", link, call, state, text(cp, cn), text(mp, mn)),
  callOpened: (link, call, resumed, wp, wn, p, n) => log("callOpened", link, call, resumed, text(wp, wn), hex(p, n)),
  callSignal: (link, call, p, n) => log("callSignal", link, call, hex(p, n)),
  mapPresence: (link, map, who, reset, p, n) => log("mapPresence", link, map, who, reset, hex(p, n)),
};

const go = new Go();
const { instance } = await WebAssembly.instantiate(readFileSync(wasm), { ...go.importObject, wab });
go.run(instance);
const core = instance.exports;
mem = core.mem;

function write(...chunks) {
  const all = Buffer.concat(chunks);
  const p = core.scratch(all.length);
  bytes(p, all.length).set(all);
  return chunks.map((c) => c.length);
}

const ops = {
  start: ({ link, now, a, b }) => core.start(link, ...write(Buffer.from(a), Buffer.from(b)), now),
  stop: ({ link, now }) => core.stop(link, now),
  setToken: ({ link, now, a }) => core.setToken(link, ...write(Buffer.from(a)), now),
  noToken: ({ link, now }) => core.noToken(link, now),
  retryNow: ({ link, now }) => core.retryNow(link, now),
  connected: ({ link, now, n }) => core.connected(link, n, now),
  disconnected: ({ link, now, n }) => core.disconnected(link, n, now),
  received: ({ link, now, n, frame }) => core.received(link, n, ...write(Buffer.from(frame, "base64")), now),
  tick: ({ link, now }) => core.tick(link, now),
  open: ({ link, now, a, b, n }) => {
    log("channel", core.openChannel(link, ...write(Buffer.from(a), Buffer.from(b)), n, now));
    core.flush(link);
  },
  close: ({ link, now, n }) => core.closeChannel(link, n, now),
  request: ({ link, now, a, n, frame, timeout }) => {
    log("request", core.request(link, n, ...write(Buffer.from(a), Buffer.from(frame, "base64")), timeout, now));
    core.flush(link);
  },
  newMap: ({ link, a }) => log("map", core.newMap(link, ...write(Buffer.from(a)))),
  seedMap: ({ link, n, frame }) => core.seedMap(link, n, ...write(Buffer.from(frame, "base64"))),
  openMap: ({ link, now, n, epoch, version }) => core.openMap(link, n, epoch, version, now),
  closeMap: ({ link, now, n }) => core.closeMap(link, n, now),
  dumpMap: ({ link, n }) => core.dumpMap(link, n),
  setPresence: ({ link, now, n, seat, frame }) => core.setPresence(link, n, seat ?? 0, ...write(Buffer.from(frame ?? "", "base64")), now),
  openTopic: ({ link, now, a, b, n, epoch, version }) =>
    log("topic", core.openTopic(link, ...write(Buffer.from(a), Buffer.from(b), Buffer.from(b && "OnTweet")), epoch, version, now)),
  closeTopic: ({ link, now, n }) => core.closeTopic(link, n, now),
  openCall: ({ link, now, a, frame }) => log("call", core.openCall(link, ...write(Buffer.from(a), Buffer.from(frame ?? "", "base64")), now)),
  helloCall: ({ link, n, frame }) => core.helloCall(link, n, ...write(Buffer.from(frame ?? "", "base64"))),
  sendCall: ({ link, now, n, frame }) => log("said", core.sendCall(link, n, ...write(Buffer.from(frame ?? "", "base64")), now)),
  closeCall: ({ link, now, n }) => core.closeCall(link, n, now),
  followClock: ({ link, now }) => core.followClock(link, now),
  mark: ({ n }) => log("mark", n),
};

for (const step of JSON.parse(readFileSync(0, "utf8"))) ops[step.op](step);
process.stdout.write(out.join("\n") + "\n", () => process.exit(0));
