package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

const (
	danceRounds = 30
	danceWarmUp = 3
	dancesEach  = 10 // in turn, before the other side's
)

// benchDance measures whole subscriptions, from when one is asked for until both say that it is established.
func benchDance(ctx context.Context, r *report) (err error) {
	dir, gone, err := scratch()
	if err != nil {
		return err
	}
	defer gone()
	d := &dancers{}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.open(ctx, dir); err != nil {
		return err
	}
	return d.measure(r)
}

// dancers are a cloud on each of two servers, and what their owners see.
type dancers struct {
	servers  [2]*child
	asker    *client
	doorbell []byte // as argument
	seen     [2]*member
	bare     *child
	toBare   *poster
}

func (d *dancers) open(ctx context.Context, dir string) (err error) {
	var at address
	if d.bare, err = spawnBareCloud(ctx, &at, dir); err != nil {
		return err
	}
	if d.toBare, err = dialPoster(at.Addr); err != nil {
		return err
	}
	for i, owner := range []string{"alice", "bob"} {
		if err := d.join(ctx, i, owner, filepath.Join(dir, owner)); err != nil {
			return err
		}
	}
	return nil
}

// join starts a server, and shows what an owner there sees. The second one's doorbell is asked by the first.
func (d *dancers) join(ctx context.Context, i int, owner, data string) (err error) {
	var at address
	if d.servers[i], err = spawn(ctx, &at, "cloud", data); err != nil {
		return err
	}
	doorbell, err := tellCloud(at.Addr, data, owner, "Ring", none)
	if err != nil {
		return err
	}
	token, err := mint(data, owner)
	if err != nil {
		return err
	}
	ca := cloudCA(owner)
	if d.seen[i], err = subscribe(at.Addr, token, ca.String()+"/subscriptions"); err != nil {
		return err
	}
	if i == 0 {
		d.asker, err = connect(at.Addr, token, "dance", "run-of-the-dance-0001", []name.Name{ca})
		return err
	}
	d.doorbell = arguments(doorbell)
	return nil
}

// measure takes dances and what they can't do without in turn, round by round.
func (d *dancers) measure(r *report) error {
	var took, bare []time.Duration
	var each []float64
	for round := range danceRounds + danceWarmUp {
		var ours, limit []time.Duration
		err := d.profiled(func() (err error) {
			ours, err = d.times(d.dance)
			return err
		})
		if err == nil {
			limit, err = d.times(d.least)
		}
		if err != nil {
			return err
		}
		if round < danceWarmUp {
			continue
		}
		took, bare = append(took, ours...), append(bare, limit...)
		each = append(each, float64(quantile(ours, 0.5))/float64(quantile(limit, 0.5)))
		r.say("%.2f ms; bare %.2f ms", milliseconds(quantile(ours, 0.5)), milliseconds(quantile(limit, 0.5)))
	}
	r.add("p50_ms", milliseconds(quantile(took, 0.5)), "ms")
	r.add("p99_ms", milliseconds(quantile(took, 0.99)), "ms")
	r.add("bare_p50_ms", milliseconds(quantile(bare, 0.5)), "ms")
	r.add("bare_p99_ms", milliseconds(quantile(bare, 0.99)), "ms")
	r.add("ratio", median(each), "ratio")
	r.note("From when one owner asks until the maps of both say established. bare is three HTTP round trips and four commits, one after the other.")
	return nil
}

func (d *dancers) profiled(do func() error) error {
	return d.servers[0].profiled("dance-asker", func() error { return d.servers[1].profiled("dance-asked", do) })
}

func (d *dancers) times(one func() (time.Duration, error)) (all []time.Duration, err error) {
	for range dancesEach {
		took, err := one()
		if err != nil {
			return nil, err
		}
		all = append(all, took)
	}
	return all, nil
}

// dance makes one subscription, and ends it.
func (d *dancers) dance() (took time.Duration, err error) {
	start := time.Now()
	id, err := d.asker.text("Connect", d.doorbell)
	if err != nil {
		return 0, err
	}
	for _, m := range d.seen {
		if err := m.awaits(id, true); err != nil {
			return 0, err
		}
	}
	took = time.Since(start)
	if _, err := d.asker.request(0, "End", arguments(id)); err != nil {
		return 0, err
	}
	for _, m := range d.seen {
		if err := m.awaits(id, false); err != nil {
			return 0, err
		}
	}
	return took, nil
}

// awaits reads what an owner sees until it tells of a subscription that it is established, or that there is none.
func (m *member) awaits(id string, established bool) error {
	for {
		b, err := m.read()
		switch {
		case err != nil:
			return err
		case wire.Kind(b) != wire.KindMapDelta:
			return fmt.Errorf("an unexpected frame: %x", b)
		case bytes.Contains(b, []byte(id)) && bytes.Contains(b, []byte("established")) == established && bytes.Contains(b, []byte("state")) == established:
			return nil
		}
	}
}

// least is what a dance can't do without.
func (d *dancers) least() (took time.Duration, err error) {
	start := time.Now()
	for _, commits := range []string{"2", "1", "1"} {
		if err := d.toBare.post("/"+commits+"/0/", cloudBody); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}

func (d *dancers) close() (err error) {
	if d.asker != nil {
		err = d.asker.close()
	}
	for _, m := range d.seen {
		if m != nil {
			err = errors.Join(err, m.close())
		}
	}
	if d.toBare != nil {
		err = errors.Join(err, d.toBare.close())
	}
	for _, c := range []*child{d.servers[0], d.servers[1], d.bare} {
		if c != nil {
			err = errors.Join(err, c.stop())
		}
	}
	return err
}
