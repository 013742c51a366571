import assert from "node:assert/strict";
import test from "node:test";
import { mean } from "./composer.ts";
import { isFlaw, parse } from "./post.ts";

test("what a post means, in words", () => {
  for (const [text, words] of [
    ["flash #a", "lamp for 200 ms; at once; for #a."],
    ["flash for 400 then buzz #friends #b at NOW+1000", "lamp for 400 ms, buzzer after 400 ms for 200 ms; 1 s from now; for #friends #b."],
    ["buzz then flash then buzz #a", "buzzer for 200 ms, lamp after 200 ms for 200 ms, buzzer after 400 ms for 200 ms; at once; for #a."],
  ] as const) {
    const post = parse(text, 1000);
    assert.ok(!isFlaw(post));
    assert.equal(mean(post, 1000), words);
  }
});
