// Package ui draws our pages: the frame, the parts that apps share, the launcher and the page that says what went wrong.
//
// Pages are complete without a script: what a page shows first is in its HTML. One style sheet (main.css) holds all colours, sizes and layers as custom
// properties; apps use the properties and parts and bring little of their own. Scripts and styles are made by tools/build, which names them by content.
// theme.ts runs in the head, before the first paint; the modules in parts/ drive the parts and are bundled into each app's script.
//
// # Registering devices
//
// A page with a DeviceDialog lets its owner make a device's token and hand it over: as a link, a QR code, or the bare token for a program. The app has a method that calls
// tx.Device(name).Token; the page's script says
//
//	import { registerDevice } from "../../../web/ui/parts/device.ts";
//	const name = await registerDevice(document.querySelector("[data-device-dialog]"), {
//	  app: "house", ca: "alice/home", token: (name) => ca.DeviceToken(name),
//	});
//
// and gets the device's name, or nothing where it was not registered. The link is https://host/house/device#token=…&ca=…&name=…: what stands behind the # leaves the browser for no server, and the
// code is drawn in the page (parts/qr.ts, where the library is). When the dialog is closed, nothing of it stays in the page. The page at that address takes the token out of
// the address bar and is the device:
//
//	import { takeDeviceLink } from "../../../web/ui/parts/device-link.ts";
//	const pass = takeDeviceLink(); // { token, ca, name }
//
// Pages work under the Content-Security-Policy that Secure sets: no inline script, no style attribute, nothing from other hosts.
//
// The package keeps no state, starts no goroutines and takes no locks.
package ui
