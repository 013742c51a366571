package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

const (
	fanKeys     = 1000 // that are changed in turn
	fanText     = 94   // bytes of a value, so that a frame has 128
	fanInFlight = 32   // changes, at saturation
	fanFull     = time.Second
	fanBare     = 300 * time.Millisecond
	fanPings    = 15 * time.Second
)

// fanLevel is how many sockets listen, and how they are treated.
type fanLevel struct {
	sockets int
	rounds  int
	commits int // a round
	every   time.Duration
	full    int // rounds at saturation
}

var fanLevels = []fanLevel{
	{1000, 7, 6, 200 * time.Millisecond, 5},
	{10_000, 6, 4, 500 * time.Millisecond, 0},
}

// benchMapFanout measures what it costs to bring one CA's changes to many replicas, against a bare loop of writes.
func benchMapFanout(ctx context.Context, r *report) error {
	for _, level := range fanLevels {
		if err := fanOut(ctx, r, level, &mapNews); err != nil {
			return err
		}
	}
	r.note("deliver_us is the server's CPU, user and system, for one change at one replica: the change's request, commit and encoding included.")
	r.note("bare_us is that of a process that writes a frame of the same size to as many sockets with net.Conn.Write, and does nothing else.")
	r.note("At saturation %d changes are in flight; joined_changes of them leave in one write, and the bare loop joins as many frames.", fanInFlight)
	return nil
}

// news are what goes out to an audience, and how it is made.
type news struct {
	follow  string                     // a map, or a topic
	prepare func(writer *client) error // before anybody follows
	method  string                     // of fanCA
	args    func(n int) []byte         // of its n-th call
}

var mapNews = news{
	follow: fanCA.String() + "/" + boardMap,
	prepare: func(writer *client) error {
		_, err := writer.request(0, "Share", none)
		if err == nil {
			_, err = writer.request(0, "Fill", arguments(0, fanKeys))
		}
		return err
	},
	method: "Put",
	args:   func(n int) []byte { return arguments(n%fanKeys, fmt.Sprintf("%0*d", fanText, n)) },
}

func fanOut(ctx context.Context, r *report, level fanLevel, of *news) (err error) {
	dir, gone, err := scratch()
	if err != nil {
		return err
	}
	defer gone()
	s := &fanSides{level: level, news: of}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.open(ctx, dir); err != nil {
		return err
	}
	r.say("%d sockets follow, and as many listen to the bare loop; frames of %d bytes", level.sockets, s.bytes)
	if err := s.gentle(ctx, r); err != nil {
		return err
	}
	return s.saturated(ctx, r)
}

// fanSides are a server with a writer, the bare loop, and an audience for each, all but the writer in processes of their own.
type fanSides struct {
	*news
	level             fanLevel
	server, fan       *child
	readers, onlooker *child
	writer            *client
	n                 int // changes so far
	bytes             int64
	pinged            time.Time
}

var fanCA = boardCA("alice")

func (s *fanSides) open(ctx context.Context, dir string) (err error) {
	data := filepath.Join(dir, "data")
	var ours, bare address
	if s.server, err = spawn(ctx, &ours, "serve", data); err != nil {
		return err
	}
	if s.fan, err = spawn(ctx, &bare, "fan", itoa(s.level.sockets)); err != nil {
		return err
	}
	token, err := mint(data, fanCA.Owner)
	if err != nil {
		return err
	}
	if s.writer, err = connect(ours.Addr, token, "bench", "run-of-the-writer-0001", []name.Name{fanCA}); err != nil {
		return err
	}
	if err = s.prepare(s.writer); err != nil {
		return err
	}
	n := itoa(s.level.sockets)
	if s.readers, err = spawn(ctx, nil, "audience", ours.Addr, n, data, s.follow); err != nil {
		return err
	}
	if s.onlooker, err = spawn(ctx, nil, "audience", bare.Addr, n); err != nil {
		return err
	}
	return s.size()
}

// size makes a first change, so that the bare loop writes frames of the same size, and both are warm.
func (s *fanSides) size() error {
	h, err := s.change()
	if err != nil {
		return err
	}
	s.bytes = h.Bytes
	if err := s.fan.ask(nil, "size", s.bytes); err != nil {
		return err
	}
	_, err = s.bare()
	return err
}

// change has the writer change one entry, and waits until all have it.
func (s *fanSides) change() (h heard, err error) {
	start := time.Now().UnixMicro()
	if _, err = s.writer.request(0, s.method, s.next()); err != nil {
		return h, err
	}
	err = s.readers.ask(&h, "hear", 1, start)
	return h, err
}

// next are the arguments of the next change.
func (s *fanSides) next() []byte {
	s.n++
	return s.args(s.n)
}

// bare has the loop write one frame to each.
func (s *fanSides) bare() (h heard, err error) {
	start := time.Now().UnixMicro()
	if err = s.fan.ask(nil, "write"); err != nil {
		return h, err
	}
	err = s.onlooker.ask(&h, "hear", 1, start)
	return h, err
}

// fanSlot is what some changes cost one side.
type fanSlot struct {
	cpu time.Duration
	n   int64   // deliveries
	ms  float64 // the median of the changes' 99th percentiles
}

func (f fanSlot) micros() float64 { return float64(f.cpu) / float64(time.Microsecond) / float64(f.n) }

// slot makes changes at the level's pace.
func (s *fanSides) slot(ctx context.Context, of *child, change func() (heard, error)) (f fanSlot, err error) {
	before, err := of.cpu()
	if err != nil {
		return f, err
	}
	pace := time.NewTicker(s.level.every)
	defer pace.Stop()
	var ms []float64
	for range s.level.commits {
		h, err := change()
		if err != nil {
			return f, err
		}
		f.n += h.Changes
		ms = append(ms, h.Ms)
		select {
		case <-pace.C:
		case <-ctx.Done():
			return f, ctx.Err()
		}
	}
	after, err := of.cpu()
	f.cpu, f.ms = after-before, median(ms)
	return f, err
}

// gentle compares a few changes a second.
func (s *fanSides) gentle(ctx context.Context, r *report) error {
	var ours, bare, ratio, ms, bareMs []float64
	for range s.level.rounds {
		if err := s.ping(); err != nil {
			return err
		}
		var a, b fanSlot
		err := s.server.profiled(s.metric(s.method+"-fanout"), func() (err error) { a, err = s.slot(ctx, s.server, s.change); return err })
		if err == nil {
			b, err = s.slot(ctx, s.fan, s.bare)
		}
		if err != nil {
			return err
		}
		r.say("a delivery: %.1f µs, bare %.1f µs: %.2f; all have it after %.0f ms, bare %.0f ms", a.micros(), b.micros(), a.micros()/b.micros(), a.ms, b.ms)
		ours, bare, ratio = append(ours, a.micros()), append(bare, b.micros()), append(ratio, a.micros()/b.micros())
		ms, bareMs = append(ms, a.ms), append(bareMs, b.ms)
	}
	r.add(s.metric("deliver_us"), median(ours), "µs")
	r.add(s.metric("bare_us"), median(bare), "µs")
	r.add(s.metric("ratio_to_bare"), median(ratio), "ratio")
	r.add(s.metric("p99_ms"), median(ms), "ms")
	r.add(s.metric("bare_p99_ms"), median(bareMs), "ms")
	return nil
}

func (s *fanSides) metric(what string) string { return what + "_" + itoa(s.level.sockets) }

// ping keeps the replicas' connections alive, between rounds.
func (s *fanSides) ping() error {
	if time.Since(s.pinged) < fanPings {
		return nil
	}
	s.pinged = time.Now()
	return s.readers.ask(nil, "ping")
}

// saturated changes as much as goes, and compares with as many frames in each of the bare loop's writes.
func (s *fanSides) saturated(ctx context.Context, r *report) error {
	var perCore, ratio, joins, rate []float64
	for range s.level.full {
		if err := s.ping(); err != nil {
			return err
		}
		var f full
		err := s.server.profiled(s.metric(s.method+"-saturated"), func() (err error) { f, err = s.changeAll(ctx); return err })
		if err != nil {
			return err
		}
		var limit slot
		if err := s.fan.ask(&limit, "joined", f.join(), fanBare.Milliseconds()); err != nil {
			return err
		}
		var h heard
		if err := s.onlooker.ask(&h, "hear", limit.Operations, time.Now().UnixMicro()); err != nil {
			return err
		}
		bare := float64(h.Changes) / limit.CPU.Seconds()
		r.say("%.0f changes/s, %d in a write: %.0f deliveries a second of CPU, bare %.0f: %.2f", f.rate, f.join(), f.perCore(), bare, f.perCore()/bare)
		perCore, ratio = append(perCore, f.perCore()), append(ratio, f.perCore()/bare)
		joins, rate = append(joins, f.joined()), append(rate, f.rate)
	}
	if len(ratio) == 0 {
		return nil
	}
	r.add(s.metric("saturation_ratio"), median(ratio), "ratio")
	r.add(s.metric("per_s_core"), median(perCore), "1/s")
	r.add(s.metric("changes_per_s"), median(rate), "1/s")
	r.add(s.metric("joined_changes"), median(joins), "1")
	return nil
}

// full is what changes at full speed gave.
type full struct {
	heard
	cpu    time.Duration
	writes int64   // system calls
	rate   float64 // changes a second
}

func (f full) perCore() float64 { return float64(f.Changes) / f.cpu.Seconds() }

func (f full) joined() float64 { return float64(f.Changes) / float64(max(1, f.writes)) }

func (f full) join() int { return max(1, int(math.Round(f.joined()))) }

// changeAll keeps changes in flight for a while, then waits until all have them.
func (s *fanSides) changeAll(ctx context.Context) (f full, err error) {
	before, writes, err := s.spent()
	if err != nil {
		return f, err
	}
	start, n := time.Now(), s.n
	if err := s.pipeline(fanInFlight, func() bool { return ctx.Err() == nil && time.Since(start) < fanFull }); err != nil {
		return f, err
	}
	f.rate = float64(s.n-n) / time.Since(start).Seconds()
	if err := s.readers.ask(&f.heard, "hear", s.n-n, start.UnixMicro()); err != nil {
		return f, err
	}
	after, all, err := s.spent()
	f.cpu, f.writes = after-before, all-writes
	return f, err
}

// spent is the server's CPU and system calls that write, so far.
func (s *fanSides) spent() (cpu time.Duration, writes int64, err error) {
	if err = s.server.ask(&writes, "writes"); err == nil {
		cpu, err = s.server.cpu()
	}
	return cpu, writes, err
}

// pipeline has so many changes in flight as long as there are to be more.
func (s *fanSides) pipeline(inFlight int, more func() bool) error {
	w := s.writer
	for flying := 0; ; {
		for ; flying < inFlight && more(); flying++ {
			w.id++
			f := wire.Request{Ch: 0, ID: w.id, Floor: w.id - uint64(flying), Method: s.method, Args: s.next()}
			if err := w.write(f.Append(w.begin())); err != nil {
				return err
			}
		}
		if flying == 0 {
			return nil
		}
		b, err := w.read()
		if err != nil {
			return err
		}
		if wire.Kind(b) != wire.KindReply {
			return refusal(b)
		}
		flying--
	}
}

func (s *fanSides) close() (err error) {
	if s.writer != nil {
		err = s.writer.close()
	}
	for _, c := range []*child{s.readers, s.onlooker, s.server, s.fan} {
		if c != nil {
			err = errors.Join(err, c.stop())
		}
	}
	return err
}
