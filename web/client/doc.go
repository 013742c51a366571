// Package client is the browser client of wab, which is written in TypeScript: README.md tells about it. What is Go here are its tests in a real
// browser, against a real server.
package client
