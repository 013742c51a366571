package main

import (
	"bytes"
	"slices"
	"sync"

	"github.com/wabgo/wab/internal/store"
)

// recorder is a store that remembers, while it is asked to, the last write of each CA.
type recorder struct {
	store.Store
	mu   sync.Mutex
	last map[string]store.Write // nil: not asked
}

// Commit implements store.Store.
func (r *recorder) Commit(writes []store.Write) []store.Result {
	r.mu.Lock()
	if r.last != nil {
		for i := range writes {
			r.last[writes[i].CA] = cloneWrite(writes[i])
		}
	}
	r.mu.Unlock()
	return r.Store.Commit(writes)
}

func (r *recorder) start() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = map[string]store.Write{}
}

// stop ends the recording and hands it over, in the order of names.
func (r *recorder) stop() []store.Write {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []store.Write
	for _, w := range r.last {
		all = append(all, w)
	}
	r.last = nil
	slices.SortFunc(all, func(a, b store.Write) int { return bytes.Compare([]byte(a.CA), []byte(b.CA)) })
	return all
}

func cloneWrite(w store.Write) store.Write {
	puts := make([]store.KV, len(w.Puts))
	for i, kv := range w.Puts {
		puts[i] = store.KV{Key: bytes.Clone(kv.Key), Value: bytes.Clone(kv.Value)}
	}
	deletes := make([][]byte, len(w.Deletes))
	for i, key := range w.Deletes {
		deletes[i] = bytes.Clone(key)
	}
	w.Puts, w.Deletes = puts, deletes
	return w
}
