import assert from "node:assert/strict";
import { test } from "node:test";
import { ago } from "./ledger.ts";
import { ownerOf, problemWith, suggestName } from "./signin.ts";

test("names are checked as the server does", () => {
  for (const good of ["a", "alice", "a-b", "0", "x".repeat(63)]) assert.equal(problemWith(good), "", good);
  for (const bad of ["", "Alice", "a b", "-a", "a-", "ä", "a_b", "a.b", "x".repeat(64)]) assert.notEqual(problemWith(bad), "", bad);
});

test("suggested names are good names", () => {
  for (let i = 0; i < 200; i++) assert.equal(problemWith(suggestName()), "");
});

test("ago is short and never negative", () => {
  const s = 1000, min = 60 * s, h = 60 * min, d = 24 * h;
  for (const [ms, words] of [[-5 * s, "now"], [0, "now"], [4 * s, "now"], [5 * s, "5 s"], [min, "1 min"], [h - s, "59 min"], [h, "1 h"], [d - 1 * s, "23 h"], [3 * d, "3 d"]] as const) {
    assert.equal(ago(ms), words);
  }
});

test("a token says whom it speaks for", () => {
  const token = (payload: string): string => `x.${Buffer.from(payload).toString("base64url")}.y`;
  assert.equal(ownerOf(token('{"sub":"alice","x":"üÿ~?"}')), "alice");
  for (const bad of ["", "x", "x.y", "x.!.y", token("null"), token("{}"), token('{"sub":1}'), token("[")]) assert.equal(ownerOf(bad), undefined, bad);
});
