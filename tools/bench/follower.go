package main

import (
	"sync/atomic"

	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/server"
)

// follower is a CA that follows a topic, and counts what it hears.
type follower struct{ Heard int }

var followerApp = server.App{Name: "follower", New: func() server.CA { return new(follower) }}

const followerTopic = "all"

// Follow follows the topic, whoever publishes.
func (f *follower) Follow(tx *server.Tx) error {
	if err := tx.Allow(server.Anyone(), "OnPost"); err != nil {
		return err
	}
	return tx.Subscribe(server.Forum(followerTopic), "OnPost")
}

// Post publishes a number to all.
func (f *follower) Post(tx *server.Tx, n int) { tx.Publish(server.Forum(followerTopic), n) }

// OnPost changes the state for each message.
func (f *follower) OnPost(_ *server.Tx, m server.Message[int]) error {
	f.Heard++
	return nil
}

// tally is a store that tells when so many commits of followers are durable.
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
