package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/wabgo/wab/internal/name"
)

// Sockets and CAs of the benches over WebSockets.
const (
	crowdSockets = 64
	crowdCAs     = 100
)

// crowd is 64 signed-in sockets of as many owners, to whom 100 CAs belong: one or two each.
type crowd struct {
	clients   []*client
	cas       [][]name.Name // of each client
	latencies [][]time.Duration
}

// crowdCA is the i-th CA: the j-th of owner i mod 64.
func crowdCA(i int) name.Name {
	return name.Name{App: "counter", Owner: fmt.Sprintf("owner%02d", i%crowdSockets), Local: fmt.Sprintf("home%d", i/crowdSockets)}
}

func crowdRun(socket int) string { return fmt.Sprintf("run-of-socket-%06d", socket) }

// joinServer connects the crowd to a server whose data folder is known.
func joinServer(addr, data string) (*crowd, error) {
	c := newCrowd()
	for i := range crowdCAs {
		at := i % crowdSockets
		c.cas[at] = append(c.cas[at], crowdCA(i))
	}
	for i := range crowdSockets {
		token, err := mint(data, c.cas[i][0].Owner)
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		one, err := connect(addr, token, "bench", crowdRun(i), c.cas[i])
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		c.clients = append(c.clients, one)
	}
	return c, nil
}

// joinEcho connects as many sockets to the echo.
func joinEcho(addr string) (*crowd, error) {
	c := newCrowd()
	for range crowdSockets {
		s, err := dial(addr, "/")
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		c.clients = append(c.clients, &client{socket: s})
	}
	return c, nil
}

func newCrowd() *crowd {
	return &crowd{cas: make([][]name.Name, crowdSockets), latencies: make([][]time.Duration, crowdSockets)}
}

func (c *crowd) close() (err error) {
	for _, one := range c.clients {
		err = errors.Join(err, one.close())
	}
	return err
}

// load has each socket ask its CAs in turn.
func (c *crowd) load(method string, args []byte) load {
	return c.each(func(i, n int) error {
		_, err := c.clients[i].request(uint32(n%len(c.cas[i])), method, args)
		return err
	})
}

// echoes has each socket send a frame of a size, and wait for the answer.
func (c *crowd) echoes(size int) load {
	payload := make([]byte, size)
	return c.each(func(i, _ int) error {
		s := c.clients[i]
		if err := s.write(append(s.begin(), payload...)); err != nil {
			return err
		}
		_, err := s.read()
		return err
	})
}

func (c *crowd) each(ask func(i, n int) error) load {
	return load{crowdSockets, func(i int, done func(error)) func(int) {
		c.latencies[i] = c.latencies[i][:0]
		return func(n int) {
			start := time.Now()
			err := ask(i, n)
			c.latencies[i] = append(c.latencies[i], time.Since(start))
			done(err)
		}
	}}
}

// slot runs a load for a while against a child.
func (c *crowd) slot(ctx context.Context, server *child, l load, d time.Duration) (slot, error) {
	limited, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	s, err := measure(server.cpu, func() (int64, error) { return l.until(limited) })
	if err == nil {
		err = ctx.Err()
	}
	return s, err
}

// times are the latencies of the last slot.
func (c *crowd) times() (all []time.Duration) {
	for _, l := range c.latencies {
		all = append(all, l...)
	}
	return all
}

// hosted is a server in a child, with its crowd.
type hosted struct {
	*child
	*crowd
	addr string
}

func host(ctx context.Context, dir string) (*hosted, error) {
	data := filepath.Join(dir, "data")
	var at address
	c, err := spawn(ctx, &at, "serve", data)
	if err != nil {
		return nil, err
	}
	crowd, err := joinServer(at.Addr, data)
	if err != nil {
		return nil, errors.Join(err, c.stop())
	}
	return &hosted{c, crowd, at.Addr}, nil
}

func (h *hosted) close() error { return errors.Join(h.crowd.close(), h.child.stop()) }
