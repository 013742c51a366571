/** Local devices for everybody: see README.md. */
export { choose } from "./choose.ts";
export type { Address, Characteristic, Driver, Reach, Service, Verb } from "./driver.ts";
export { lamp } from "./lamp.ts";
export { heartRate } from "./heart.ts";
export type { Command, Fit, Profile, State } from "./profile.ts";
export { anything, profiles } from "./profiles.ts";
export { Radio } from "./radio.ts";
export { allVerbs, share, type SharedDevice, type ShareOptions, type Sharing } from "./share.ts";
export { Virtual } from "./virtual.ts";
export { virtualHeart } from "./virtual-heart.ts";
export { virtualLamp } from "./virtual-lamp.ts";
export { whyNot } from "./words.ts";
