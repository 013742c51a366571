// Package due keeps time for state machines that have no clock: the instant of their input, when they want to be called again, and how long to
// wait before they ask a server again that has refused them for the time being.
//
// Instants are µs since 1970. The package is pure and belongs to the browser core.
package due
