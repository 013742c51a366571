// Package timeline is the media timeline of calls in the browser, which is written in TypeScript: device actions fire with the frame of their member's video that was captured when they were made.
// What is Go here are its tests in real browsers.
package timeline
