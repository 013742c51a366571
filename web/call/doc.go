// Package call is the browser's side of calls, which is written in TypeScript: README.md tells about it. What is Go here are its tests in real browsers,
// against a real server.
package call
