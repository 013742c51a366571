package main

import (
	"sync/atomic"

	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/server"
)

// listener is a CA that follows a topic, and counts what it hears.
type listener struct{ Heard int }

var listenerApp = server.App{Name: "listener", New: func() server.CA { return new(listener) }}

const listenerTopic = "all"

// Follow follows the topic, whoever publishes.
func (l *listener) Follow(tx *server.Tx) error {
	if err := tx.Allow(server.Anyone(), "OnPost"); err != nil {
		return err
	}
	return tx.Subscribe(server.Forum(listenerTopic), "OnPost")
}

// Post publishes a number to all.
func (l *listener) Post(tx *server.Tx, n int) { tx.Publish(server.Forum(listenerTopic), n) }

// OnPost changes the state for each message.
func (l *listener) OnPost(_ *server.Tx, m server.Message[int]) error {
	l.Heard++
	return nil
}

// tally is a store that tells when so many commits of listeners are durable.
type tally struct {
	store.Store
	left    atomic.Int64
	reached chan struct{}
}

func newTally(s store.Store) *tally { return &tally{Store: s, reached: make(chan struct{}, 1)} }

// Commit implements store.Store.
func (t *tally) Commit(writes []store.Write) []store.Result {
	results := t.Store.Commit(writes)
	n := int64(len(writes))
	if left := t.left.Add(-n); left <= 0 && left+n > 0 {
		t.reached <- struct{}{}
	}
	return results
}

// expect begins to count.
func (t *tally) expect(n int) { t.left.Store(int64(n)) }
