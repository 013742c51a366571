// Package clock is the one source of time: real, or moved by hand in tests.
package clock
