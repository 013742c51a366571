import assert from "node:assert/strict";
import { test } from "node:test";
import { colourOf, colours, initials } from "./face.ts";

test("initials are one or two letters", () => {
  for (const [name, want] of [["alice", "A"], ["Bob Miller", "BM"], ["Ada M. Lovelace", "AL"], ["calm-otter-42@h.example", "C4"], ["élan", "É"], ["", "?"], ["𝒳 y", "𝒳Y"]]) assert.equal(initials(name!), want);
});

test("a colour is one's own, or follows from the address", () => {
  assert.equal(colourOf({ colour: "teal" }, "a@h"), "teal");
  assert.equal(colourOf({ colour: "url(x)" }, "a@h"), colourOf({}, "a@h"));
  const seen = new Set(Array.from({ length: 200 }, (_, i) => colourOf({}, `${i}@h`)));
  assert.equal(seen.size, colours.length);
});
