/** Local devices for everybody, and <wab-devices>: see README.md. This is what stands under /wab/bluetooth.js. */
import { define, WabDevices } from "./panel.ts";

export { choose } from "./choose.ts";
export { allVerbs } from "./driver.ts";
export type { Address, Characteristic, Driver, Reach, Service, Verb } from "./driver.ts";
export { lamp } from "./lamp.ts";
export { heartRate } from "./heart.ts";
export type { Command, Fit, Profile, State } from "./profile.ts";
export { anything, profiles } from "./profiles.ts";
export { DeviceView, type Done, type Info, type Opens, type Shown, type With } from "./view.ts";
export { Radio } from "./radio.ts";
export { share, type SharedDevice, type ShareOptions, type Sharing } from "./share.ts";
export { Virtual } from "./virtual.ts";
export { virtualHeart } from "./virtual-heart.ts";
export { virtualLamp } from "./virtual-lamp.ts";
export { whyNot } from "./words.ts";
export { define, WabDevices };

define();
