import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Saving } from "./saving.ts";

test("it says what has become of one's changes", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const place = { textContent: "", dataset: {} as Record<string, string> };
  const saving = new Saving(place as unknown as HTMLElement);
  saving.online(false);
  saving.online(true);
  assert.equal(place.textContent, "", "nothing to tell before the first change");
  saving.begin();
  mock.timers.tick(299);
  assert.equal(place.textContent, "", "a quick save doesn't flicker");
  mock.timers.tick(1);
  assert.equal(place.textContent, "Saving 1 change …");
  saving.begin();
  saving.online(false);
  assert.match(place.textContent, /^2 changes kept here/);
  saving.online(true);
  saving.end(true);
  saving.end(true);
  assert.equal(place.textContent, "Saved");
  mock.timers.tick(1000);
  assert.equal(place.dataset["saving"], "saved");
  saving.begin();
  saving.end(false);
  assert.equal(place.textContent, "Not saved");
});
