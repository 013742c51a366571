import assert from "node:assert/strict";
import { test } from "node:test";
import { wordsOf } from "./log.ts";
import type { Entry } from "./model.ts";

const entry = (over: Partial<Entry>): Entry => ({ at: "", kind: "", link: "", who: "bob@h", domain: "", type: "", text: "", bad: false, ...over });

test("what happened is told in people's words", () => {
  assert.equal(wordsOf(entry({ kind: "undelivered", domain: "message", type: "text" })), "bob@h does not take messages.");
  assert.equal(wordsOf(entry({ kind: "received", domain: "profile", type: "updated" })), "bob@h sent profile updates.");
  assert.equal(wordsOf(entry({ kind: "sent", domain: "photo", type: "added" })), "You sent bob@h photo:added.");
  assert.equal(wordsOf(entry({ kind: "request", who: "" })), "somebody asked to connect.");
  assert.equal(wordsOf(entry({ kind: "later" })), "bob@h: later.");
});
