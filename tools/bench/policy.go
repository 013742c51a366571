package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/store/pebblestore"
	"github.com/wabgo/wab/server"
)

const (
	groupMembers = 100_000
	groupLinks   = 3
	policyRounds = 11
	policyAsks   = 20_000 // decisions a round
	policyAsked  = 4096   // principals, in turn: more than a processor's nearest caches hold of a group
)

// band is a CA with one group, members.
type band struct{ N int }

var bandApp = server.App{Name: "band", New: func() server.CA { return new(band) }}

// Fill adds members, named after the CA that takes them, "one-17" for instance.
func (b *band) Fill(tx *server.Tx, from, n int) error {
	for i := from; i < from+n; i++ {
		if err := tx.Map("members").Set(memberOf(tx.Self().Owner, i), true); err != nil {
			return err
		}
	}
	return nil
}

func memberOf(owner string, i int) string { return fmt.Sprintf("%s-%d", owner, i) }

// Link has the members of another band be members of this one.
func (b *band) Link(tx *server.Tx, to string) error { return tx.Map("members").Set(to, true) }

// Share lets a CA read the members.
func (b *band) Share(tx *server.Tx, with string) error {
	return tx.Allow(server.Principal(with), "members")
}

// Play is what members may do.
func (b *band) Play(tx *server.Tx) { b.N++ }

// Admit lets the members play.
func (b *band) Admit(tx *server.Tx) error {
	return tx.Allow(server.Group("members").Depth(groupLinks+1), "Play")
}

// benchPolicy measures what a decision over groups costs.
func benchPolicy(ctx context.Context, r *report) (err error) {
	dir, gone, err := scratch()
	if err != nil {
		return err
	}
	defer gone()
	t, err := openBands(ctx, dir, r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	return t.measure(ctx, r)
}

// bands is a server with a chain of linked groups; the first CA lets their members in.
type bands struct {
	server *server.Server
	store  *pebblestore.Store
	owners []string
}

func openBands(ctx context.Context, dir string, r *report) (*bands, error) {
	opened, err := pebblestore.Open(filepath.Join(dir, "store"), pebblestore.Options{})
	if err != nil {
		return nil, err
	}
	t := &bands{store: opened}
	data := filepath.Join(dir, "data")
	if err = os.MkdirAll(data, 0o700); err == nil {
		t.server, err = server.New(server.Options{Data: data, Store: opened}, bandApp)
	}
	if err == nil {
		err = t.fill(ctx, r)
	}
	if err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

func (t *bands) close() (err error) {
	if t.server != nil {
		err = t.server.Close()
	}
	return errors.Join(err, t.store.Close())
}

// fill makes the groups, each linked to the next one.
func (t *bands) fill(ctx context.Context, r *report) error {
	const atOnce = 20_000
	for i := range groupLinks + 1 {
		t.owners = append(t.owners, fmt.Sprint("band", i))
	}
	for i, owner := range t.owners {
		r.say("%d members of %s/home/members", groupMembers, owner)
		for from := 0; from < groupMembers; from += atOnce {
			if err := t.do(ctx, owner, "Fill", cbor.AppendUint(cbor.AppendUint(cbor.AppendArrayHeader(nil, 2), uint64(from)), atOnce)); err != nil {
				return err
			}
		}
		if i == 0 {
			continue
		}
		if err := errors.Join(
			t.do(ctx, t.owners[i-1], "Link", text(owner+"/home/members")),
			t.do(ctx, owner, "Share", text(t.owners[0]+"/home")),
		); err != nil {
			return err
		}
	}
	return t.do(ctx, t.owners[0], "Admit", none)
}

func text(s string) []byte { return cbor.AppendText(cbor.AppendArrayHeader(nil, 1), s) }

// do has an owner's band do something, and waits for it.
func (t *bands) do(ctx context.Context, owner, method string, args []byte) error {
	done := make(chan bus.Reply, 1)
	t.server.Bus().Request(bus.Request{Caller: bus.Caller{Owner: owner}, To: bandOf(owner), Method: method, Args: args, Reply: func(r bus.Reply) { done <- r }})
	select {
	case r := <-done:
		if r.Err != nil {
			return r.Err
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func bandOf(owner string) name.Name { return name.Name{App: bandApp.Name, Owner: owner, Local: "home"} }

// measure asks for members of the first group, of the last one, and for strangers, in turn with lookups in a bare map.
func (t *bands) measure(ctx context.Context, r *report) error {
	last := t.owners[groupLinks]
	sides := []struct {
		metric  string
		allowed bool
		callers []name.Name
		us      []float64
	}{
		{"direct_us", true, callersOf(t.owners[0]), nil},
		{"delegated_us", true, callersOf(last), nil},
		{"stranger_us", false, callersOf("stranger"), nil},
	}
	raw, keys := bareGroup(last)
	var limit []float64
	for range policyRounds {
		for i := range sides {
			s := &sides[i]
			us, err := t.profiled(s.metric, s.callers, s.allowed)
			if err = errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			s.us = append(s.us, us)
		}
		limit = append(limit, lookUp(raw, keys))
	}
	for _, s := range sides {
		r.add(s.metric, median(s.us), "µs")
	}
	r.add("map_lookup_us", median(limit), "µs")
	r.note("%d members a group, %d links; whole decisions, out of the CA's turn: its rules, the right to read each group, the groups", groupMembers, groupLinks)
	return nil
}

// callersOf are members of a group, far apart in it.
func callersOf(owner string) []name.Name {
	all := make([]name.Name, policyAsked)
	for i := range all {
		all[i] = name.Name{App: bandApp.Name, Owner: memberOf(owner, i*groupMembers/policyAsked)}
	}
	shuffle(all)
	return all
}

// profiled asks, and leaves a CPU profile where one is wanted.
func (t *bands) profiled(metric string, callers []name.Name, allowed bool) (us float64, err error) {
	if profiles == "" {
		return t.ask(callers, allowed)
	}
	if err := startProfile(profilePath("policy-" + metric + ".cpu")); err != nil {
		return 0, err
	}
	us, err = t.ask(callers, allowed)
	return us, errors.Join(err, stopProfile())
}

// ask decides for one after the other whether they may play, and returns µs a decision.
func (t *bands) ask(callers []name.Name, allowed bool) (float64, error) {
	gate, self := t.server.Gate(), bandOf(t.owners[0])
	begin := time.Now()
	for i := range policyAsks {
		if d := gate.Standing(self, callers[i%policyAsked], "Play", bus.Reader{}); d.Allowed != allowed {
			return 0, errors.New(d.Explain())
		}
	}
	return perAsk(begin), nil
}

func perAsk(begin time.Time) float64 { return time.Since(begin).Seconds() * 1e6 / policyAsks }

// bareGroup is a group as a Go map, and some of its keys in no order.
func bareGroup(owner string) (group map[string]bool, keys []string) {
	group = make(map[string]bool, groupMembers)
	for i := range groupMembers {
		group[memberOf(owner, i)] = true
	}
	for _, c := range callersOf(owner) {
		keys = append(keys, c.Owner)
	}
	return group, keys
}

// lookUp is the limit of every decision about a group: µs to find a key.
func lookUp(group map[string]bool, keys []string) float64 {
	begin := time.Now()
	found := 0
	for i := range policyAsks {
		if group[keys[i%policyAsked]] {
			found++
		}
	}
	if found != policyAsks {
		return 0
	}
	return perAsk(begin)
}
