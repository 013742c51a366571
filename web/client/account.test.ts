import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { narrow, serverOrigin, signedIn, signIn, signOut, tokenOf } from "./account.ts";
import { connect } from "./connect.ts";
import { WabError } from "./error.ts";
import { fullName } from "./tab.ts";
import { token } from "./testkit/token.ts";
import { claims } from "./token.ts";

const server = "https://wab.test";
let answer: () => Response | Promise<Response>;
let asked: { url: string; body: unknown }[];

beforeEach(async () => {
  asked = [];
  globalThis.fetch = async (url, init) => {
    asked.push({ url: String(url), body: JSON.parse(String(init?.body ?? "null")) });
    return answer();
  };
});

test("a guest is signed in, by server and owner; the last one is the default", async () => {
  for (const owner of ["alice", "bob"]) {
    answer = () => Response.json({ token: `token of ${owner}` });
    assert.deepEqual(await signIn.guest(owner, { server: `${server}/some/page` }), { server, owner });
  }
  assert.deepEqual(asked[0], { url: `${server}/account/guest`, body: { owner: "alice" } });
  assert.equal(signedIn(server), "bob");
  assert.equal(tokenOf(server), "token of bob");
  assert.equal(tokenOf(server, "alice"), "token of alice");
  assert.equal(tokenOf("https://other.test"), undefined);
});

test("a token is narrowed by the stored one", async () => {
  const own = "https://narrow.test";
  await assert.rejects(narrow({ app: "counter" }, { server: own }), (e) => e instanceof WabError && e.code === "unauthenticated");
  await signIn.token("alice", "wide", { server: own });
  answer = () => Response.json({ token: "narrow" });
  assert.equal(await narrow({ app: "counter", ca: "alice/home", seconds: 60 }, { server: own }), "narrow");
  assert.deepEqual(asked.at(-1), { url: `${own}/account/token`, body: { app: "counter", ca: "alice/home", seconds: 60 } });
  answer = () => Response.json({ error: { code: "not_allowed", message: "A token can only be narrowed." } }, { status: 403 });
  await assert.rejects(narrow({ app: "other" }, { server: own }), (e) => e instanceof WabError && e.code === "not_allowed");
});

test("CALL-3: in a sandboxed frame one is whom the page around says, which no token needs", () => {
  const page = { origin: "null", parent: {}, self: globalThis, window: { name: "wab as bob" } };
  const before = Object.keys(page).map((k) => [k, Object.getOwnPropertyDescriptor(globalThis, k)] as const);
  for (const [k, value] of Object.entries(page)) Object.defineProperty(globalThis, k, { value, configurable: true });
  assert.equal(signedIn(server), "bob");
  page.window.name = "something else";
  assert.notEqual(signedIn(server), "something else");
  for (const [k, d] of before) d ? Object.defineProperty(globalThis, k, d) : Reflect.deleteProperty(globalThis, k);
});

test("refusals and failures of signing in say what happened, and sign nobody in", async () => {
  const other = "https://strict.test";
  const cases: [() => Response | Promise<Response>, string, number][] = [
    [() => Response.json({ error: { code: "not_allowed", message: "Guests are not welcome here." } }, { status: 403 }), "not_allowed", 0],
    [() => Response.json({ error: { code: "overloaded", message: "Later." } }, { status: 429, headers: { "Retry-After": "2" } }), "overloaded", 2000],
    [() => new Response("<html>a proxy's page", { status: 502 }), "internal", 0],
    [() => Promise.reject(new TypeError("fetch failed")), "unavailable", 1000],
  ];
  for (const [respond, code, retryAfter] of cases) {
    answer = respond;
    await assert.rejects(signIn.guest("alice", { server: other }), (e) => e instanceof WabError && e.code === code && e.retryAfter === retryAfter);
  }
  assert.equal(signedIn(other), undefined);
});

test("without a token connect says to sign in, and opens nothing", async () => {
  await assert.rejects(connect({ app: "counter", ca: "home", server: "https://nobody.test" }), (e) => e instanceof WabError && e.code === "unauthenticated");
});

test("signing out where nobody is signed in does nothing", async () => {
  await signOut({ server: "https://nobody.test" });
});

test("one server has one key", () => {
  assert.equal(serverOrigin("https://WAB.test:443/x?y"), server);
});

test("claims are read from tokens that can be read, and scope does not depend on time", () => {
  const a = claims(token("alice", { app: "counter", exp: 1 })), b = claims(token("alice", { app: "counter", exp: 2, iat: 5, jti: "x" }));
  assert.equal(a.owner, "alice");
  assert.equal(a.scope, b.scope);
  assert.equal(b.issued, 5);
  assert.notEqual(a.scope, claims(token("alice")).scope);
  assert.equal(claims(token("älice")).owner, "älice");
  for (const bad of ["", "x", "a.b.c", `a.${Buffer.from("null").toString("base64url")}.c`, `a.${Buffer.from('{"sub":7}').toString("base64url")}.c`]) {
    assert.deepEqual(claims(bad), { owner: "", scope: bad, issued: 0 });
  }
});

test("names are completed with what is known", () => {
  assert.equal(fullName("counter", "home", "alice"), "counter:alice/home");
  assert.equal(fullName("counter", "bob/home", "alice"), "counter:bob/home");
  assert.equal(fullName("counter", "tweetiot:bob/home", "alice"), "tweetiot:bob/home");
  assert.equal(fullName("counter", "home", ""), "");
  assert.equal(fullName("counter", "", "alice"), "");
});
