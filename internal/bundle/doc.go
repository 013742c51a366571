// Package bundle is Timed Bundles: lists of commands that a device runs at instants that were set beforehand, on the server's clock.
//
// # Bundles
//
// A Bundle starts at an absolute instant, or on arrival; each of its commands follows the one before at a distance. It travels whole, as
// one CBOR value, so that a device has all of it or nothing: from then on it needs no network to keep the time.
//
// # Limits
//
// A bundle has at most 1,000 commands, those of its recovery included, in 64 KiB when encoded, and lasts 24 h at most; so does its recovery.
// Instants are before the year 10000. What goes beyond is refused with a *wire.Error.
//
// The package is pure and belongs to the browser core.
package bundle
