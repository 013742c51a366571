// Package pionlog passes on what pion logs. Its warnings and errors are about one member's network or input: an operator can do nothing about
// them, and whoever sends nonsense makes many, so they come at level debug, and all below is dropped. No locks, no limits of its own.
package pionlog
