package client_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/wasm/client"
)

// guestbook is what the handlers of a call hear, in order and in short.
type guestbook struct {
	t     *testing.T
	lines chan string
	call  *client.Call
}

func (h *hall) enter(c *client.Client, hello any) *guestbook {
	h.t.Helper()
	g := &guestbook{t: h.t, lines: make(chan string, 5000)}
	call, err := c.Call(h.t.Context(), hallName, client.CallOptions{
		Hello: hello,
		OnOpened: func(o client.CallOpened) {
			var back any
			if err := client.Decode(o.Payload, &back); err != nil {
				h.t.Error(err)
			}
			g.lines <- fmt.Sprint(o.Member, " ", o.Resumed, " ", back)
		},
		OnSignal: func(payload []byte) {
			var n int
			if err := client.Decode(payload, &n); err != nil {
				h.t.Error(err)
			}
			g.lines <- fmt.Sprint(n)
		},
		OnState: func(s client.CallState) { g.lines <- s.String() },
	})
	if err != nil {
		h.t.Fatal(err)
	}
	g.call = call
	return g
}

// hear waits for what comes next.
func (g *guestbook) hear(want ...string) {
	g.t.Helper()
	for i, line := range want {
		if got := <-g.lines; got != line {
			g.t.Fatalf("heard %q, not %q (%d of %d)", got, line, i, len(want))
		}
	}
}

func TestCALL1_ACallComesBackAfterACut(t *testing.T) {
	h := startHall(t)
	c := h.dial()
	g := h.enter(c, "Bob")
	g.hear("live", "member-1 false Bob")
	if g.call.Member() != "member-1" || g.call.Room() != hallName {
		t.Errorf("%s in %s", g.call.Member(), g.call.Room())
	}
	h.say(1, 2, 3)
	g.hear("1", "2", "3")
	if err := errors.Join(g.call.Send("hello"), g.call.Hello("Bobby"), g.call.Send("there")); err != nil {
		t.Error(err)
	}
	eventually(t, func() bool {
		_, said, _ := h.told()
		return slices.Equal(said, []string{"member-1 hello", "member-1 there"})
	})
	h.cut()
	g.hear("stale")
	if err := g.call.Send("lost"); !errors.Is(err, client.ErrNotLive) {
		t.Error(err)
	}
	h.mend(c)
	g.hear("live", "member-1 true Bobby")
	h.cut()
	g.hear("stale")
	h.forget()
	h.mend(c)
	g.hear("live", "member-2 false Bobby")
	h.say(4)
	g.hear("4")
	opens, _, closes := h.told()
	if closes != 0 || len(opens) != 3 || opens[0].Member != "" || opens[2].Member != "member-1" || opens[2].Secret != "secret-1" || opens[2].Room != hallName {
		t.Errorf("%d closed, opened by %+v", closes, opens)
	}
}

func TestCALL1_WhatIsSaidBeforeOnOpenedGoesNowhere(t *testing.T) {
	h := startHall(t)
	c := h.dial()
	heard, release := make(chan struct{}), make(chan struct{})
	opened := make(chan error, 10)
	var call *client.Call
	call, err := c.Call(t.Context(), hallName, client.CallOptions{
		OnOpened: func(client.CallOpened) { opened <- nil },
		OnSignal: func([]byte) {
			close(heard)
			<-release
			opened <- call.Send("an answer to what is no more")
		},
	})
	if err := errors.Join(err, <-opened); err != nil {
		t.Fatal(err)
	}
	h.say(1)
	<-heard
	h.cut()
	h.forget()
	h.mend(c)
	eventually(t, func() bool { return call.Member() == "member-2" })
	close(release)
	if err := <-opened; !errors.Is(err, client.ErrNotLive) {
		t.Errorf("it was said, %v", err)
	}
	<-opened
	if err := call.Send("news"); err != nil {
		t.Error(err)
	}
	eventually(t, func() bool {
		_, said, _ := h.told()
		return slices.Equal(said, []string{"member-2 news"})
	})
}

func TestTwoCallsOfARoomAreTwoMembers(t *testing.T) {
	h := startHall(t)
	c := h.dial()
	a, b := h.enter(c, 1), h.enter(c, 2)
	a.hear("live", "member-1 false 1")
	b.hear("live", "member-2 false 2")
	h.say(7)
	a.hear("7")
	b.hear("7")
	a.call.Close()
	a.call.Close()
	if err := a.call.Send("gone"); !errors.Is(err, client.ErrClosed) {
		t.Error(err)
	}
	h.say(8)
	b.hear("8")
	eventually(t, func() bool { _, _, closes := h.told(); return closes == 1 })
	if len(a.lines) > 0 {
		t.Errorf("the closed one heard %q", <-a.lines)
	}
}

func TestARefusalEndsACall(t *testing.T) {
	h := startHall(t)
	c := h.dial()
	g := h.enter(c, nil)
	h.end(wire.Err(wire.NotFound, "The call is over."))
	g.hear("live", "member-1 false <nil>", "ended")
	var coded *wire.Error
	if state, err := g.call.State(); state != client.CallEnded || !errors.As(err, &coded) || coded.Code != wire.NotFound {
		t.Errorf("it is %v, %v", state, err)
	}
	if err := g.call.Send(1); !errors.As(err, &coded) || coded.Code != wire.NotFound {
		t.Error(err)
	}
	if _, err := c.Call(t.Context(), hallName, client.CallOptions{}); !errors.As(err, &coded) || coded.Code != wire.NotFound {
		t.Errorf("opened again: %v", err)
	}
}

func TestARoomThatIsFullIsWaitedFor(t *testing.T) {
	h := startHall(t)
	h.end(wire.Retry(wire.Quota, "The room is full.", 1))
	c := h.dial()
	ctx, cancel := context.WithCancel(t.Context())
	states := make(chan error)
	go func() {
		_, err := c.Call(ctx, hallName, client.CallOptions{})
		states <- err
	}()
	eventually(t, func() bool { opens, _, _ := h.told(); return len(opens) > 1 })
	cancel()
	if err := <-states; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	go h.end(nil)
	g := h.enter(c, 5)
	g.hear("live", g.call.Member()+" false 5") // perhaps the second: the one that has given up may have asked just before
}

func TestACallOutlivesAServerThatMakesNoSense(t *testing.T) {
	h := startHall(t)
	c := h.dial()
	g := h.enter(c, 1)
	h.babble()
	g.hear("live", "member-1 false 1", "stale")
	h.mend(c)
	g.hear("live", "member-1 true 1")
}

func TestOPS1_WhatIsTooLargeForACallIsAnErrorOfItsOwn(t *testing.T) {
	h := startHall(t)
	c := h.dial()
	g := h.enter(c, 1)
	long := strings.Repeat("x", wire.MaxSignal)
	_, err := c.Call(t.Context(), hallName, client.CallOptions{Hello: long})
	for _, err := range []error{g.call.Send(long), g.call.Hello(long), err} {
		if coded := (*wire.Error)(nil); !errors.As(err, &coded) || coded.Code != wire.TooLarge {
			t.Error(err)
		}
	}
	if g.call.Send(func() {}) == nil || g.call.Send(long[:wire.MaxSignal-5]) != nil {
		t.Error("what can be sent is, and nothing else")
	}
	h.say(1)
	g.hear("live", "member-1 false 1", "1")
}

func TestACallEndsWithItsClient(t *testing.T) {
	h := startHall(t)
	c := h.dial()
	g := h.enter(c, 1)
	h.mu.Lock()
	h.refusal = wire.Retry(wire.Unavailable, "Not now.", 60_000)
	h.mu.Unlock()
	done := make(chan error)
	go func() {
		_, err := c.Call(t.Context(), hallName, client.CallOptions{})
		done <- err
	}()
	c.Close()
	if err := <-done; !errors.Is(err, client.ErrClosed) {
		t.Error(err)
	}
	if state, err := g.call.State(); state != client.CallEnded || !errors.Is(err, client.ErrClosed) {
		t.Errorf("it is %v, %v", state, err)
	}
	if _, err := c.Call(t.Context(), hallName, client.CallOptions{}); !errors.Is(err, client.ErrClosed) {
		t.Error(err)
	}
}

func TestAHandlerThatIsMuchTooSlowLosesItsCallAndNothingBefore(t *testing.T) {
	h := startHall(t)
	c := h.dial()
	release, ended := make(chan struct{}), make(chan struct{})
	next := 0
	call, err := c.Call(t.Context(), hallName, client.CallOptions{
		OnSignal: func(payload []byte) {
			<-release
			var n int
			if err := client.Decode(payload, &n); err != nil || n != next {
				t.Errorf("%d after %d, %v", n, next-1, err)
			}
			next++
		},
		OnState: func(s client.CallState) {
			if s == client.CallEnded {
				close(ended)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := range uint64(5000) {
		h.say(n)
	}
	eventually(t, func() bool { state, _ := call.State(); return state == client.CallEnded })
	close(release)
	<-ended
	var coded *wire.Error
	if _, err := call.State(); !errors.As(err, &coded) || coded.Code != wire.Overloaded {
		t.Error(err)
	}
	eventually(t, func() bool { _, _, closes := h.told(); return closes == 1 })
	if next < 4096 || next > 4097 {
		t.Errorf("%d heard", next)
	}
}
