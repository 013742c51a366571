package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/store/pebblestore"
	"github.com/wabgo/wab/server"
)

const (
	idleCAs     = 100_000
	idleWarmUp  = 20_000
	idleSockets = 2000
	idleOwners  = 4 // the server lets an owner have 1,000 connections
	storedCAs   = 1_000_000
	starts      = 5
)

// benchIdle measures what is there and has nothing to do.
func benchIdle(ctx context.Context, r *report) error {
	for _, part := range []func(context.Context, *report, string) error{idleActors, idleWebSockets, idleStore} {
		dir, gone, err := scratch()
		if err != nil {
			return err
		}
		err = part(ctx, r, dir)
		gone()
		if err != nil {
			return err
		}
	}
	return nil
}

// idleActors weighs a server before, with and after 100,000 CAs that have each counted once.
func idleActors(ctx context.Context, r *report, dir string) error {
	c, err := spawn(ctx, nil, "cas", dir)
	if err != nil {
		return err
	}
	defer c.stop()
	weigh := func(command string, from, to int) (m memory, err error) {
		if err = c.ask(nil, command, from, to); err == nil {
			m, err = c.memory()
		}
		return m, err
	}
	if _, err := weigh("activate", 0, idleWarmUp); err != nil {
		return err
	}
	before, err := weigh("passivate", 0, 0)
	if err != nil {
		return err
	}
	active, err := weigh("activate", idleWarmUp, idleWarmUp+idleCAs)
	if err != nil {
		return err
	}
	r.say("%d CAs active: heap %d MB, RSS %d MB", idleCAs, active.Heap>>20, active.RSS>>20)
	if err := c.heap("idle-active"); err != nil {
		return err
	}
	passive, err := weigh("passivate", 0, 0)
	if err != nil {
		return err
	}
	r.add("bytes_per_active_ca", float64(active.Heap-before.Heap)/idleCAs, "B")
	r.add("rss_per_active_ca", float64(active.RSS-before.RSS)/idleCAs, "B")
	r.add("bytes_per_passive_ca", float64(passive.Heap-before.Heap)/idleCAs, "B")
	r.add("rss_per_passive_ca", float64(passive.RSS-before.RSS)/idleCAs, "B")
	r.note("bytes_per_..._ca are live heap and stacks after a collection; rss_ adds Pebble's memory and what the collector keeps.")
	return nil
}

// idleWebSockets weighs a server without and with 2,000 signed-in sockets that have a session open each.
func idleWebSockets(ctx context.Context, r *report, dir string) error {
	h, err := host(ctx, dir) // its crowd is the warm-up
	if err != nil {
		return err
	}
	defer h.close()
	if err := h.load("Add", addOne).each(ctx, 100*crowdSockets); err != nil {
		return err
	}
	before, err := h.memory()
	if err != nil {
		return err
	}
	sockets, err := openIdle(ctx, h.addr, filepath.Join(dir, "data"))
	defer func() {
		for _, s := range sockets {
			s.close()
		}
	}()
	if err != nil {
		return err
	}
	after, err := h.memory()
	if err != nil {
		return err
	}
	r.say("%d sockets: heap %d MB, RSS %d MB", idleSockets, after.Heap>>20, after.RSS>>20)
	if err := h.heap("idle-sockets"); err != nil {
		return err
	}
	r.add("bytes_per_websocket", float64(after.RSS-before.RSS)/idleSockets, "B")
	r.add("heap_per_websocket", float64(after.Heap-before.Heap)/idleSockets, "B")
	r.note("bytes_per_websocket is resident memory of the server's process; the kernel's buffers are not in it.")
	return nil
}

func openIdle(ctx context.Context, addr, data string) (all []*client, err error) {
	for i := range idleSockets {
		ca := name.Name{App: "counter", Owner: fmt.Sprintf("idle%d", i%idleOwners), Local: "home"}
		token, err := mint(data, ca.Owner)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return all, err
		}
		s, err := connect(addr, token, "s"+itoa(i), crowdRun(i), []name.Name{ca})
		if err != nil {
			return all, err
		}
		all = append(all, s)
	}
	return all, nil
}

// idleStore times starts of a server that has a million CAs stored, none of them with work of its own.
func idleStore(ctx context.Context, r *report, dir string) error {
	model, err := recordOne(ctx, filepath.Join(dir, "model"))
	if err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	if err := fill(ctx, filepath.Join(data, "store"), model); err != nil {
		return err
	}
	r.say("%d CAs are stored", storedCAs)
	var all []float64
	for range starts {
		took, err := start(ctx, data)
		if err != nil {
			return err
		}
		all = append(all, took.Seconds())
	}
	r.say("starts took %.3f s", all)
	r.add("open_1m_ca_s", median(all), "s")
	r.note("open_1m_ca_s is from the start of the process until it listens; then a stored CA is asked for its state.")
	return nil
}

// recordOne is what the first request of a CA writes.
func recordOne(ctx context.Context, dir string) (store.Write, error) {
	l, err := openLocal(dir, server.Options{}, pebblestore.Options{})
	if err != nil {
		return store.Write{}, err
	}
	recorded, err := l.recordAdds(ctx, counters(1))
	if err = errors.Join(err, l.close()); err != nil {
		return store.Write{}, err
	}
	return recorded[0], nil
}
