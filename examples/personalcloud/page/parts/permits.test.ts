import assert from "node:assert/strict";
import { test } from "node:test";
import { nameOf, parsePermits, permitWords, presetOf, presets } from "./permits.ts";

test("patterns are read as people write them", () => {
  assert.deepEqual(parsePermits("profile:updated, photo:*  x-1:y"), [{ domain: "profile", type: "updated" }, { domain: "photo", type: "*" }, { domain: "x-1", type: "y" }]);
  for (const bad of ["", " , ", "photo", "photo:", ":added", "a:b:c", "a/b:c", "ph\u00f6to:a"]) assert.equal(typeof parsePermits(bad), "string", bad);
});

test("presets know themselves, in any order", () => {
  for (const [name, list] of Object.entries(presets)) assert.equal(presetOf([...list].reverse()), name);
  assert.equal(presetOf([{ domain: "profile", type: "*" }]), "custom");
});

test("patterns have words", () => {
  assert.equal(permitWords([]), "nothing");
  assert.equal(permitWords(presets.usual), "profile updates and messages");
  assert.equal(permitWords([{ domain: "a", type: "b" }, ...presets.everything]), "everything");
  assert.equal(permitWords([{ domain: "a", type: "b" }, { domain: "photo", type: "*" }, ...presets.profile]), "a:b, all of photo and profile updates");
  assert.equal(nameOf({ domain: "message", type: "text" }), "messages");
});
