package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/wabgo/wab/internal/store/pebblestore"
	"github.com/wabgo/wab/server"
)

const (
	commitCAs    = 10_000
	commitRounds = 13
	commitSlot   = 400 * time.Millisecond
)

// benchCommit measures what the store's limit is worth with actors, policy, ledger and codec before it.
func benchCommit(ctx context.Context, r *report) error {
	s, err := openCommit(ctx, r)
	if err != nil {
		return err
	}
	defer s.close()
	for _, level := range []struct {
		inFlight int
		rate     string
		ratio    string
	}{{64, "per_s_64", "ratio_to_store_64"}, {1024, "per_s_1024", "ratio_to_store_1024"}} {
		ours, limit, err := s.compare(ctx, r, level.inFlight)
		if err != nil {
			return err
		}
		r.add(level.rate, median(ours), "1/s")
		r.add(level.rate+"_store", median(limit), "1/s")
		r.add(level.ratio, median(ratios(ours, limit)), "ratio")
	}
	return nil
}

// commitSides are a server and bare Pebble with the same CAs.
type commitSides struct {
	local *local
	bare  *bare
	gone  func()
}

func openCommit(ctx context.Context, r *report) (s *commitSides, err error) {
	dir, gone, err := scratch()
	if err != nil {
		return nil, err
	}
	s = &commitSides{gone: gone}
	if s.local, err = openLocal(dir, server.Options{}, pebblestore.Options{}); err != nil {
		return nil, errors.Join(err, s.close())
	}
	cas := counters(commitCAs)
	r.say("%d CAs are made", len(cas))
	if err := s.local.add(ctx, cas); err != nil {
		return nil, errors.Join(err, s.close())
	}
	recorded, err := s.local.recordAdds(ctx, cas)
	if err == nil {
		s.bare, err = openBare(filepath.Join(dir, "bare"), recorded)
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	if err := s.bare.load(1024, keys(cas)).each(ctx, len(cas)); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// compare measures both sides in turn, round by round.
func (s *commitSides) compare(ctx context.Context, r *report, inFlight int) (ours, limit []float64, err error) {
	cas := counters(commitCAs)
	a, b := s.local.load(inFlight, cas, "Add", addOne), s.bare.load(inFlight, keys(cas))
	for range commitRounds {
		x, err := profiledRate(ctx, fmt.Sprintf("commit-%d", inFlight), a, commitSlot)
		if err != nil {
			return nil, nil, err
		}
		y, err := b.rate(ctx, commitSlot)
		if err != nil {
			return nil, nil, err
		}
		r.say("%d in flight: %.0f/s, the store alone %.0f/s: %.2f", inFlight, x, y, x/y)
		ours, limit = append(ours, x), append(limit, y)
	}
	return ours, limit, nil
}

func (s *commitSides) close() (err error) {
	if s.local != nil {
		err = s.local.close()
	}
	if s.bare != nil {
		err = errors.Join(err, s.bare.close())
	}
	s.gone()
	return err
}
