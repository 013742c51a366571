// Command embed serves a plain page from an origin of its own that uses a counter on a wab server through one script tag.
//
// See README.md for what the server must allow.
package main
