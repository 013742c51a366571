import assert from "node:assert/strict";
import test from "node:test";
import { moodOf, type View } from "./mood.ts";

const now = Date.parse("2030-01-01T00:00:00Z");
const view = (v: Partial<View>): View => ({
  rule: { post: "flash #a", high: 70n, low: 50, rest: 60 }, known: 2, mean: 60.5, calm: true, rests: "0001-01-01T00:00:00Z", members: [], posts: [], ...v,
});

test("what a sentinel is about to do", () => {
  for (const [v, mood] of [
    [{}, "watching"],
    [{ rule: { post: "", high: 0, low: 0, rest: 0 } }, "off"],
    [{ known: 1n }, "waiting"],
    [{ calm: false, rests: "2030-01-01T00:00:09Z" }, "loud"],
    [{ rests: "2030-01-01T00:00:08.5Z" }, "resting"],
    [{ rests: "2029-12-31T23:59:59Z" }, "watching"],
  ] as const) assert.equal(moodOf(view(v), now).mood, mood);
  assert.equal(moodOf(view({ rests: "2030-01-01T00:00:08.5Z" }), now).text, "It rests for 9 s.");
  assert.equal(moodOf(view({}), now).text, "It watches: at 70 it posts.");
});
