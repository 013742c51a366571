/** What the bytes of well-known characteristics mean, as a text; it is a stranger's text and is shown as such. */
import { placeOf, readHeart } from "./heart.ts";
import { clean } from "./words.ts";

type Read = (v: DataView, raw: Uint8Array) => string | undefined;

const text: Read = (_, raw) => clean(new TextDecoder().decode(raw), 128) || undefined;
const flag: Read = (v) => (v.getUint8(0) & 1 ? "on" : "off");

/** GATT Specification Supplement 10, for the fields and their units. */
const meanings: { readonly [uuid: string]: Read } = {
  "2a00": text, "2a24": text, "2a25": text, "2a26": text, "2a27": text, "2a28": text, "2a29": text,
  "2a19": (v) => `${v.getUint8(0)} %`,
  "2a37": (_, raw) => beats(raw),
  "2a38": (_, raw) => placeOf(raw),
  "2a6d": (v) => `${(v.getUint32(0, true) / 1000).toFixed(1)} hPa`,
  "2a6e": (v) => `${(v.getInt16(0, true) / 100).toFixed(1)} °C`,
  "2a6f": (v) => `${(v.getUint16(0, true) / 100).toFixed(1)} %`,
  "8e7d0001-1f5a-4c7e-9b7c-77616c616d70": flag,
  "8e7d0002-1f5a-4c7e-9b7c-77616c616d70": (_, raw) => (raw.length >= 3 ? "#" + [...raw.subarray(0, 3)].map((c) => c.toString(16).padStart(2, "0")).join("") : undefined),
  "8e7d0003-1f5a-4c7e-9b7c-77616c616d70": (v) => `${v.getUint8(0)} %`,
  "00001524-1212-efde-1523-785feabcd123": (v) => (v.getUint8(0) & 1 ? "pressed" : "not pressed"),
  "00001525-1212-efde-1523-785feabcd123": flag,
};

/** meaningOf is what a value means, or nothing where that isn't known, or the value is too short to mean it. */
export function meaningOf(characteristic: string, value: Uint8Array): string | undefined {
  const read = meanings[characteristic.split("~")[0]!];
  if (!read) return undefined;
  try {
    return read(new DataView(value.buffer, value.byteOffset, value.byteLength), value);
  } catch {
    return undefined;
  }
}

function beats(raw: Uint8Array): string | undefined {
  const heart = readHeart(raw);
  return heart && (heart.contact === false ? "no contact" : `${heart.bpm} a minute`);
}
