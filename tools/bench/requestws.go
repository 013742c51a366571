package main

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/store/pebblestore"
	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/server"
)

const (
	wsRounds = 11
	wsSlot   = 700 * time.Millisecond
	wsWarmUp = time.Second
)

// benchRequestWS measures changes over WebSockets against their parts: a WebSocket echo, and a commit to Pebble.
func benchRequestWS(ctx context.Context, r *report) error {
	dir, gone, err := scratch()
	if err != nil {
		return err
	}
	defer gone()
	p, err := openParts(ctx, dir)
	if err != nil {
		return errors.Join(err, p.close())
	}
	r.say("%d sockets, %d CAs; request %d bytes, reply %d bytes, commit %d keys and %d bytes",
		crowdSockets, crowdCAs, p.request, p.reply, p.keys, p.bytes)
	if err := p.measure(ctx, r); err != nil {
		return errors.Join(err, p.close())
	}
	return p.close()
}

// parts are the three processes that are compared.
type parts struct {
	server  *hosted
	echo    *child
	echoed  *crowd
	bare    *child
	both    *child
	joined  *crowd // the sockets of both
	request int    // bytes of a frame
	reply   int
	keys    int // of a commit
	bytes   int
}

func openParts(ctx context.Context, dir string) (p *parts, err error) {
	p = &parts{}
	recorded, err := recordRequests(ctx, filepath.Join(dir, "record"))
	if err != nil {
		return p, err
	}
	p.size(recorded)
	file := filepath.Join(dir, "writes")
	if err := writeWrites(file, recorded); err != nil {
		return p, err
	}
	if p.server, err = host(ctx, dir); err != nil {
		return p, err
	}
	if p.bare, err = spawn(ctx, nil, "bare", dir, file); err != nil {
		return p, err
	}
	var at address
	if p.echo, err = spawn(ctx, &at, "echo", itoa(p.reply)); err != nil {
		return p, err
	}
	if p.echoed, err = joinEcho(at.Addr); err != nil {
		return p, err
	}
	if p.both, err = spawn(ctx, &at, "both", dir, file, itoa(p.reply)); err != nil {
		return p, err
	}
	p.joined, err = joinEcho(at.Addr)
	return p, err
}

// size finds the bytes that are typical: of a request and a reply somewhere in the run, and of a recorded commit.
func (p *parts) size(recorded []store.Write) {
	const typical = 5000 // the id of a request in the middle, and what a counter stands at
	result := []byte{0x19, typical >> 8, typical & 0xff}
	p.request = len(wire.Request{Ch: 1, ID: typical, Floor: typical, Method: "Add", Args: addOne}.Append(nil))
	p.reply = len(wire.Reply{Ch: 1, ID: typical, Result: result}.Append(nil))
	for _, kv := range physical(recorded[0]) {
		p.keys++
		p.bytes += len(kv.Key) + len(kv.Value)
	}
}

// recordRequests has a server in this process do what the sockets will ask for, and returns the last write of each CA.
func recordRequests(ctx context.Context, dir string) ([]store.Write, error) {
	l, err := openLocal(dir, server.Options{}, pebblestore.Options{})
	if err != nil {
		return nil, err
	}
	l.record.start()
	for id := uint64(1); id <= 300 && err == nil; id++ { // numbers of three digits, as most are
		err = load{crowdCAs, func(i int, done func(error)) func(int) {
			return func(int) { l.bus.Request(crowdRequest(i, id, done)) }
		}}.each(ctx, crowdCAs)
	}
	return l.record.stop(), errors.Join(err, l.close())
}

func crowdRequest(i int, id uint64, done func(error)) bus.Request {
	to := crowdCA(i)
	return bus.Request{
		Caller: bus.Caller{Owner: to.Owner}, To: to, Method: "Add", Args: addOne,
		Key: bus.Key{Run: crowdRun(i), ID: id, Floor: id},
		Reply: func(r bus.Reply) {
			if r.Err != nil {
				done(r.Err)
				return
			}
			done(nil)
		},
	}
}

// measure takes the three in turn, round by round.
func (p *parts) measure(ctx context.Context, r *report) error {
	ours, echo := p.server.load("Add", addOne), p.echoed.echoes(p.request)
	if _, err := p.round(ctx, ours, echo, wsWarmUp); err != nil {
		return err
	}
	var rounds []wsRound
	for range wsRounds {
		one, err := p.round(ctx, ours, echo, wsSlot)
		if err != nil {
			return err
		}
		r.say("%.0f/s, %.1f µs; echo %.0f/s, %.1f µs; commit %.0f/s, %.1f µs: %.2f of the parts", one.ours.PerSecond, one.ours.cpuMicros(),
			one.echo.PerSecond, one.echo.cpuMicros(), one.bare.PerSecond, one.bare.cpuMicros(), one.ours.cpuMicros()/one.parts())
		rounds = append(rounds, one)
	}
	reportWS(r, rounds)
	return nil
}

type wsRound struct {
	ours, echo, bare, both slot
	plain                  slot // commits without our committer
	slowEcho, slowBare     slot // at the pace of ours
	p50, p99               time.Duration
}

func (w wsRound) parts() float64 { return w.echo.cpuMicros() + w.bare.cpuMicros() }

func (w wsRound) plainParts() float64 { return w.echo.cpuMicros() + w.plain.cpuMicros() }

func (w wsRound) pacedParts() float64 { return w.slowEcho.cpuMicros() + w.slowBare.cpuMicros() }

func (p *parts) round(ctx context.Context, ours, echo load, d time.Duration) (w wsRound, err error) {
	err = p.server.profiled("request-ws", func() error {
		w.ours, err = p.server.slot(ctx, p.server.child, ours, d)
		return err
	})
	if err != nil {
		return w, err
	}
	times := p.server.times()
	w.p50, w.p99 = quantile(times, 0.5), quantile(times, 0.99)
	if w.echo, err = p.echoed.slot(ctx, p.echo, echo, d); err != nil {
		return w, err
	}
	if err = p.bare.ask(&w.bare, "slot", crowdSockets, d.Milliseconds()); err != nil {
		return w, err
	}
	if err = p.bare.ask(&w.plain, "plain", crowdSockets, d.Milliseconds()); err != nil {
		return w, err
	}
	if w.both, err = p.joined.slot(ctx, p.both, p.joined.echoes(p.request), d); err != nil {
		return w, err
	}
	return w, p.pacedRound(ctx, &w, echo, d)
}

// pacedRound has each part do as much in a second as ours did, with as many in flight at most.
func (p *parts) pacedRound(ctx context.Context, w *wsRound, echo load, d time.Duration) (err error) {
	if w.slowEcho, err = p.echoed.slot(ctx, p.echo, echo.paced(w.ours.PerSecond), d); err != nil {
		return err
	}
	return p.bare.ask(&w.slowBare, "paced", crowdSockets, d.Milliseconds(), int(w.ours.PerSecond))
}

func reportWS(r *report, rounds []wsRound) {
	take := func(of func(wsRound) float64) float64 {
		var all []float64
		for _, w := range rounds {
			all = append(all, of(w))
		}
		return median(all)
	}
	r.add("per_s", take(func(w wsRound) float64 { return w.ours.PerSecond }), "1/s")
	r.add("p50_ms", take(func(w wsRound) float64 { return milliseconds(w.p50) }), "ms")
	r.add("p99_ms", take(func(w wsRound) float64 { return milliseconds(w.p99) }), "ms")
	r.add("cpu_us", take(func(w wsRound) float64 { return w.ours.cpuMicros() }), "µs")
	r.add("echo_cpu_us", take(func(w wsRound) float64 { return w.echo.cpuMicros() }), "µs")
	r.add("commit_cpu_us", take(func(w wsRound) float64 { return w.bare.cpuMicros() }), "µs")
	r.add("both_per_s", take(func(w wsRound) float64 { return w.both.PerSecond }), "1/s")
	r.add("both_cpu_us", take(func(w wsRound) float64 { return w.both.cpuMicros() }), "µs")
	r.add("ratio_to_both", take(func(w wsRound) float64 { return w.ours.cpuMicros() / w.both.cpuMicros() }), "ratio")
	r.add("echo_paced_cpu_us", take(func(w wsRound) float64 { return w.slowEcho.cpuMicros() }), "µs")
	r.add("commit_paced_cpu_us", take(func(w wsRound) float64 { return w.slowBare.cpuMicros() }), "µs")
	r.add("commit_plain_cpu_us", take(func(w wsRound) float64 { return w.plain.cpuMicros() }), "µs")
	r.add("ratio_to_parts_plain", take(func(w wsRound) float64 { return w.ours.cpuMicros() / w.plainParts() }), "ratio")
	r.add("ratio_to_parts_paced", take(func(w wsRound) float64 { return w.ours.cpuMicros() / w.pacedParts() }), "ratio")
	r.add("ratio_to_parts", take(func(w wsRound) float64 { return w.ours.cpuMicros() / w.parts() }), "ratio")
	r.note("cpu_us is user and system of the server's process. The parts: a process that echoes frames of the same sizes over")
	r.note("coder/websocket, and one that commits the same keys and bytes to bare Pebble, each as fast as it can; paced, each does as many a")
	r.note("second as the server did; plain, each commit is a batch and a sync of its own, as Pebble joins them. Both are one process that")
	r.note("echoes when such a commit is durable.")
}

func (p *parts) close() (err error) {
	for _, c := range []*crowd{p.echoed, p.joined} {
		if c != nil {
			err = errors.Join(err, c.close())
		}
	}
	if p.server != nil {
		err = errors.Join(err, p.server.close())
	}
	for _, c := range []*child{p.echo, p.bare, p.both} {
		if c != nil {
			err = errors.Join(err, c.stop())
		}
	}
	return err
}
