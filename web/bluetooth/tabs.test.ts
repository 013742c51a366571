/** Tabs that tell each other what they drive. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Tabs } from "./tabs.ts";

/** heard waits until a tab has heard of exactly these. */
async function heard(tabs: Tabs, ...want: string[]): Promise<void> {
  for (let n = 0; n < 1000 && tabs.names.sort().join() !== want.sort().join(); n++) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(tabs.names.sort(), want.sort());
}

test("tabs of one CA know of each other's devices, whoever comes first, and until they leave", async () => {
  const none = (): void => undefined;
  const [one, other] = [new Tabs("house:alice/home", none), new Tabs("house:alice/shed", none)];
  one.tell(["lamp"]);
  const two = new Tabs("house:alice/home", none);
  await heard(two, "lamp");
  two.tell(["heart", "strap"]);
  await heard(one, "heart", "strap");
  two.tell(["strap"]);
  await heard(one, "strap");
  const stranger = new BroadcastChannel("wab-devices house:alice/home");
  for (const junk of [null, 7, "x", [], {}, { from: 7, names: [] }, { from: "x", names: [7, null, {}] }, { from: "x", names: 7 }]) stranger.postMessage(junk);
  two.tell(["last"]);
  await heard(one, "last");
  two.close();
  await heard(one);
  await heard(other);
  stranger.close();
  one.close();
  other.close();
});
