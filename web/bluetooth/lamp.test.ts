/** What lamps are written, and told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hex } from "./bytes.ts";
import type { Driver, Service } from "./driver.ts";
import { lamp } from "./lamp.ts";
import { lampKinds, ownLamp } from "./lamps.ts";
import type { Fit } from "./profile.ts";
import { anything, fitting } from "./profiles.ts";
import { virtualLamp } from "./virtual-lamp.ts";

const having = (service: string, ...characteristics: string[]): Service[] => [{ uuid: service, characteristics: characteristics.map((uuid) => ({ uuid, can: ["write", "read"] as const })) }];

/** tape writes down what is written, and fails where it is told to. */
function tape(): Driver & { got: string[]; broken: boolean } {
  const t = { got: [] as string[], broken: false, write: async (at: string, v: Uint8Array) => { if (t.broken) throw new Error("broken"); t.got.push(`${at.split("/")[1]} ${hex(v)}`); } };
  return t as never;
}

async function play(fit: Fit, ...commands: [string, unknown][]): Promise<string[]> {
  const t = tape();
  for (const [name, arg] of commands) await fit.commands[name]!(t, arg);
  return t.got;
}

test("each known lamp is written what its notes say", async () => {
  const table: [Service[], [string, unknown][], string[]][] = [
    [having(ownLamp.service, ownLamp.on, ownLamp.colour, ownLamp.brightness), [["on", true], ["colour", "#ff8000"], ["brightness", 40], ["on", false]], [`${ownLamp.on} 01`, `${ownLamp.colour} ff8000`, `${ownLamp.brightness} 28`, `${ownLamp.on} 00`]],
    [having("00001523-1212-efde-1523-785feabcd123", "00001525-1212-efde-1523-785feabcd123"), [["on", true], ["on", false]], ["00001525-1212-efde-1523-785feabcd123 01", "00001525-1212-efde-1523-785feabcd123 00"]],
    [having("fff0", "fff3"), [["on", true], ["on", false], ["colour", "#102030"], ["brightness", 100]], ["fff3 7e040401ffffff00ef", "fff3 7e040400ffffff00ef", "fff3 7e07050310203010ef", "fff3 7e040164ffffff00ef"]],
    [having("ffd5", "ffd9"), [["on", true], ["colour", "#ff0080"], ["brightness", 50], ["on", false]], ["ffd9 cc2333", "ffd9 56ff008000f0aa", "ffd9 5680004000f0aa", "ffd9 cc2433"]],
    [having("ffe5", "ffe9"), [["colour", "#000001"]], ["ffe9 5600000100f0aa"]],
    [having("ff02", "fffc"), [["colour", "#0a141e"], ["on", false], ["on", true], ["brightness", 10]], ["fffc 000a141e", "fffc 00000000", "fffc 000a141e", "fffc 00010203"]],
    [having("932c32bd-0000-47a2-835a-a8d455b859dd", "932c32bd-0002-47a2-835a-a8d455b859dd"), [["on", true], ["brightness", 0], ["brightness", 100]], ["932c32bd-0002-47a2-835a-a8d455b859dd 01", "932c32bd-0003-47a2-835a-a8d455b859dd 01", "932c32bd-0003-47a2-835a-a8d455b859dd fe"]],
    [having("1815", "2a56"), [["on", true], ["on", false]], ["2a56 01", "2a56 00"]],
  ];
  assert.equal(table.length, lampKinds.length);
  for (const [services, commands, want] of table) assert.deepEqual(await play(lamp.fit(services)!, ...commands), want, services[0]!.uuid);
});

test("what is no lamp isn't taken for one", () => {
  for (const services of [[], having("180d", "2a37"), having("fff0", "fff4"), having("fff3", "fff0"), [{ uuid: "fff0", characteristics: [{ uuid: "fff3", can: ["read" as const] }] }]]) {
    assert.equal(lamp.fit(services), undefined);
    assert.notEqual(fitting(services, lamp).profile.name, "lamp");
  }
});

test("a command that a lamp doesn't have isn't offered", () => {
  const led = lamp.fit(having("1815", "2a56"))!;
  assert.deepEqual([Object.keys(led.commands), led.state["can"]], [["on"], ["on"]]);
});

test("arguments are checked before anything is written", async () => {
  const fit = lamp.fit(having(ownLamp.service, ownLamp.on))!;
  const t = tape();
  for (const [name, args] of Object.entries({ on: [1, "true", null, undefined], colour: ["red", "#fff", "#gggggg", 7, "#1234567", "#12345\n"], brightness: [-1, 101, NaN, "50", Infinity] })) {
    for (const arg of args) await assert.rejects(fit.commands[name]!(t, arg), { code: "bad_request" }, `${name} ${String(arg)}`);
  }
  assert.deepEqual(t.got, []);
  await fit.commands["colour"]!(t, "AABBCC");
  assert.equal(fit.state["colour"], "#aabbcc");
});

test("a lamp is believed what it has taken, and nothing else", async () => {
  const fit = lamp.fit(having(ownLamp.service, ownLamp.on))!;
  const t = tape();
  await fit.commands["on"]!(t, true);
  t.broken = true;
  await assert.rejects(fit.commands["on"]!(t, false));
  assert.equal(fit.state["on"], true);
});

test("what a lamp tells is what it is like", () => {
  const fit = lamp.fit(having(ownLamp.service, ownLamp.on))!;
  fit.heard(`${ownLamp.service}/${ownLamp.on}`, Uint8Array.of(1));
  fit.heard(`${ownLamp.service}/${ownLamp.colour}`, Uint8Array.of(1, 2, 255));
  fit.heard(`${ownLamp.service}/${ownLamp.brightness}`, Uint8Array.of(200));
  for (const junk of [ownLamp.on, ownLamp.colour, ownLamp.brightness, "2a37"]) fit.heard(`${ownLamp.service}/${junk}`, new Uint8Array(0));
  assert.deepEqual({ ...fit.state }, { on: true, colour: "#0102ff", brightness: 100, can: ["on", "colour", "brightness"] });
});

test("a virtual lamp is one of our own", async () => {
  const driver = virtualLamp();
  await driver.connect();
  const { profile, fit } = fitting(driver.services);
  assert.equal(profile.name, "lamp");
  driver.onvalue = (at, v) => fit.heard(at, v);
  for (const at of fit.reads) await driver.read(at);
  assert.deepEqual({ ...fit.state }, { on: false, colour: "#ffb84d", brightness: 80, can: ["on", "colour", "brightness"] });
  await assert.rejects(driver.write(`${ownLamp.service}/${ownLamp.on}`, Uint8Array.of(2)), { code: "bad_request" });
  await assert.rejects(driver.write(`${ownLamp.service}/${ownLamp.colour}`, Uint8Array.of(1, 2)), { code: "bad_request" });
});

test("whoever chooses any device has it taken for what it is", () => {
  assert.ok(lamp.services.every((s) => anything.extra!.includes(s)));
  assert.equal(anything.services.length, 0);
});
