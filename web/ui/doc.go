// Package ui draws our pages: the frame, the parts that apps share, the launcher and the page that says what went wrong.
//
// Pages are complete without a script: what a page shows first is in its HTML. One style sheet (main.css) holds all colours, sizes and layers as custom
// properties; apps use the properties and parts and bring little of their own. Scripts and styles are made by tools/build, which names them by content.
// theme.ts runs in the head, before the first paint; the modules in parts/ drive the parts and are bundled into each app's script.
//
// Pages work under the Content-Security-Policy that Secure sets: no inline script, no style attribute, nothing from other hosts.
//
// The package keeps no state, starts no goroutines and takes no locks.
package ui
