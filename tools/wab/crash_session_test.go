package main

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/wabproc"
	"github.com/wabgo/wab/wasm/client"
)

// TestCA3_NoCallOfASessionIsLostOrDoubledByKills counts over WebSocket sessions, whose calls bear ids instead of keys. The client repeats what was cut by itself.
func TestCA3_NoCallOfASessionIsLostOrDoubledByKills(t *testing.T) {
	const clients, rounds = 16, 12
	s := wabproc.Start(t, "--dev", "--log-level", "warn")
	c := newCrowd(s, s.Guest("alice"))
	stop := make(chan struct{})
	var all sync.WaitGroup
	for range clients {
		all.Go(func() { c.caller(t, stop) })
	}
	for range rounds {
		c.hear(t, rand.IntN(500))
		s.Kill()
		s.Start()
	}
	close(stop)
	all.Wait()
	t.Logf("%d calls by %d clients through %d kills", c.check(t), clients, rounds)
}

// caller calls one after the other in one session, until it is told to stop.
func (c *crowd) caller(t *testing.T, stop <-chan struct{}) {
	dialing, dialed := context.WithTimeout(t.Context(), patience)
	defer dialed()
	conn, err := client.Dial(dialing, c.s.URL, client.Options{Token: c.token, Name: "crash test"})
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	const home = "alice/home"
	ca := conn.CA("counter:"+home, client.CAOptions{})
	for {
		sum, err := add(t, ca)
		if err != nil {
			t.Error(err)
			return
		}
		c.note(t, home, sum)
		select {
		case c.acked <- struct{}{}:
		case <-stop:
			return
		}
	}
}

// add is one call, which has its own time: a busy machine takes long to kill and start a server so often.
func add(t *testing.T, ca *client.CA) (sum int, err error) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err = ca.Call(ctx, &sum, "Add", 1)
	return sum, err
}
