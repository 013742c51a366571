// The link that makes a browser, or whatever reads it, a device: https://host/app/device#token=…&ca=…&name=…
// What stands behind the # stays in the browser: no server sees it, no log keeps it.

/** DevicePass is what a device needs besides the server. */
export interface DevicePass {
  token: string;
  /** owner/local */
  ca: string;
  /** the device's name */
  name: string;
}

/** deviceLink is the link of an app's device on a server, given by its origin. */
export function deviceLink(origin: string, app: string, pass: DevicePass): string {
  const field = (key: keyof DevicePass): string => `${key}=${encodeURIComponent(pass[key]).replaceAll("%2F", "/")}`;
  return `${origin}/${app}/device#${field("token")}&${field("ca")}&${field("name")}`;
}

/** readDeviceLink reads what follows the # of such a link; undefined where something is missing. */
export function readDeviceLink(hash: string): DevicePass | undefined {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const [token, ca, name] = [fields.get("token"), fields.get("ca"), fields.get("name")];
  return token && ca && name ? { token, ca, name } : undefined;
}

/** takeDeviceLink reads the page's own address, and takes the token out of it, so that it stands in no history and isn't shared by mistake. */
export function takeDeviceLink(): DevicePass | undefined {
  const pass = readDeviceLink(location.hash);
  if (pass) history.replaceState(history.state, "", location.pathname + location.search);
  return pass;
}

/** isNear tells whether an origin means the computer itself, and so another one to whoever else opens it. */
export function isNear(origin: string): boolean {
  const host = new URL(origin).hostname;
  return /^(localhost|.+\.localhost|127\.[\d.]+|\[::1\])$/.test(host);
}

/** problemWithDevice tells what is wrong with a device's name, or nothing. The server has the last word. */
export function problemWithDevice(name: string): string {
  if (name === "") return "Please choose a name.";
  if (name.length > 54) return "At most 54 letters.";
  if (/[A-Z]/.test(name)) return "Small letters only.";
  if (/[^a-z0-9-]/.test(name)) return "Only letters a–z, digits and dashes.";
  if (/^-|-$/.test(name)) return "A dash can’t be first or last.";
  return "";
}
