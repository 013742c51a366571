import assert from "node:assert/strict";
import { test } from "node:test";
import { type Commands, press, toolKeys } from "./keys.ts";
import { tools } from "./desk.ts";

function hear(key: string, o: { ctrl?: boolean; shift?: boolean; onControl?: boolean; onSurface?: boolean } = {}): string | undefined {
  let heard: string | undefined;
  const commands = new Proxy({}, { get: (_, name) => (...args: unknown[]) => ((heard = [String(name), ...args].join(" ")), true) }) as Commands;
  const e = { key, ctrlKey: o.ctrl ?? false, shiftKey: o.shift ?? false, metaKey: false, altKey: false };
  press(e, o.onControl ?? false, o.onSurface ?? false, commands);
  return heard;
}

test("every tool has a key", () => assert.deepEqual(tools.filter((t) => !Object.values(toolKeys).includes(t)), []));

test("keys do what they say", () => {
  assert.equal(hear("r"), "tool rect");
  assert.equal(hear("z", { ctrl: true }), "undo");
  assert.equal(hear("Z", { ctrl: true, shift: true }), "redo");
  assert.equal(hear("y", { ctrl: true }), "redo");
  assert.equal(hear("ArrowUp", { shift: true }), "arrow 0 -40");
  assert.equal(hear("ArrowRight", { ctrl: true }), "grow 8 0");
  assert.equal(hear("3"), "color 2");
  assert.equal(hear("Tab", { onSurface: true, shift: true }), "step -1");
});

test("what belongs to the browser or to a control stays theirs", () => {
  assert.equal(hear("Tab"), undefined);
  assert.equal(hear("r", { ctrl: true }), undefined);
  assert.equal(hear(" ", { onControl: true }), undefined);
  assert.equal(hear("Enter", { onControl: true }), undefined);
  assert.equal(hear("v", { onControl: true }), "tool select");
  assert.equal(hear("Q"), undefined);
});
