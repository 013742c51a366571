// Package actortest helps to test what runs on package actor: a Class whose methods are Go functions, stores that count, hold and
// lose commits, and a log that can be read.
package actortest
