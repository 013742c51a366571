import assert from "node:assert/strict";
import { test } from "node:test";
import { meetingLink, readMeeting, readTarget } from "./target.ts";

test("what somebody means is understood", () => {
  const kinds: [string, string | undefined, string][] = [
    ["", undefined, ""],
    ["bob", "name", "bob"],
    ["Bob Miller", "name", "Bob Miller"],
    [" bob@127.0.0.1:8081 ", "address", "bob@127.0.0.1:8081"],
    ["acct:Bob@Cloud.example", "address", "bob@cloud.example"],
    ["bob/work@cloud.example", "address", "bob/work@cloud.example"],
    ["https://cloud.example/sky/event/abc", "link", "https://cloud.example/sky/event/abc"],
    ["bob.example", "link", "bob.example"],
    ["bob.example:8443/me", "link", "bob.example:8443/me"],
  ];
  for (const [text, kind, to] of kinds) {
    const got = readTarget(text);
    assert.equal(got?.kind, kind, text);
    assert.equal(got?.to ?? "", to);
  }
});

test("a link to meet somebody says whom, and keeps the secret behind the #", () => {
  const link = meetingLink("https://cloud.example/personalcloud/", "bob@cloud.example", "s3&c=r+t");
  assert.equal(link.indexOf("s3") > link.indexOf("#"), true);
  assert.deepEqual(readTarget(link), { kind: "address", to: "bob@cloud.example", invitation: "s3&c=r+t" });
  assert.equal(meetingLink("https://h/", "bob@127.0.0.1:80"), "https://h/#meet=bob@127.0.0.1:80");
  assert.deepEqual(readMeeting("#meet=bob@h"), { kind: "address", to: "bob@h" });
  for (const bad of ["", "#", "#meet=", "#meet=bob", "#invitation=x", "#meet=a%20b@h"]) assert.equal(readMeeting(bad), undefined, bad);
});
