package store

import "errors"

// Rev is the revision of a CA's head. It is opaque: backends compare it, nobody counts with it. Zero means that the CA does not exist.
type Rev uint64

// KV is one key under a CA's prefix, with its value.
type KV struct{ Key, Value []byte }

// Write is one CA's commit: all of it becomes visible and durable, or nothing.
// The store reads its slices until Commit returns, and keeps none of them.
type Write struct {
	CA      string   // the CA's canonical name, app:owner/local
	Expect  Rev      // the head's revision that this write replaces; 0 creates
	Puts    []KV     // side keys to set; the last one of a key wins, also over Deletes
	Deletes [][]byte // side keys to remove; one that is not there is no error
	Due     int64    // when the CA next has work of its own, µs UTC; 0 never. It replaces what stood before
	Destroy bool     // remove the CA: its head, due entry and all side keys. Puts, Deletes and Due are ignored, without Keep
	Keep    []byte   // where it is not empty, Destroy removes all side keys but those that begin with it; then the write goes on as any other
}

// Result is the outcome of one Write.
type Result struct {
	Rev Rev   // the head's new revision: never one that any CA has borne before; 0 after Destroy without Keep
	Err error // nil, or one of the errors below, which leave everything as it was; anything else means that the outcome is unknown
}

// Due is a CA that has work of its own at an instant.
type Due struct {
	CA string
	At int64 // µs UTC
}

// Errors of a Write. They leave everything as it was. ErrName and ErrClosed are also errors of reads.
var (
	ErrConflict = errors.New("store: another writer committed first")
	ErrTooLarge = errors.New("store: write exceeds the limit")
	ErrName     = errors.New("store: not a canonical name of a CA")
	ErrClosed   = errors.New("store: closed")
)

// Store keeps the CAs of one process, or of a cluster. Its methods may be called from many goroutines.
type Store interface {
	// Commit makes independent writes durable, at most one for a CA, and answers for each in order.
	Commit([]Write) []Result
	// Load visits the side keys that start with prefix, in order, in one snapshot with the revision that it returns (0: no such CA).
	// Key and value are valid during the visit only.
	Load(ca string, prefix []byte, visit func(key, value []byte) error) (Rev, error)
	// Get returns a copy of one side key's value, nil if it is not there.
	Get(ca string, key []byte) ([]byte, error)
	// DueBefore lists up to limit CAs whose due time is at or before an instant, earliest first, equal times by name, and of those the ones
	// that come behind after. Due{At: t} has the list begin at t; the last CA of a full list has the next one go on from there.
	DueBefore(at int64, after Due, limit int) ([]Due, error)
	// Close waits for calls under way; later ones get ErrClosed. It loses nothing.
	Close() error
}
