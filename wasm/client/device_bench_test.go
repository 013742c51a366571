package client_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/wabgo/wab/wasm/client"
)

// BenchmarkLag tells how late commands begin that are 5 ms apart; 990 of them at most.
func BenchmarkLag(b *testing.B) {
	url, stop := serveLights()
	b.Cleanup(stop)
	ctx := context.Background()
	c, err := client.Dial(ctx, url, client.Options{Token: guest(url, "alice")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	ca := c.CA(home, client.CAOptions{})
	var lags []time.Duration
	all := make(chan struct{})
	n := min(b.N, 990)
	_, err = c.Device(ctx, home, "lamp", client.DeviceOptions{Commands: map[string]func(*client.Device, client.Args) error{
		"tick": func(_ *client.Device, a client.Args) error {
			if lags = append(lags, a.Ran.Sub(a.Due)); len(lags) == n {
				close(all)
			}
			return nil
		},
	}})
	if err != nil {
		b.Fatal(err)
	}
	var token string
	if err := ca.Call(ctx, &token, "Token", "lamp"); err != nil { // has the CA know the device
		b.Fatal(err)
	}
	if err := ca.Call(ctx, nil, "Tick", "lamp", n); err != nil {
		b.Fatal(err)
	}
	<-all
	slices.Sort(lags)
	b.ReportMetric(float64(lags[n/2].Nanoseconds())/1000, "p50-µs")
	b.ReportMetric(float64(lags[n*99/100].Nanoseconds())/1000, "p99-µs")
}
