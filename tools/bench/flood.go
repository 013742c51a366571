package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"github.com/wabgo/wab/internal/name"
)

const (
	floodRounds = 5
	floodLead   = 500 * time.Millisecond // until the queues are as full as they get
	floodSlot   = 1500 * time.Millisecond
	askEvery    = 5 * time.Millisecond
)

// benchFlood measures what somebody feels of another owner's flood, against what the same machine does to somebody at a server of their own.
func benchFlood(ctx context.Context, r *report) error {
	dir, gone, err := scratch()
	if err != nil {
		return err
	}
	defer gone()
	p, err := openFlood(ctx, dir)
	if err != nil {
		return errors.Join(err, p.close())
	}
	for _, kind := range []string{floodRequests, floodCalls} {
		if err := p.measure(ctx, r, kind); err != nil {
			return errors.Join(err, p.close())
		}
	}
	r.note("The flood: one owner's changes, each of 64 CAs, over 64 sockets with 32 in flight on each, or as HTTP calls over 64 connections. Another owner makes 200 changes a second, one")
	r.note("after the other; beside is somebody who does the same at another server on this machine, at the same time. A ratio is of p99 under the flood, to p99 beside it.")
	return p.close()
}

// floodParts are two servers with somebody who asks at each, and an owner who floods the first.
type floodParts struct {
	here, beside *asker
	flooder      *child
}

func openFlood(ctx context.Context, dir string) (p *floodParts, err error) {
	p = &floodParts{}
	data := filepath.Join(dir, "here")
	if p.here, err = openAsker(ctx, data); err != nil {
		return p, err
	}
	if p.beside, err = openAsker(ctx, filepath.Join(dir, "beside")); err != nil {
		return p, err
	}
	token, err := mint(data, flooderName)
	if err != nil {
		return p, err
	}
	p.flooder, err = spawn(ctx, nil, "flooder", p.here.addr, token)
	return p, err
}

func (p *floodParts) close() (err error) {
	if p.flooder != nil {
		err = p.flooder.stop()
	}
	for _, a := range []*asker{p.here, p.beside} {
		if a != nil {
			err = errors.Join(err, a.close())
		}
	}
	return err
}

// floodRound is what one round gave.
type floodRound struct {
	quiet, flooded, beside []time.Duration // latencies
	flood                  slot
}

func (p *floodParts) measure(ctx context.Context, r *report, kind string) error {
	var rounds []floodRound
	for range floodRounds {
		one, err := p.round(ctx, kind)
		if err != nil {
			return err
		}
		r.say("%s: %.0f/s; p99 %.1f ms, quiet %.1f, beside %.1f", kind, one.flood.PerSecond, p99(one.flooded), p99(one.quiet), p99(one.beside))
		rounds = append(rounds, one)
	}
	take := func(of func(floodRound) float64) float64 {
		var all []float64
		for _, one := range rounds {
			all = append(all, of(one))
		}
		return median(all)
	}
	r.add(kind+"_per_s", take(func(f floodRound) float64 { return f.flood.PerSecond }), "1/s")
	r.add(kind+"_quiet_p50_ms", take(func(f floodRound) float64 { return p50(f.quiet) }), "ms")
	r.add(kind+"_quiet_p99_ms", take(func(f floodRound) float64 { return p99(f.quiet) }), "ms")
	r.add(kind+"_p50_ms", take(func(f floodRound) float64 { return p50(f.flooded) }), "ms")
	r.add(kind+"_p99_ms", take(func(f floodRound) float64 { return p99(f.flooded) }), "ms")
	r.add(kind+"_beside_p50_ms", take(func(f floodRound) float64 { return p50(f.beside) }), "ms")
	r.add(kind+"_beside_p99_ms", take(func(f floodRound) float64 { return p99(f.beside) }), "ms")
	r.add(kind+"_ratio_to_beside", take(func(f floodRound) float64 { return p99(f.flooded) / p99(f.beside) }), "ratio")
	return nil
}

func p50(of []time.Duration) float64 { return milliseconds(quantile(of, 0.5)) }

func p99(of []time.Duration) float64 { return milliseconds(quantile(of, 0.99)) }

// round asks for a while, and then again under a flood.
func (p *floodParts) round(ctx context.Context, kind string) (one floodRound, err error) {
	if one.quiet, err = p.here.ask(ctx, floodSlot); err != nil {
		return one, err
	}
	flooded := make(chan error, 1)
	go func() { flooded <- p.flooder.ask(&one.flood, kind, (floodLead + floodSlot).Milliseconds()) }()
	time.Sleep(floodLead)
	asked := make(chan error, 1)
	go func() {
		var err error
		one.beside, err = p.beside.ask(ctx, floodSlot)
		asked <- err
	}()
	one.flooded, err = p.here.ask(ctx, floodSlot)
	err = errors.Join(err, <-asked, <-flooded) // before one is read: they are still writing to it
	return one, err
}

// asker is a server, and an owner who makes one change after the other there.
type asker struct {
	*client
	server *child
	addr   string
}

func openAsker(ctx context.Context, data string) (*asker, error) {
	var at address
	server, err := spawn(ctx, &at, "serve", data)
	if err != nil {
		return nil, err
	}
	me := name.Name{App: "counter", Owner: "asker", Local: "home"}
	token, err := mint(data, me.Owner)
	if err == nil {
		var c *client
		if c, err = connect(at.Addr, token, "bench", "run-of-the-asker", []name.Name{me}); err == nil {
			return &asker{c, server, at.Addr}, nil
		}
	}
	return nil, errors.Join(err, server.stop())
}

// ask makes changes for a while, and tells how long each took. One that took longer than until the next one's time delays that, and no other.
func (a *asker) ask(ctx context.Context, d time.Duration) (took []time.Duration, err error) {
	for next, end := time.Now(), time.Now().Add(d); next.Before(end) && err == nil && ctx.Err() == nil; {
		time.Sleep(time.Until(next))
		start := time.Now()
		_, err = a.request(0, "Add", addOne)
		took = append(took, time.Since(start))
		next = slices.MaxFunc([]time.Time{next.Add(askEvery), time.Now()}, time.Time.Compare)
	}
	return took, errors.Join(err, ctx.Err())
}

func (a *asker) close() error { return errors.Join(a.client.close(), a.server.stop()) }
