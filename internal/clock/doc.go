// Package clock is the one source of time: real, or moved by hand in tests.
//
// Instants that are kept or sent are int64 microseconds since the Unix epoch, UTC (Micros, FromMicros).
//
// A Fake stands still until Advance or Set moves it. What falls due runs in order of its instant, then of its making, one at a time,
// each in a goroutine of its own and with Now at its instant; Advance returns when all of them have returned. So a test that has
// advanced the clock needs no sleep. A callback may make, stop and reset timers; it must neither move the clock nor wait for who moves it.
//
// Locks: Fake.moving is held by whoever moves the clock, over the callbacks; Fake.mu is a leaf below it and never held while a callback runs.
package clock
