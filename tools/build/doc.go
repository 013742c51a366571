// Command build makes everything the server embeds for browsers, into web/dist.
//
//	go run ./tools/build          build what has changed
//	go run ./tools/build -force   build all of it
//	go run ./tools/build -check   TypeScript type check (needs npm ci)
//	go run ./tools/build -test    TypeScript tests, in node
//
// What it does, in order:
//
//  1. templ: runs the pinned generator when a .templ file is newer than its Go file;
//  2. wasm: compiles wasm/core for the browser, and wasm/methods for browser and server, stripped and trimmed, and takes out what only
//     traces of crashes would show: file names and line numbers. That is a sixth of what is downloaded;
//  3. bundles: joins TypeScript and CSS with esbuild. wasm_exec.js comes from the Go installation that compiled the core, and is part of the
//     worker's bundle: the two must match exactly;
//  4. assets: names each file by its content, writes Brotli and gzip twins beside it, and last the manifest.
//
// A later bundle holds the names of earlier ones (page → worker → core), so one entry script fixes the whole set, and a page never mixes
// two builds. A build with unchanged inputs ends at once; compressed twins are kept by content in the user's cache folder, because
// Brotli at its best takes seconds. Files are written aside and renamed, so that a build may run while another reads.
package main
