package client_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/wabgo/wab/wasm/client"
)

// dialThrough connects by a way that fails, and comes back at once whenever it is cut.
func dialThrough(t *testing.T, url, token string) *client.Client {
	t.Helper()
	var known atomic.Pointer[client.Client]
	c, err := client.Dial(t.Context(), url, client.Options{Token: token, OnState: func(s client.State) {
		if c := known.Load(); c != nil && s.Status == client.Offline {
			c.RetryNow()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	known.Store(c)
	return c
}

// TestDEV2_EveryBundleHasOneOutcomeThroughCutsAndLosses gives a device bundles while frames of its maps are lost and its connection is cut.
func TestDEV2_EveryBundleHasOneOutcomeThroughCutsAndLosses(t *testing.T) {
	for seed := range uint64(2) {
		l := startLights(t)
		through, f := startFlaw(t, l.url, seed)
		f.calm = true
		var mu sync.Mutex
		ran := map[string]int{}
		note := func(_ *client.Device, a client.Args) error {
			mu.Lock()
			defer mu.Unlock()
			ran[fmt.Sprintf("%s %x %v", a.Bundle, a.Raw, a.Recovery)]++
			return nil
		}
		_, err := dialThrough(t, through, l.fresh("lamp")).Device(t.Context(), home, "lamp", client.DeviceOptions{
			Commands: map[string]func(*client.Device, client.Args) error{"pin": note},
		})
		if err != nil {
			t.Fatal(err)
		}
		f.setCalm(false)
		given := 0
		give := func(in int) {
			l.outcomes(given - 40) // where 64 wait, the CA forgets those that are over
			if given++; given%2 == 0 {
				l.call(nil, "Now", "lamp", "pin", []any{true})
			} else {
				l.call(nil, "Blink", "lamp", in, 2)
			}
		}
		for i := range 80 {
			give(5 + i%40)
		}
		f.setCalm(true)
		give(50) // which brings to light what was lost
		results := map[string]int{}
		seen := map[string]bool{}
		for _, o := range l.outcomes(given) {
			results[o.Result]++
			if seen[o.Bundle] {
				t.Errorf("%+v came twice", o)
			}
			seen[o.Bundle] = true
		}
		mu.Lock()
		for what, n := range ran {
			if n != 1 {
				t.Errorf("%s ran %d times", what, n)
			}
		}
		mu.Unlock()
		if len(seen) != given || results["done"] == 0 || results["failed"]+results["unknown"] != 0 {
			t.Errorf("%d of %d bundles: %v", len(seen), given, results)
		}
		t.Log(results, f.cuts, "cuts", f.lost, "losses")
	}
}
