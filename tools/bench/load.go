package main

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// load is a closed loop: each of its clients has one operation in flight, and begins the next when that is done.
type load struct {
	inFlight int
	// client makes the function that begins a client's n-th operation. done is called once for each, from any goroutine.
	client func(client int, done func(error)) (begin func(n int))
}

// rate runs the load for a while and tells how many operations were done a second. The garbage of what ran before is not its to pay for.
func (l load) rate(ctx context.Context, d time.Duration) (perSecond float64, err error) {
	runtime.GC()
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	start := time.Now()
	n, err := l.until(ctx)
	if err == nil {
		err = parent(ctx)
	}
	return float64(n) / time.Since(start).Seconds(), err
}

// parent tells whether a context ended by something else than its own time.
func parent(ctx context.Context) error {
	if err := ctx.Err(); err != context.DeadlineExceeded {
		return err
	}
	return nil
}

// until runs the load until the context ends, and waits for what is in flight.
func (l load) until(ctx context.Context) (operations int64, err error) {
	return l.run(func(int) bool { return ctx.Err() == nil })
}

// each runs n operations, shared out so that each of n things a client may turn to has its turn once (see nth).
func (l load) each(ctx context.Context, n int) error {
	_, err := l.run(func(i int) bool { return ctx.Err() == nil && i < n })
	if err == nil {
		err = ctx.Err()
	}
	return err
}

// run goes on while more says so of an operation's number: client + n × inFlight.
func (l load) run(more func(number int) bool) (operations int64, err error) {
	var (
		clients sync.WaitGroup
		total   atomic.Int64
		failed  atomic.Pointer[error]
	)
	for i := range l.inFlight {
		clients.Go(func() {
			woken := make(chan error, 1)
			begin := l.client(i, func(err error) { woken <- err })
			n := 0
			for ; failed.Load() == nil && more(i+n*l.inFlight); n++ {
				begin(n)
				if err := <-woken; err != nil {
					failed.CompareAndSwap(nil, &err)
					break
				}
			}
			total.Add(int64(n))
		})
	}
	clients.Wait()
	if err := failed.Load(); err != nil {
		return total.Load(), *err
	}
	return total.Load(), nil
}

// paced is the load at so many operations a second at most, evenly shared between its clients.
func (l load) paced(perSecond float64) load {
	period := time.Duration(float64(l.inFlight) / perSecond * float64(time.Second))
	return load{l.inFlight, func(client int, done func(error)) func(int) {
		begin, start := l.client(client, done), time.Now().Add(period*time.Duration(client)/time.Duration(l.inFlight))
		return func(n int) {
			time.Sleep(time.Until(start.Add(time.Duration(n) * period)))
			begin(n)
		}
	}}
}
