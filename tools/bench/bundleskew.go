package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wabgo/wab/internal/account"
	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

const (
	skewAhead    = 2 * time.Second
	skewPatience = 10 * time.Second // how long after it what is missing is waited for
)

// skewLevel is how many devices hear of a post, and how.
type skewLevel struct {
	name   string
	owners int
	each   int // devices of an owner, all behind one socket
	fill   string
	post   string
	answer bool          // devices report to their CAs
	ahead  time.Duration // how long before its instant the post is made
}

var skewLevels = []skewLevel{
	{"10k", 10_000, 1, "join", "Post", true, skewAhead},
	{"100k", 400, 250, "trust", "PostBundle", false, skewAhead},
}

func (l skewLevel) devices() int { return l.owners * l.each }

// benchBundleSkew measures how far apart devices act that have been given the same instant.
func benchBundleSkew(ctx context.Context, r *report) error {
	var total skewCost
	for _, level := range skewLevels {
		cost, err := skew(ctx, r, level)
		if err != nil {
			return err
		}
		total.add(cost)
	}
	r.add("cpu_s", total.cpu.Seconds(), "s")
	r.add("rss_mb", float64(total.resident)/(1<<20), "MB")
	r.add("simulator_lag_p99_ms", milliseconds(quantile(total.lags, 0.99)), "ms")
	r.note("The devices' clocks and ways are simulated, and their %d pings were made in virtual time, in the 28 s before each post; clocksync and bundle are the real code.", warmUpPings)
	r.note("10k: each device has a socket of its own, with its own token, mirrors its bundles and reports. 100k: %d sockets, on which %d devices follow the topic, each by", skewLevels[1].owners, skewLevels[1].each)
	r.note("the policy of a CA of its own. reach_ms is from the post until the last socket has it. cpu_s is the server's, user and system, for both posts with all that follows; rss_mb is")
	r.note("its resident memory, the larger of the two. Late are devices that refused or dropped the bundle, or never ran all of it; skews are of what ran.")
	return nil
}

// skewCost is what the posts cost the server, and how late the simulator was.
type skewCost struct {
	cpu      time.Duration
	resident int64 // the most, bytes
	lags     []time.Duration
}

func (c *skewCost) add(other skewCost) {
	c.cpu += other.cpu
	c.resident = max(c.resident, other.resident)
	c.lags = append(c.lags, other.lags...)
}

func skew(ctx context.Context, r *report, level skewLevel) (cost skewCost, err error) {
	dir, gone, err := scratch()
	if err != nil {
		return cost, err
	}
	defer gone()
	s := &skewRun{level: level}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.open(ctx, r, dir); err != nil {
		return cost, err
	}
	if err := s.warm(ctx, r); err != nil {
		return cost, err
	}
	shown, cost, err := s.measure(ctx, r)
	if err != nil {
		return cost, err
	}
	r.add("p50_ms_"+level.name, milliseconds(quantile(shown.skews, 0.5)), "ms")
	r.add("p99_ms_"+level.name, milliseconds(quantile(shown.skews, 0.99)), "ms")
	r.add("late_"+level.name, float64(shown.late), "devices")
	return cost, nil
}

// skewRun is a server in a child, and a fleet at the other end of its sockets.
type skewRun struct {
	level   skewLevel
	server  *child
	poster  *client
	lines   []*gadgetLine
	fleet   *fleet
	reports atomic.Int64 // unanswered
	told    chan struct{}
	failed  atomic.Pointer[error]
	readers sync.WaitGroup
}

func (s *skewRun) open(ctx context.Context, r *report, dir string) (err error) {
	var at address
	if s.server, err = spawn(ctx, &at, "homes", dir); err != nil {
		return err
	}
	tokens, err := openTokens(filepath.Join(dir, "data"))
	if err != nil {
		return err
	}
	if err := s.openPoster(at.Addr, tokens); err != nil {
		return err
	}
	if err := s.server.ask(nil, s.level.fill, s.level.owners, s.level.each); err != nil {
		return err
	}
	r.say("%d CAs of %d owners are there", s.level.devices(), s.level.owners)
	if err := s.connect(at.Addr, dir, tokens); err != nil {
		return err
	}
	r.say("their devices listen, by %d sockets", len(s.lines))
	return nil
}

// rest waits until the CAs have left memory, as those of devices that have nothing to do.
func (s *skewRun) rest(ctx context.Context) error {
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for {
		var active float64
		if err := s.server.ask(&active, "active"); err != nil || active == 0 {
			return err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// openPoster connects who posts. The first post makes the topic.
func (s *skewRun) openPoster(addr string, tokens *account.Issuer) error {
	token, err := tokens.Mint(homePoster.Owner, policy.Scope{}, time.Hour)
	if err != nil {
		return err
	}
	if s.poster, err = connect(addr, token, "bench", "run-of-the-poster-0001", []name.Name{homePoster}); err != nil {
		return err
	}
	_, err = s.poster.request(0, s.level.post, arguments(1))
	return err
}

func openTokens(data string) (*account.Issuer, error) { return account.OpenIssuer(data, clock.Real()) }

// connect opens a line for each owner.
func (s *skewRun) connect(addr, dir string, tokens *account.Issuer) error {
	s.lines = make([]*gadgetLine, s.level.owners)
	open := func(i int) (*gadgetLine, error) {
		token, err := tokens.Mint(homeOwner(i), policy.Scope{}, time.Hour)
		if err != nil {
			return nil, err
		}
		return topicLine(addr, token, homeOwner(i), s.level.each)
	}
	if s.level.answer {
		text, err := os.ReadFile(filepath.Join(dir, homeTokens))
		if err != nil {
			return err
		}
		of := strings.Split(string(text), "\n")
		open = func(i int) (*gadgetLine, error) { return mapLine(addr, of[i], homeCA(homeOwner(i), 0)) }
	}
	return inParallel(len(s.lines), audienceDials, func(i int) (err error) {
		s.lines[i], err = open(i)
		return err
	})
}

// warm makes the fleet, when nothing else is going on, and keeps the sockets open meanwhile.
func (s *skewRun) warm(ctx context.Context, r *report) error {
	meanwhile, end := context.WithCancel(ctx)
	var kept sync.WaitGroup
	kept.Go(func() { s.keep(meanwhile) })
	defer kept.Wait()
	defer end()
	if err := s.rest(ctx); err != nil {
		return err
	}
	s.simulate()
	r.say("%d devices have compared clocks %d times", s.level.devices(), warmUpPings)
	return nil
}

// simulate makes the fleet, which is warm from now on.
func (s *skewRun) simulate() {
	const each = 100 * time.Microsecond // what it takes to simulate a device's pings, about twice
	start := time.Now().Add(time.Duration(s.level.devices()) * each)
	s.fleet = newFleet(s.level.devices(), clock.Micros(start))
	time.Sleep(time.Until(start))
}

// measure posts, and waits until all is over.
func (s *skewRun) measure(ctx context.Context, r *report) (shown showing, cost skewCost, err error) {
	s.begin()
	alive, end := context.WithCancel(ctx)
	defer end()
	s.fleet.run(alive)
	before, err := s.server.cpu()
	if err != nil {
		return shown, cost, err
	}
	posted := clock.Micros(time.Now())
	err = s.server.profiled("skew-"+s.level.name, func() error { return s.post(ctx) })
	if err != nil {
		return shown, cost, err
	}
	r.add("reach_ms_"+s.level.name, float64(s.fleet.heard.Load()-posted)/1000, "ms")
	if err := s.server.ask(&cost.resident, "resident"); err != nil {
		return shown, cost, err
	}
	after, err := s.server.cpu()
	end()
	s.fleet.wait()
	shown = s.fleet.show(buzzRuns)
	cost.cpu, cost.lags = after-before, shown.lags
	r.say("%.2f s of the server's CPU, %d MB", cost.cpu.Seconds(), cost.resident>>20)
	return shown, cost, err
}

// begin has the lines read from now on.
func (s *skewRun) begin() {
	s.told = make(chan struct{})
	if s.level.answer {
		s.reports.Store(int64(s.level.devices()))
		s.fleet.ended = func(i int, e bundle.Event) { s.fail(s.lines[i].report(e)) }
	} else {
		close(s.told)
	}
	for i, l := range s.lines {
		l.fleet, l.first = s.fleet, i*s.level.each
		l.told = func() {
			if s.reports.Add(-1) == 0 {
				close(s.told)
			}
		}
		s.readers.Go(func() { s.fail(l.follow()) })
	}
}

func (s *skewRun) fail(err error) {
	if err != nil {
		s.failed.CompareAndSwap(nil, &err)
	}
}

// keep pings all lines again and again until the context ends, which is before anything else is written to them.
func (s *skewRun) keep(ctx context.Context) {
	again := time.NewTicker(fanPings)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			s.fail(s.ping())
		case <-ctx.Done():
			return
		}
	}
}

func (s *skewRun) ping() error {
	err := s.poster.exchange(wire.Ping{T: 1}, wire.KindPong)
	for _, l := range s.lines {
		err = errors.Join(err, l.ping())
	}
	return err
}

// post has the devices act, and waits until all have, and their CAs know, or nothing can come any more.
func (s *skewRun) post(ctx context.Context) error {
	at := time.Now().Add(s.level.ahead)
	if _, err := s.poster.request(0, s.level.post, arguments(int(clock.Micros(at)))); err != nil {
		return err
	}
	patient, stop := context.WithTimeout(ctx, s.level.ahead+buzzFor+skewPatience)
	defer stop()
	for _, over := range []<-chan struct{}{s.fleet.over, s.told} {
		select {
		case <-over:
		case <-patient.Done():
		}
	}
	if err := s.failed.Load(); err != nil {
		return *err
	}
	return ctx.Err()
}

func (s *skewRun) close() (err error) {
	if s.poster != nil {
		err = s.poster.close()
	}
	for _, l := range s.lines {
		if l != nil {
			err = errors.Join(err, l.close())
		}
	}
	s.readers.Wait()
	if s.server != nil {
		err = errors.Join(err, s.server.stop())
	}
	return err
}
