package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/store/pebblestore"
	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/server"
)

const (
	eventCAs      = 50
	eventInFlight = 32 // into one CA
	eventRounds   = 9
	eventSlot     = 400 * time.Millisecond
	eventWarmUp   = time.Second
)

// eventLevel is how many CAs events go to, and how many are in flight to each.
type eventLevel struct {
	cas, inFlight int
	name          string // ends the names of what is measured
}

var eventLevels = []eventLevel{{1, 1, "_1"}, {1, eventInFlight, "_32"}, {eventCAs, eventInFlight, "_50x32"}}

// benchEvents measures what comes by channels: events with ids of their own, over connections that are kept.
func benchEvents(ctx context.Context, r *report) (err error) {
	dir, gone, err := scratch()
	if err != nil {
		return err
	}
	defer gone()
	s := &eventSides{}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.open(ctx, dir); err != nil {
		return err
	}
	for _, level := range eventLevels {
		if err := s.compare(ctx, r, level); err != nil {
			return err
		}
	}
	r.note("cpu_us is user and system of the server's process, for one event. bare is a process with net/http and bare Pebble behind a merging committer,")
	r.note("which reads bodies of the same size, commits the same keys and bytes for each, and answers as many.")
	return nil
}

// eventSides are a server with clouds and the bare one, each in a process of its own, and the connections to both.
type eventSides struct {
	ours, bare     *child
	paths          []string // of events, by CA, before their ids
	oursAt, bareAt address
	toOurs, toBare []*poster
	sent           int64 // connections' batches so far, for ids that are not given twice
}

func (s *eventSides) open(ctx context.Context, dir string) (err error) {
	if err := s.openBare(ctx, dir); err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	if s.ours, err = spawn(ctx, &s.oursAt, "cloud", data); err != nil {
		return err
	}
	for i := range eventCAs {
		eci, err := tellCloud(s.oursAt.Addr, data, eventOwner(i), "Listen", none)
		if err != nil {
			return err
		}
		s.paths = append(s.paths, "/sky/event/"+eci+"/")
	}
	return nil
}

func eventOwner(i int) string { return fmt.Sprintf("owner%02d", i) }

// tellCloud calls a method of an owner's cloud, and returns the text that it does.
func tellCloud(addr, data, owner, method string, args []byte) (text string, err error) {
	token, err := mint(data, owner)
	if err != nil {
		return "", err
	}
	c, err := connect(addr, token, "bench", "run-of-the-bench-"+owner, []name.Name{cloudCA(owner)})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	return c.text(method, args)
}

// text calls a method of the first CA that returns one.
func (c *client) text(method string, args []byte) (string, error) {
	b, err := c.request(0, method, args)
	if err != nil {
		return "", err
	}
	f, err := wire.ParseReply(b)
	if err != nil {
		return "", err
	}
	r := cbor.NewReader(f.Result)
	text := r.Text()
	return text, r.Done()
}

func (s *eventSides) openBare(ctx context.Context, dir string) (err error) {
	s.bare, err = spawnBareCloud(ctx, &s.bareAt, dir)
	return err
}

// spawnBareCloud starts the limit: a process that writes and answers what a server was seen to for an event.
func spawnBareCloud(ctx context.Context, at *address, dir string) (*child, error) {
	recorded, answer, err := recordEvents(ctx, filepath.Join(dir, "recorded"))
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "writes")
	if err := writeWrites(file, recorded); err != nil {
		return nil, err
	}
	return spawn(ctx, at, "bare-cloud", dir, file, itoa(answer))
}

// recordEvents has a server in this process take events, and returns the last write of each CA and the length of an answer.
func recordEvents(ctx context.Context, dir string) (writes []store.Write, answer int, err error) {
	l, err := openLocal(dir, server.Options{}, pebblestore.Options{})
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	for i := range eventCAs {
		eci, err := l.listen(eventOwner(i))
		if err != nil {
			return nil, 0, err
		}
		const enough = 100 // for numbers that are as long as most are
		for n := range enough {
			if n == enough-1 && i == 0 {
				l.record.start()
			}
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/sky/event/"+eci+"/"+eventID(int64(i), n)+cloudEvent, strings.NewReader(cloudBody))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			if l.server.ServeHTTP(w, r); w.Code != http.StatusOK {
				return nil, 0, errors.New(w.Body.String())
			}
			answer = w.Body.Len()
		}
	}
	return l.record.stop(), answer, nil
}

// listen makes a cloud, and returns the ECI of its channel.
func (l *local) listen(owner string) (eci string, err error) {
	done := make(chan bus.Reply, 1)
	l.bus.Request(bus.Request{Caller: bus.Caller{Owner: owner}, To: cloudCA(owner), Method: "Listen", Args: none, Reply: func(r bus.Reply) { done <- r }})
	reply := <-done
	if reply.Err != nil {
		return "", reply.Err
	}
	r := cbor.NewReader(reply.Result)
	eci = r.Text()
	return eci, r.Done()
}

// eventID is an event's id, never given twice, of one length.
func eventID(batch int64, n int) string { return fmt.Sprintf("e%07d-%07d", batch, n) }

// connect makes the connections of a level, for servers end those that nobody uses.
func (s *eventSides) connect(n int) error {
	if err := s.disconnect(); err != nil {
		return err
	}
	s.toOurs, s.toBare = make([]*poster, n), make([]*poster, n)
	return inParallel(n, audienceDials, func(i int) (err error) {
		if s.toOurs[i], err = dialPoster(s.oursAt.Addr); err == nil {
			s.toBare[i], err = dialPoster(s.bareAt.Addr)
		}
		return err
	})
}

// load has as many clients as there are events in flight, each with a connection of its own.
func (l eventLevel) load(batch *int64, over []*poster, path func(ca int) string) load {
	return load{l.cas * l.inFlight, func(i int, done func(error)) func(int) {
		mine := *batch*eventCAs*eventInFlight + int64(i)
		to := path(i % l.cas)
		return func(n int) { done(over[i].post(to+eventID(mine, n)+cloudEvent, cloudBody)) }
	}}
}

// eventFigures are what the rounds of a level came to: of ours and of the bare one, events in a second and CPU for one.
type eventFigures struct{ rates, limits, cpu, bareCPU []float64 }

func (f *eventFigures) add(ours, bare slot) {
	f.rates, f.limits = append(f.rates, ours.PerSecond), append(f.limits, bare.PerSecond)
	f.cpu, f.bareCPU = append(f.cpu, ours.cpuMicros()), append(f.bareCPU, bare.cpuMicros())
}

func (f *eventFigures) report(r *report, level eventLevel) {
	r.add("per_s"+level.name, median(f.rates), "1/s")
	r.add("bare"+level.name+"_per_s", median(f.limits), "1/s")
	r.add("ratio"+level.name, median(ratios(f.rates, f.limits)), "ratio")
	of := level.name
	if level.cas == 1 && level.inFlight == eventInFlight {
		of = "" // the one that is told first
	}
	r.add("cpu_us"+of, median(f.cpu), "µs")
	r.add("bare_cpu_us"+of, median(f.bareCPU), "µs")
}

// compare measures both sides in turn, round by round.
func (s *eventSides) compare(ctx context.Context, r *report, level eventLevel) error {
	if err := s.connect(level.cas * level.inFlight); err != nil {
		return err
	}
	ours := level.load(&s.sent, s.toOurs, func(ca int) string { return s.paths[ca] })
	bare := level.load(&s.sent, s.toBare, func(ca int) string { return "/1/" + strconv.Itoa(ca) + "/" })
	if _, _, err := s.round(ctx, level, ours, bare, eventWarmUp); err != nil {
		return err
	}
	var f eventFigures
	for range eventRounds {
		x, y, err := s.round(ctx, level, ours, bare, eventSlot)
		if err != nil {
			return err
		}
		r.say("%d × %d in flight: %.0f/s, %.1f µs; bare %.0f/s, %.1f µs: %.2f", level.cas, level.inFlight, x.PerSecond, x.cpuMicros(), y.PerSecond, y.cpuMicros(), x.PerSecond/y.PerSecond)
		f.add(x, y)
	}
	f.report(r, level)
	return nil
}

// round measures each side once.
func (s *eventSides) round(ctx context.Context, level eventLevel, ours, bare load, d time.Duration) (x, y slot, err error) {
	err = s.ours.profiled("events-per_s"+level.name, func() (err error) {
		x, err = s.slot(ctx, s.ours, ours, d)
		return err
	})
	if err == nil {
		y, err = s.slot(ctx, s.bare, bare, d)
	}
	return x, y, err
}

func (s *eventSides) slot(ctx context.Context, of *child, l load, d time.Duration) (slot, error) {
	s.sent++
	limited, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	x, err := measure(of.cpu, func() (int64, error) { return l.until(limited) })
	if err == nil {
		err = ctx.Err()
	}
	return x, err
}

func (s *eventSides) disconnect() (err error) {
	for _, all := range [][]*poster{s.toOurs, s.toBare} {
		for _, p := range all {
			if p != nil {
				err = errors.Join(err, p.close())
			}
		}
	}
	s.toOurs, s.toBare = nil, nil
	return err
}

func (s *eventSides) close() error {
	err := s.disconnect()
	for _, c := range []*child{s.ours, s.bare} {
		if c != nil {
			err = errors.Join(err, c.stop())
		}
	}
	return err
}
