// The page of a link that makes this phone or tab a device.
import { connect, type Device, type Running, type Status, WabError } from "@wabgo/client";
import { type DevicePass, takeDeviceLink } from "../../../web/ui/parts/device-link.ts";
import { showNotice } from "../../../web/ui/parts/notice.ts";
import { showState } from "../../../web/ui/parts/state.ts";
import { Gadget, Sound, soundButton } from "./parts/gadget.ts";
import { ms } from "./parts/timeline.ts";

const by = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const badge = document.querySelector<HTMLElement>(".bar .state")!;
const key = "tweetiot device"; // of what is kept for a reload, in this tab alone

/** recall is the pass of the link, or the one that this tab had before. */
function recall(): DevicePass | undefined {
  const pass = takeDeviceLink() ?? (JSON.parse(sessionStorage.getItem(key) ?? "null") as DevicePass | null) ?? undefined;
  if (pass) sessionStorage.setItem(key, JSON.stringify(pass));
  return pass;
}

function explain(code: string, text: string): void {
  showNotice(by("notice"), { kind: "bad", text, code, action: { label: "Try again", run: () => location.reload() } });
}

/** why says in people's words why this is the device no more. */
function why(e: WabError, { ca, name }: DevicePass): string {
  const owner = ca.split("/")[0];
  switch (e.code) {
    case "conflict": return `Another gadget is ${owner}’s ${name} now. It works on there.`;
    case "unauthenticated": return `This link is worth nothing any more: ${owner} has made another one for the ${name}. Ask for it.`;
    default: return e.message || "This can’t be a device now.";
  }
}

async function start(pass: DevicePass): Promise<void> {
  const { name } = pass;
  const kind = name.startsWith("buzz") ? "buzzer" : "lamp";
  by("name").textContent = `${pass.ca.split("/")[0]}’s ${name}`;
  document.title = `${name} · TweetIoT · wab`;
  by(`${kind}s`).hidden = by("ways").hidden = false;
  const sound = new Sound();
  const gadget = new Gadget(by(kind), kind === "buzzer" ? sound : undefined);
  by("sound").hidden = kind !== "buzzer";
  by(kind).querySelector("strong")!.textContent = name;
  gadget.place("away", "Connecting …");
  soundButton(by("sound"), sound);
  wakeButton(by("awake"));
  const onState = (s: Status): void => showState(badge, s);
  try {
    const ca = await connect({ app: "tweetiot", ca: pass.ca, token: pass.token, onState });
    const device = await ca.device(name, { commands: { pin(this: Running, on: unknown) { act(gadget, this, on === true); } } });
    device.report("on", false);
    gadget.place("here", "This page. Leave it open.");
    await over(device, pass);
  } catch (e) {
    const error = e instanceof WabError ? e : new WabError("internal", String(e));
    explain(error.code, why(error, pass));
  }
  gadget.set(false, true);
  gadget.place("away", "Not connected");
}

/** act does what a bundle says, and tells by how much it was late. */
function act(gadget: Gadget, running: Running, on: boolean): void {
  gadget.set(on, true);
  running.device.report("on", on);
  if (on) by("last").textContent = `Acted at ${new Date(running.ran).toLocaleTimeString()}, ${ms(running.ran - running.due)} after it was due, by a clock that is right to ±${ms(running.bound)}.`;
}

async function over(device: Device, pass: DevicePass): Promise<void> {
  const e = await device.ended;
  if (e) explain(e.code, why(e, pass));
}

/** wakeButton keeps the screen on where the browser can: a phone that sleeps acts late. */
function wakeButton(button: HTMLElement): void {
  const wake = navigator.wakeLock as WakeLock | undefined;
  if (!wake) return void (button.hidden = true);
  let lock: WakeLockSentinel | undefined;
  button.addEventListener("click", async () => {
    if (lock) await lock.release();
    lock = lock ? undefined : await wake.request("screen").catch(() => undefined);
    button.setAttribute("aria-pressed", String(lock !== undefined));
  });
}

const pass = recall();
if (pass) void start(pass);
else showNotice(by("notice"), { kind: "bad", text: "This is no link for a device, or it was used up: press “Connect a phone or a gadget” on your TweetIoT page, and open the link that it shows." });
