package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/store/pebblestore"
	"github.com/wabgo/wab/server"
)

// pubsubLevels are how many CAs follow a topic, and how many messages they get one by one.
var pubsubLevels = []struct{ cas, posts int }{{1000, 21}, {10_000, 9}}

// benchPubsubCA measures how soon one message has changed the state of all CAs that follow a topic, and what that costs.
func benchPubsubCA(ctx context.Context, r *report) error {
	for _, level := range pubsubLevels {
		if err := spreadWord(ctx, r, level.cas, level.posts); err != nil {
			return err
		}
	}
	r.note("last_* is from when a CA is asked to publish until the change of the last of those that follow is durable. cpu_us is user and system of this process")
	r.note("for each of them: the publisher's and the topic's share, handlers, commits. bare_us is bare Pebble with the same keys and bytes, one merging committer.")
	return nil
}

func spreadWord(ctx context.Context, r *report, n, posts int) (err error) {
	dir, gone, err := scratch()
	if err != nil {
		return err
	}
	defer gone()
	a, err := gatherFollowers(ctx, dir, n)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	r.say("%d CAs follow a topic", n)
	a.record.start()
	if _, err := a.post(ctx); err != nil {
		return err
	}
	recorded := a.record.stop()
	b, err := openBare(filepath.Join(dir, "bare"), recorded)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	return a.measure(ctx, r, b, posts)
}

// followers are a server with a publisher and CAs that follow it.
type followers struct {
	*local
	cas []name.Name
	n   int // messages so far
}

func followerCA(owner string) name.Name {
	return name.Name{App: followerApp.Name, Owner: owner, Local: "home"}
}

func gatherFollowers(ctx context.Context, dir string, n int) (*followers, error) {
	// A clock that stands still: no CA leaves memory, and nothing is written beside what is asked for.
	a := &followers{}
	l, err := openLocal(dir, server.Options{Clock: clock.NewFake(time.Now())}, pebblestore.Options{})
	if err != nil {
		return nil, err
	}
	a.local = l
	for i := range n {
		a.cas = append(a.cas, followerCA(fmt.Sprintf("owner%06d", i)))
	}
	if err := a.follow(ctx); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return a, nil
}

// follow has all of them follow, so many at a time that the topic turns none away: on a clock that stands still they would not come again.
func (a *followers) follow(ctx context.Context) error {
	for some := range slices.Chunk(a.cas, 500) {
		if err := a.load(500, some, "Follow", none).each(ctx, len(some)); err != nil {
			return err
		}
		if err := a.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// post publishes one message, and tells how long it took until all have handled it.
func (a *followers) post(ctx context.Context) (took time.Duration, err error) {
	a.n++
	a.tally.expect(len(a.cas) + 2) // the publisher's and the topic's own
	start := time.Now()
	if err := a.load(1, []name.Name{followerCA("poster")}, "Post", arguments(a.n)).each(ctx, 1); err != nil {
		return 0, err
	}
	select {
	case <-a.tally.reached:
		return time.Since(start), nil
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(time.Minute):
		return 0, fmt.Errorf("%d of %d CAs have not handled a message after a minute", a.tally.left.Load(), len(a.cas))
	}
}

func (a *followers) measure(ctx context.Context, r *report, b *bare, posts int) error {
	var took []time.Duration
	var ours, bare, ratio []float64
	for range posts {
		s, err := measure(cpuUsed, func() (int64, error) {
			d, err := a.post(ctx)
			took = append(took, d)
			return int64(len(a.cas)), err
		})
		if err != nil {
			return err
		}
		if err := a.settle(ctx); err != nil {
			return err
		}
		limit, err := measure(cpuUsed, func() (int64, error) {
			return int64(len(a.cas)), b.load(1024, keys(a.cas)).each(ctx, len(a.cas))
		})
		if err != nil {
			return err
		}
		ours, bare = append(ours, s.cpuMicros()), append(bare, limit.cpuMicros())
		ratio = append(ratio, s.cpuMicros()/limit.cpuMicros())
		r.say("the last of %d after %.1f ms; %.1f µs each, bare commits %.1f µs", len(a.cas), milliseconds(took[len(took)-1]), s.cpuMicros(), limit.cpuMicros())
	}
	n := itoa(len(a.cas))
	r.add("last_p50_ms_"+n, milliseconds(quantile(took, 0.5)), "ms")
	r.add("last_p99_ms_"+n, milliseconds(quantile(took, 0.99)), "ms")
	r.add("cpu_us_"+n, median(ours), "µs")
	r.add("bare_us_"+n, median(bare), "µs")
	r.add("cpu_ratio_to_store_"+n, median(ratio), "ratio")
	if len(a.cas) == pubsubLevels[len(pubsubLevels)-1].cas {
		r.add("cpu_us", median(ours), "µs")
	}
	return nil
}
