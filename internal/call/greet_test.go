package call_test

import (
	"errors"
	"log/slog"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/call"
	"github.com/wabgo/wab/internal/call/sfu"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/wasm/client"
)

// hall is the CA of a room, as far as its Hub sees it: everybody may be there, and what else they may the test says.
type hall struct {
	room    *sharedmap.Map
	looks   chan chan struct{} // each time that the Hub reads the room: it goes on when the channel is closed
	changed chan func()
	denied  atomic.Bool // to publish
}

func (h *hall) Newest(name.Name) (*sharedmap.Map, *wire.Error) {
	goOn := make(chan struct{})
	h.looks <- goOn
	<-goOn
	return h.room, nil
}

func (h *hall) Follow(_ name.Name, changed func()) (stop func()) {
	h.changed <- changed
	return func() {}
}

func (h *hall) judge(_, _ name.Name, label string, _ bus.Reader) policy.Decision {
	if label == "room"+call.MayPublish && h.denied.Load() {
		return policy.Decision{Code: wire.NotAllowed}
	}
	return policy.Decision{Allowed: true}
}

func (h *hall) Request(r bus.Request) { r.Reply(bus.Reply{}) }

// looked lets the Hub read the room once.
func (h *hall) looked() { close(<-h.looks) }

type anybody struct{}

func (anybody) Verify(token string) (string, policy.Scope, error) { return token, policy.Scope{}, nil }

func newHall(t *testing.T) *hall {
	t.Helper()
	e := sharedmap.New(1).Edit()
	if err := errors.Join(e.Set(call.KeyOpen, cbor.AppendMapHeader(nil, 0)), e.Set(call.KeyMode, cbor.AppendText(nil, "heads"))); err != nil {
		t.Fatal(err)
	}
	h := &hall{looks: make(chan chan struct{}), changed: make(chan func(), 1)}
	h.room, _, _ = e.Commit()
	return h
}

// serve serves the hall's room; greeting is called while a member is being told where it is.
func (h *hall) serve(t *testing.T, greeting func()) (url string) {
	t.Helper()
	media, err := sfu.New(sfu.Options{UDP: "127.0.0.1:0", Loopback: true})
	if err != nil {
		t.Fatal(err)
	}
	hub := call.New(call.Options{
		Maps: h, Judge: h.judge, Media: media, Log: slog.New(slog.DiscardHandler),
		ICE: func(string) []sfu.ICEServer { greeting(); return nil },
	})
	srv := session.New(session.Options{Bus: h, Auth: anybody{}, Log: slog.New(slog.DiscardHandler)})
	hub.Serve(srv, h, func(name.Name) {})
	web := httptest.NewServer(srv.Handler())
	t.Cleanup(func() {
		srv.Close()
		web.Close()
		hub.Close()
		close(h.looks)
		if err := media.Close(); err != nil {
			t.Error(err)
		}
	})
	return web.URL
}

// What changes while somebody is being told where they are is told, too: rights that have gone would seem to be there for as long as the call lasts.
func TestCALL1_RightsThatChangeWhileSomebodyComesInAreTold(t *testing.T) {
	h := newHall(t)
	done := make(chan struct{})
	url := h.serve(t, func() {
		h.denied.Store(true)
		changed := <-h.changed
		changed()
		goOn := <-h.looks
		changed() // so that it looks twice: the second time, the first is over
		close(goOn)
		goOn = <-h.looks
		close(done)
		close(goOn)
	})
	go func() {
		h.looked() // it comes in
		<-done
		for goOn := range h.looks {
			close(goOn)
		}
	}()
	c, err := client.Dial(t.Context(), url, client.Options{Token: "bob"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	may := make(chan []string, 10)
	if _, err := c.Call(t.Context(), "app:alice/home/room", client.CallOptions{
		Hello: sfu.Hello{Name: "Bob"},
		OnOpened: func(o client.CallOpened) {
			var p sfu.Opened
			if err := o.Decode(&p); err != nil {
				t.Error(err)
			}
			may <- p.May
		},
		OnSignal: func(payload []byte) {
			if sig, err := sfu.Decode(payload); err != nil {
				t.Error(err)
			} else if m, ok := sig.(sfu.May); ok {
				may <- m.May
			}
		},
	}); err != nil {
		t.Fatal(err)
	}
	if got := <-may; !slices.Contains(got, "publish") {
		t.Errorf("at first bob may %v", got)
	}
	select {
	case got := <-may:
		if slices.Contains(got, "publish") {
			t.Errorf("then bob may %v", got)
		}
	case <-time.After(20 * time.Second):
		t.Error("bob is not told that he may no longer publish")
	}
}
