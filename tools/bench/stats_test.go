package main

import (
	"slices"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		of   []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 2, 9}, 3}} {
		if got := median(test.of); got != test.want {
			t.Errorf("%v: %v", test.of, got)
		}
	}
}

func TestMedianLeavesItsInputAlone(t *testing.T) {
	of := []float64{3, 1, 2}
	median(of)
	if !slices.Equal(of, []float64{3, 1, 2}) {
		t.Fatal(of)
	}
}

func TestRatios(t *testing.T) {
	if got := ratios([]float64{1, 6, 5}, []float64{2, 3, 0}); !slices.Equal(got, []float64{0.5, 2}) {
		t.Fatal(got)
	}
}

func TestQuantile(t *testing.T) {
	var all []time.Duration
	for i := 100; i > 0; i-- {
		all = append(all, time.Duration(i))
	}
	if p50, p99 := quantile(all, 0.5), quantile(all, 0.99); p50 != 51 || p99 != 100 {
		t.Fatalf("p50 %d, p99 %d", p50, p99)
	}
	if quantile(nil, 0.5) != 0 {
		t.Fatal("a quantile of nothing")
	}
}

func TestJoined(t *testing.T) {
	for _, test := range []struct{ rate, one, store, want float64 }{
		{16_000, 1000, 100_000, 0.5}, // bound by 32 times one
		{20_000, 1000, 25_000, 0.8},  // bound by the store
		{1, 0, 0, 0},
	} {
		if got := joined(test.rate, 32, test.one, test.store); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}

func TestCPUMicrosOfNothing(t *testing.T) {
	if got := (slot{}).cpuMicros(); got != 0 {
		t.Fatal(got)
	}
	if got := (slot{Operations: 4, CPU: 100 * time.Microsecond}).cpuMicros(); got != 25 {
		t.Fatal(got)
	}
}
