package main

import (
	"context"
	"errors"
	"time"
)

const (
	oneRounds   = 11
	oneSlot     = 400 * time.Millisecond
	oneInFlight = 32
)

// benchOneCA measures what one busy CA makes of joined commits.
func benchOneCA(ctx context.Context, r *report) error {
	s, err := openCommit(ctx, r)
	if err != nil {
		return err
	}
	if err := s.measureOne(ctx, r); err != nil {
		return errors.Join(err, s.close())
	}
	return s.close()
}

func (s *commitSides) measureOne(ctx context.Context, r *report) error {
	cas := counters(commitCAs)
	loads := []load{
		s.local.load(1, cas[:1], "Add", addOne),
		s.local.load(oneInFlight, cas[:1], "Add", addOne),
		s.local.load(64, cas, "Add", addOne),
	}
	var one, many, store, ratio []float64
	for range oneRounds {
		var rates [3]float64
		for i, l := range loads {
			var err error
			if rates[i], err = profiledRate(ctx, "one-ca-"+itoa(l.inFlight), l, oneSlot); err != nil {
				return err
			}
		}
		one, many, store = append(one, rates[0]), append(many, rates[1]), append(store, rates[2])
		ratio = append(ratio, joined(rates[1], oneInFlight, rates[0], rates[2]))
		r.say("1 in flight %.0f/s, %d in flight %.0f/s; many CAs %.0f/s: %.2f", rates[0], oneInFlight, rates[1], rates[2], ratio[len(ratio)-1])
	}
	r.add("per_s_1", median(one), "1/s")
	r.add("per_s_32", median(many), "1/s")
	r.add("per_s_64_many_cas", median(store), "1/s")
	r.add("joined_ratio", median(ratio), "ratio")
	return nil
}
