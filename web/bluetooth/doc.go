// Package bluetooth is the part of the browser client that shares local devices, over Web Bluetooth or virtual ones, through their owner's CA. It is written in TypeScript:
// README.md tells about it. What is Go here are its tests in a real browser, with devices that the browser emulates, against a real server.
package bluetooth
