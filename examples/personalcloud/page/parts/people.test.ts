import assert from "node:assert/strict";
import { test } from "node:test";
import type { Contact, Link } from "./model.ts";
import { callOf, peopleOf, stateOf, toldOf } from "./people.ts";

const now = Date.parse("2026-11-22T12:00:00Z");
const link = (over: Partial<Link>): Link => ({
  state: "established", outbound: true, name: "friend", rx_role: "friend", tx_role: "friend", address: "bob@h.example", verified: true,
  since: "2026-11-22T11:58:00Z", end: "", reason: "", allow: [], ...over,
});

test("who is connected comes first, by what they call themselves", () => {
  const contacts = new Map<string, Contact>([["1", { card: { name: "Zoe" }, at: "" }], ["2", { card: { name: "ann" }, at: "" }]]);
  const people = peopleOf([["1", link({})], ["3", link({ state: "ended", end: "refused" })], ["4", link({ state: "pending" })], ["2", link({})]], contacts);
  assert.deepEqual(people.map((p) => p.id), ["2", "1", "4", "3"]);
  assert.deepEqual(people.map(callOf), ["ann", "Zoe", "bob", "bob"]);
});

test("every state has its words", () => {
  const told = (over: Partial<Link>): string => `${stateOf(link(over))}: ${toldOf({ id: "1", link: link(over), card: {}, at: "", refuses: {} }, now)}`;
  assert.match(told({ state: "pending" }), /^Asked: You asked 2 min ago\. Waiting for bob to answer/);
  assert.match(told({ state: "confirming", outbound: false }), /^Confirming: You approved/);
  assert.match(told({}), /^Connected: Connected 2 min ago/);
  assert.equal(told({ state: "ended", end: "refused", reason: "i don’t know you" }), "Refused: bob refused 2 min ago. I don’t know you.");
  assert.match(told({ state: "ended", end: "expired" }), /^Expired: Nobody answered/);
  assert.match(told({ state: "ended", end: "failed", reason: "There is no bob here." }), /^Not reached: There is no bob here\.$/);
  assert.match(told({ state: "ended", end: "withdrawn", outbound: false }), /bob took/);
  assert.match(told({ state: "ended", end: "" }), /^Ended: This connection ended/);
});
