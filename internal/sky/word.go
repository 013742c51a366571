package sky

import (
	"strconv"

	"github.com/wabgo/wab/internal/wire"
)

// Limits of what stands in paths, in bytes.
const (
	MaxWord = 128 // a domain, a type, a ruleset, the name of a query, an event id
	MaxECI  = 1024
)

// Any stands for every word in a Pattern.
const Any = "*"

// noID is how a path says that an event has no id.
const noID = "none"

// ErrUnknownECI is what a stranger is told of an ECI that is unknown, removed, expired or none at all: the same, so that nothing is learnt.
var ErrUnknownECI = wire.Err(wire.NotFound, "There is no such channel. It may have been removed, or has expired.")

// CheckEvent tells what is wrong with the domain and type of an event; nil if nothing is. The error is bad_request.
func CheckEvent(domain, typ string) *wire.Error {
	return checkWords("An event's domain", domain, "An event's type", typ)
}

// CheckQuery tells what is wrong with the ruleset and name of a query; nil if nothing is. The error is bad_request.
func CheckQuery(ruleset, name string) *wire.Error {
	return checkWords("A query's ruleset", ruleset, "A query's name", name)
}

func checkWords(whatA, a, whatB, b string) *wire.Error {
	if flaw := checkWord(whatA, a); flaw != nil {
		return flaw
	}
	return checkWord(whatB, b)
}

func checkWord(what, s string) *wire.Error {
	if s != Any && isSegment(s, MaxWord) {
		return nil
	}
	return wire.Err(wire.BadRequest, what+" is 1 to "+strconv.Itoa(MaxWord)+` visible ASCII characters without a slash, and not ".", ".." or "*".`)
}

// NoID tells whether an event id says that the event has none.
func NoID(eid string) bool { return eid == "" || eid == noID }

// CheckEID tells what is wrong with an event id; nil if nothing is, and for the empty one, which is no id. The error is bad_request.
func CheckEID(eid string) *wire.Error {
	if len(eid) <= MaxWord && IsVisible(eid) && !isDots(eid) {
		return nil
	}
	return wire.Err(wire.BadRequest, "An event id is at most "+strconv.Itoa(MaxWord)+` visible ASCII characters, and not "." or "..".`)
}

// IsECI tells whether s could be an ECI of anybody's: like a word, but of up to MaxECI bytes.
func IsECI(s string) bool { return isSegment(s, MaxECI) }

// isSegment tells whether s can be one segment of a path without anybody's taking it for something else.
func isSegment(s string, limit int) bool {
	if s == "" || len(s) > limit || !IsVisible(s) || isDots(s) {
		return false
	}
	for i := range len(s) {
		if s[i] == '/' {
			return false
		}
	}
	return true
}

// IsVisible tells whether s is of visible ASCII characters alone, or empty.
func IsVisible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// isDots tells whether clients would resolve the segment s away.
func isDots(s string) bool { return s == "." || s == ".." }
