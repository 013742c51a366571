// Package web holds what browsers load: the client, its worker, the core in WebAssembly and the scripts and styles of our pages. They are
// made by tools/build into dist and are embedded in the binary.
//
// Each asset has a stable name ("wab.js") and a hashed one ("wab-k3j5….js") that changes with its content:
//
//   - A hashed name may be kept for ever: Cache-Control immutable, for a year.
//   - A stable name is asked for again each time (no-cache with an ETag): it is the door for scripts that other sites write by hand.
//
// Pages of ours use [Asset], which gives the hashed path and the integrity attribute. An entry script holds the hashed names of what it
// loads, so that one page never mixes two builds.
//
// Pages of any origin may load the assets (CORS *, CORP cross-origin): they are public and say nothing about who asks. What a page may
// *do* is decided by the session's origin rules and by tokens, not here.
//
// Text and wasm are served Brotli- or gzip-compressed, from twins made at build time; nothing is compressed while serving. The package
// reads the manifest once, holds no locks afterwards and starts no goroutines.
package web
