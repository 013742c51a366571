// Package call is the browser's side of calls, which is written in TypeScript: README.md tells about it. What is Go here are its tests in real browsers,
// Chromium and Firefox, against real servers: in this process, where one must come back on the same port, and as a process of its own, where it is killed.
//
// Cameras and microphones are Chromium's own fakes, so that frames and sound move. Networks are cut by a gate for TCP and a proxy for UDP (gate_test.go).
// look_test.go puts drawn people over the whiteboard, and makes the pictures that README.md shows.
package call
