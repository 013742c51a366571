package session

import (
	"context"
	"net/http"
	"testing"
	"time"
)

// waitingCalls has one call of alice's held, and n others wait for their turn behind it. Their statuses come out of the channel.
func waitingCalls(st *stand, n int) (*share, <-chan int) {
	st.t.Helper()
	done := make(chan int)
	call := func(url string) {
		resp, _ := st.post(url, "[1]")
		done <- resp.StatusCode
	}
	go call("http://wab.test/api/counter/alice/home/Hold")
	st.bus.waitHeld(1)
	st.srv.mu.Lock()
	share := &st.srv.owners["alice"].share
	st.srv.mu.Unlock()
	owe(share)
	for i := range n {
		go call(addURL)
		until(st.t, "a call waits", func() bool { return waiters(share) == i+1 })
	}
	return share, done
}

func (st *stand) expectStatuses(done <-chan int, n, status int) {
	st.t.Helper()
	for range n {
		if got := <-done; got != status {
			st.t.Errorf("one got %d, want %d", got, status)
		}
	}
}

// countsNothing waits until no call is known any more, and nothing of them.
func (st *stand) countsNothing(s *share) {
	st.t.Helper()
	until(st.t, "all calls have ended", func() bool {
		st.srv.mu.Lock()
		defer st.srv.mu.Unlock()
		o := st.srv.owners["alice"]
		return st.srv.calls.Load() == 0 && s.flying.Load() == 0 && (o == nil || o.calls == 0)
	})
}

// TestCA9_CallsThatWaitEndWithTheServer: at once, and nothing of them reaches the bus.
func TestCA9_CallsThatWaitEndWithTheServer(t *testing.T) {
	st := newStand(t, nil)
	share, done := waitingCalls(st, 5)
	st.srv.Close()
	st.expectStatuses(done, 5, http.StatusServiceUnavailable)
	st.bus.release()
	st.expectStatuses(done, 1, http.StatusOK)
	st.countsNothing(share)
	if n := len(st.bus.requests()); n != 1 {
		t.Errorf("the bus heard %d requests", n)
	}
}

// TestCA9_ADrainWaitsForCallsThatWait: they came before it. It does not wait for those that are refused.
func TestCA9_ADrainWaitsForCallsThatWait(t *testing.T) {
	st := newStand(t, func(o *Options) { o.MaxOwnerCalls = 6 })
	share, done := waitingCalls(st, 5)
	timers, refused := st.clock.Waiters(), make(chan int)
	go func() {
		resp, _ := st.post(addURL, "[1]")
		refused <- resp.StatusCode
	}()
	until(t, "one is about to be refused", func() bool { return st.clock.Waiters() == timers+1 })
	drained := make(chan error)
	go func() { drained <- st.srv.Drain(context.Background()) }()
	until(t, "the drain began", st.srv.draining.Load)
	st.clock.Advance(share.debt(st.clock.Now()))
	st.expectStatuses(done, 5, http.StatusOK)
	st.bus.release()
	st.expectStatuses(done, 1, http.StatusOK)
	if err := <-drained; err != nil {
		t.Error(err)
	}
	st.srv.Close()
	st.expectStatuses(refused, 1, http.StatusTooManyRequests)
}

// TestCA9_WhoGoesWhileItsCallWaitsPassesItsTurnOn: nobody else waits for ever.
func TestCA9_WhoGoesWhileItsCallWaitsPassesItsTurnOn(t *testing.T) {
	st := newStand(t, nil)
	share, done := waitingCalls(st, 1)
	ctx, leave := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, "POST", addURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer alice")
	gone := make(chan error)
	go func() {
		_, err := st.http.Do(req)
		gone <- err
	}()
	until(t, "it waits", func() bool { return waiters(share) == 2 })
	leave()
	if err := <-gone; err == nil {
		t.Error("it was answered")
	}
	last := make(chan int)
	go func() {
		resp, _ := st.post(addURL, "[1]")
		last <- resp.StatusCode
	}()
	until(t, "another one waits behind it", func() bool { return waiters(share) == 3 })
	st.clock.Advance(time.Second)
	st.expectStatuses(done, 1, http.StatusOK)
	st.expectStatuses(last, 1, http.StatusOK)
	st.bus.release()
	st.expectStatuses(done, 1, http.StatusOK)
	st.countsNothing(share)
	if n := waiters(share); n != 0 {
		t.Errorf("%d wait still", n)
	}
}

// TestCA9_CallsThatWaitHoldUpOnlyTheirOwner: nor what needs no owner, a page's question whether it may call.
func TestCA9_CallsThatWaitHoldUpOnlyTheirOwner(t *testing.T) {
	st := newStand(t, nil)
	share, done := waitingCalls(st, 3)
	if resp, _ := st.do("POST", addURL, "[1]", "Authorization", "Bearer bob"); resp.StatusCode != http.StatusOK {
		t.Errorf("another owner got %d", resp.StatusCode)
	}
	if resp, _ := st.do("OPTIONS", addURL, "", "Origin", "http://wab.test", "Access-Control-Request-Method", "POST"); resp.StatusCode != http.StatusNoContent {
		t.Errorf("a preflight got %d", resp.StatusCode)
	}
	if resp, _ := st.do("POST", addURL, "[1]", "Authorization", "Bearer bad"); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("nobody got %d", resp.StatusCode)
	}
	st.hello("alice")
	if n := waiters(share); n < 3 {
		t.Errorf("only %d wait", n)
	}
	st.clock.Advance(time.Second)
	st.expectStatuses(done, 3, http.StatusOK)
	st.bus.release()
	st.expectStatuses(done, 1, http.StatusOK)
}
