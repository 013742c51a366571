import assert from "node:assert/strict";
import { test } from "node:test";
import { namesOf } from "./meeting.ts";
import { caFor } from "./stage.ts";

test("CALL-3: a background is one for all, or everybody's own", () => {
  assert.equal(caFor("bob", { app: "whiteboard", ca: "alice/board" }), "alice/board");
  assert.equal(caFor("bob", { app: "counter", ca: "home" }), "bob/home");
});

test("a meeting is somebody's, by its name", () => {
  assert.deepEqual(namesOf("bob", "alice/standup"), { me: "bob", host: "alice", ca: "alice/standup", hosting: false });
  assert.deepEqual(namesOf("bob", "meeting"), { me: "bob", host: "bob", ca: "bob/meeting", hosting: true });
});
