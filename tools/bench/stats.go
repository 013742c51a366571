package main

import (
	"slices"
	"time"
)

// median of measurements; the mean of the middle two where their number is even, 0 of none.
func median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(of))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// ratios divides measurements made in turn, round by round: what disturbs one round disturbs both of its sides.
func ratios(a, b []float64) []float64 {
	var r []float64
	for i := range min(len(a), len(b)) {
		if b[i] > 0 {
			r = append(r, a[i]/b[i])
		}
	}
	return r
}

// quantile of latencies, by the nearest rank; 0 of none. It sorts them.
func quantile(of []time.Duration, q float64) time.Duration {
	if len(of) == 0 {
		return 0
	}
	slices.Sort(of)
	at := int(q * float64(len(of)))
	return of[min(at, len(of)-1)]
}

// joined is what a CA's rate with many requests in flight makes of what could be had: that many times its rate with one, or all that
// the store takes of many CAs, whichever is less.
func joined(rate float64, inFlight int, rateOfOne, rateOfStore float64) float64 {
	best := min(float64(inFlight)*rateOfOne, rateOfStore)
	if best <= 0 {
		return 0
	}
	return rate / best
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
