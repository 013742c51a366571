import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { isFlaw, lasts, parse } from "./post.ts";

interface Case {
  text: string;
  column?: number;
  in?: number;
  tags?: string[];
  pins?: Record<string, number[]>;
}

const cases = JSON.parse(readFileSync("examples/tweetiot/testdata/posts.json", "utf8")) as Case[];
const noon = Date.parse("2026-11-22T12:00:00Z");

test("posts mean the same here and there", () => {
  for (const c of cases) {
    const p = parse(c.text, noon);
    if (isFlaw(p)) assert.equal(p.at + 1, c.column, `${c.text}: ${JSON.stringify(p)}`);
    else assert.deepEqual({ in: p.at - noon, tags: p.tags, pins: Object.fromEntries(p.pins) }, { in: c.in, tags: c.tags, pins: c.pins }, c.text);
  }
  assert.ok(cases.length > 50);
});

test("a post lasts until its last pin is off", () => {
  const p = parse("flash for 10 then buzz after 5 for 1 #a", noon);
  assert.ok(!isFlaw(p));
  assert.equal(lasts(p.pins), 16);
});
