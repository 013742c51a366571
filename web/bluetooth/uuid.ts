/** UUIDs of services and characteristics, short where the Bluetooth SIG gave them out, and what some of them are called. */

const base = "-0000-1000-8000-00805f9b34fb";

/** short writes 0000180d-0000-1000-8000-00805f9b34fb as 180d, and others in full. */
export function short(uuid: string): string {
  const u = uuid.toLowerCase();
  if (!u.endsWith(base) || u.length !== 36) return u;
  return u.startsWith("0000") ? u.slice(4, 8) : u.slice(0, 8);
}

/** full is what short was made of; what is none is left as it is. */
export function full(uuid: string): string {
  const u = uuid.toLowerCase();
  return /^[0-9a-f]{4}$|^[0-9a-f]{8}$/.test(u) ? u.padStart(8, "0") + base : u;
}

/** isUUID tells whether somebody wrote one, short or in full. */
export const isUUID = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(full(text));

/** From the SIG's Assigned Numbers, those that homes and desks have, and what our own lamp and other known ones have. */
const names: { readonly [uuid: string]: string } = {
  "1800": "Generic access", "1801": "Generic attribute", "180a": "Device information", "180d": "Heart rate", "180f": "Battery", "1809": "Thermometer",
  "1815": "Automation IO", "1816": "Cycling speed and cadence", "181a": "Environmental sensing", "1802": "Immediate alert", "1803": "Link loss", "1804": "Transmit power",
  "2a00": "Name", "2a01": "Appearance", "2a06": "Alert level", "2a07": "Transmit power", "2a19": "Battery level", "2a1c": "Temperature", "2a24": "Model", "2a25": "Serial number",
  "2a26": "Firmware", "2a27": "Hardware", "2a28": "Software", "2a29": "Manufacturer", "2a37": "Heart rate", "2a38": "Where it is worn", "2a39": "Control",
  "2a56": "Digital", "2a58": "Analogue", "2a5b": "Speed and cadence", "2a6d": "Pressure", "2a6e": "Temperature", "2a6f": "Humidity", "2a76": "Ultraviolet", "2a77": "Light",
  "00001523-1212-efde-1523-785feabcd123": "LED and button", "00001524-1212-efde-1523-785feabcd123": "Button", "00001525-1212-efde-1523-785feabcd123": "LED",
  "8e7d0000-1f5a-4c7e-9b7c-77616c616d70": "Lamp", "8e7d0001-1f5a-4c7e-9b7c-77616c616d70": "On", "8e7d0002-1f5a-4c7e-9b7c-77616c616d70": "Colour",
  "8e7d0003-1f5a-4c7e-9b7c-77616c616d70": "Brightness",
};

/** nameOf is what a service or characteristic is called, where that is known. */
export const nameOf = (uuid: string): string | undefined => names[uuid.split("~")[0]!];
