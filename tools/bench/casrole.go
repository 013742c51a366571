package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/store/pebblestore"
	"github.com/wabgo/wab/server"
)

// These bound the store's memory of heads and of what is not in tables yet, so that what has a bound does not look like the cost of a CA.
const (
	idleHeads    = 1024
	idleMemtable = 1 << 20
)

// casRole is a server without sockets whose clock is moved by hand, to be asked what its CAs weigh.
func casRole(_ context.Context, args []string) (*role, error) {
	c := clock.NewFake(time.Now())
	l, err := openLocal(args[0], server.Options{Clock: c}, pebblestore.Options{Heads: idleHeads, Memtable: idleMemtable})
	if err != nil {
		return nil, err
	}
	answer := func(ctx context.Context, command string, args []string) (any, error) {
		from, err := strconv.Atoi(args[0])
		if err != nil {
			return nil, err
		}
		to, err := strconv.Atoi(args[1])
		if err != nil {
			return nil, err
		}
		switch command {
		case "activate":
			return nil, l.add(ctx, counters(to)[from:])
		case "passivate":
			return nil, l.passivate(ctx, c)
		}
		return nil, fmt.Errorf("unknown command %s", command)
	}
	return &role{answer: answer, close: l.close}, nil
}

// passivate lets time pass until no CA is in memory.
func (l *local) passivate(ctx context.Context, c *clock.Fake) error {
	const most = 100
	for range most {
		c.Advance(15 * time.Second)
		if err := l.settle(ctx); err != nil {
			return err
		}
		active, err := l.metric("wab_active_cas")
		if err != nil || active == 0 {
			return err
		}
	}
	return errors.New("some CAs stay in memory")
}

// settle waits until the CAs have written what the clock has asked of them.
func (l *local) settle(ctx context.Context) error {
	const quiet = 100 * time.Millisecond
	writes := -1.0
	for {
		now, err := l.metric("wab_store_writes_total")
		if err != nil || now == writes {
			return err
		}
		writes = now
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(quiet):
		}
	}
}

// metric reads one of the server's figures.
func (l *local) metric(what string) (float64, error) {
	w := httptest.NewRecorder()
	l.server.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for in := bufio.NewScanner(w.Body); in.Scan(); {
		if value, ok := strings.CutPrefix(in.Text(), what+" "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, fmt.Errorf("/metrics has no %s", what)
}
