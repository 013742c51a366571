import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceLink, isNear, problemWithDevice, readDeviceLink } from "./device-link.ts";
import { modules, outline, quiet } from "./qr.ts";

test("the link says all that a device needs, and nothing of it before the #", () => {
  const pass = { token: "eyJ_a-b.c.d", ca: "alice/home", name: "lamp-2" };
  const link = deviceLink("https://wab.example", "house", pass);
  assert.equal(link, "https://wab.example/house/device#token=eyJ_a-b.c.d&ca=alice/home&name=lamp-2");
  assert.deepEqual(readDeviceLink(new URL(link).hash), pass);
  const odd = { token: "a&b=c#d %2F+ü", ca: "x/y", name: "n&m" };
  assert.deepEqual(readDeviceLink(new URL(deviceLink("http://h", "a", odd)).hash), odd);
});

test("a link that lacks something is none", () => {
  for (const hash of ["", "#", "#token=a&ca=b", "#token=&ca=b&name=c", "#name=c&ca=b", "#%", "garbage"]) assert.equal(readDeviceLink(hash), undefined, hash);
});

test("a link that no phone can open is known", () => {
  for (const near of ["http://localhost:8080", "http://127.0.0.1", "https://127.1.2.3:1", "http://[::1]:8080", "http://wab.localhost/x"]) assert.ok(isNear(near), near);
  for (const far of ["https://wab.example", "http://192.168.0.2:8080", "http://localhost.example", "http://[fd00::1]"]) assert.ok(!isNear(far), far);
});

test("devices' names are checked as the server does", () => {
  for (const good of ["a", "lamp", "lamp-2", "0", "x".repeat(54)]) assert.equal(problemWithDevice(good), "", good);
  for (const bad of ["", "Lamp", "a b", "-a", "a-", "ä", "a_b", "a/b", "x".repeat(55)]) assert.notEqual(problemWithDevice(bad), "", bad);
});

/** squares fills a grid by an outline. */
function squares(path: string, size: number): boolean[][] {
  const rows = Array.from({ length: size }, () => new Array<boolean>(size).fill(false));
  for (const [, x, y, n, back] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-(\d+)z/g)) {
    assert.equal(n, back);
    for (let i = 0; i < Number(n); i++) {
      const [row, at] = [rows[Number(y) - quiet]!, Number(x) - quiet + i];
      assert.equal(row[at], false, "drawn twice");
      row[at] = true;
    }
  }
  return rows;
}

test("a code is drawn square by square, once each", () => {
  for (const text of ["a", "https://wab.example/house/device#token=" + "x".repeat(700), "ü".repeat(300)]) {
    const rows = modules(text)!;
    assert.deepEqual(squares(outline(rows), rows.length), rows);
  }
});

test("a code has its three finders and its timing", () => {
  const rows = modules("https://wab.example/")!;
  const last = rows.length - 7;
  for (const [x, y] of [[0, 0], [last, 0], [0, last]] as const) {
    const finder = rows.slice(y, y + 7).map((row) => row.slice(x, x + 7).map((dark) => (dark ? "#" : ".")).join(""));
    assert.deepEqual(finder, ["#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"]);
  }
  assert.deepEqual(rows[6]!.slice(7, last).map(Number), Array.from({ length: last - 7 }, (_, i) => i % 2));
});

test("what is too long for a code has none", () => {
  assert.ok(modules("x".repeat(2_953)));
  assert.equal(modules("x".repeat(2_954)), undefined);
  assert.equal(modules("ü".repeat(1_477)), undefined);
});
