package session

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

func TestOPS1_MalformedFramesCostTheirSenderTheConnectionAndNobodyElseAnything(t *testing.T) {
	st := newStand(t, nil)
	witness := st.hello("alice")
	witness.open("witness", run1)
	bad := map[string][]byte{
		"nothing":           {},
		"no CBOR":           {0xff, 0xff},
		"no frame":          {0x01},
		"unknown kind":      {0x81, 0x18, 63},
		"unknown feature":   {0x81, 0x18, 64},
		"a server's frame":  wire.Bye{}.Append(nil),
		"hello again":       wire.Hello{Version: 1, Token: "alice"}.Append(nil),
		"short frame":       {0x82, 3, 1},
		"huge claim":        {0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 3},
		"id 0":              wire.Request{Ch: 1, Method: "Get"}.Append(nil),
		"a run with spaces": wire.Open{Ch: 9, CA: home, Session: "s", Run: "not a run, not a run"}.Append(nil),
		"open twice":        wire.Open{Ch: 1, CA: home, Session: "again", Run: run1}.Append(nil),
		"nested too deep":   append(wire.Request{Ch: 1, ID: 1, Method: "Get"}.Append(nil), bytes.Repeat([]byte{0x81}, 5000)...),
	}
	for what, frame := range bad {
		p := st.hello("alice")
		p.open("hostile", run1)
		p.sendRaw(frame)
		if bye := p.expectBye(wire.BadRequest, -1, websocket.StatusPolicyViolation); bye.Message == "" {
			t.Errorf("%s: no message", what)
		}
	}
	witness.send(add(1, 1, 1))
	expect(witness, wire.ParseReply)
}

func TestOPS1_TextMessagesAreRefused(t *testing.T) {
	p := newStand(t, nil).hello("alice")
	if err := p.ws.Write(context.Background(), websocket.MessageText, []byte("[1]")); err != nil {
		t.Fatal(err)
	}
	p.expectBye(wire.BadRequest, -1, websocket.StatusPolicyViolation)
}

func TestOPS1_OversizedFramesAreRefused(t *testing.T) {
	st := newStand(t, func(o *Options) { o.MaxFrame = 1000 })
	p := st.hello("alice")
	p.open("phone", run1)
	f := wire.Request{Ch: 1, ID: 1, Floor: 1, Method: "Get", Args: cbor.AppendBytes([]byte{0x81}, make([]byte, 900))}
	p.send(f)
	expect(p, wire.ParseReply)
	f.Args = cbor.AppendBytes([]byte{0x81}, make([]byte, 2000))
	go p.ws.Write(context.Background(), websocket.MessageBinary, f.Append(nil)) // blocks once the server stops reading
	_, err := p.receive()
	var ce websocket.CloseError
	if !errors.As(err, &ce) || ce.Code != websocket.StatusMessageTooBig {
		t.Errorf("got %v", err)
	}
	until(t, "the connection is gone", func() bool { return st.srv.Stats().Conns == 0 })
}

func TestOPS1_TheFirstFrameIsHello(t *testing.T) {
	st := newStand(t, nil)
	for _, f := range []appender{wire.Ping{}, wire.Auth{Token: "alice"}, wire.Hello{Version: 2, Token: "alice"}} {
		p := st.connect(nil)
		p.send(f)
		p.expectBye(wire.BadRequest, -1, websocket.StatusPolicyViolation)
	}
}

func TestOPS1_HelloComesInTime(t *testing.T) {
	st := newStand(t, nil)
	p := st.connect(nil)
	until(t, "the connection is in", func() bool { return st.srv.Stats().Conns == 1 })
	st.advance(11 * time.Second)
	p.expectBye(wire.BadRequest, -1, websocket.StatusPolicyViolation)
}

func TestOPS1_BadTokensAreRefusedWithoutDetails(t *testing.T) {
	p := newStand(t, nil).connect(nil)
	p.send(wire.Hello{Version: 1, Token: "bad"})
	bye := p.expectBye(wire.Unauthenticated, -1, websocket.StatusPolicyViolation)
	if strings.Contains(bye.Message, "secret") || strings.Contains(bye.Message, "bad") {
		t.Errorf("the message tells too much: %q", bye.Message)
	}
}

func TestOPS1_SilentConnectionsEnd(t *testing.T) {
	st := newStand(t, nil)
	quiet, alive := st.hello("alice"), st.hello("alice")
	st.advance(40 * time.Second)
	alive.send(wire.Ping{})
	expect(alive, wire.ParsePong)
	st.advance(10 * time.Second)
	quiet.expectBye(wire.Unavailable, 0, websocket.StatusNormalClosure)
	alive.send(wire.Ping{})
	expect(alive, wire.ParsePong)
}

func TestOPS1_WrongOriginIsRefused(t *testing.T) {
	st := newStand(t, func(o *Options) { o.Origins = []string{"https://friend.example"} })
	for origin, want := range map[string]int{
		"https://evil.example": 403, "null": 403, "http://wab.test.evil.example": 403, "https://friend.example.evil": 403, "nonsense": 403,
		"http://wab.test": 101, "https://friend.example": 101, "": 101,
	} {
		header := http.Header{"Origin": {origin}}
		if origin == "" {
			header = nil
		}
		ws, resp, err := websocket.Dial(context.Background(), "http://wab.test/api/session",
			&websocket.DialOptions{HTTPClient: st.http, Subprotocols: []string{wire.Subprotocol}, HTTPHeader: header})
		if resp == nil || resp.StatusCode != want {
			t.Errorf("origin %q: %v, %v, want %d", origin, resp, err, want)
		}
		if ws != nil {
			ws.CloseNow()
		}
	}
}

func TestOPS1_ConnectionsAreLimited(t *testing.T) {
	st := newStand(t, func(o *Options) { o.MaxConns = 3; o.MaxOwnerConns = 1 })
	st.hello("alice")
	p := st.connect(nil)
	p.send(wire.Hello{Version: 1, Token: "alice"})
	p.expectBye(wire.Overloaded, 1, websocket.StatusTryAgainLater)
	until(t, "the second is gone", func() bool { return st.srv.Stats().Conns == 1 })
	st.hello("bob")
	st.hello("carol")
	_, resp, err := websocket.Dial(context.Background(), "http://wab.test/api/session",
		&websocket.DialOptions{HTTPClient: st.http, Subprotocols: []string{wire.Subprotocol}})
	if err == nil || resp.StatusCode != 429 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("got %v, %v", resp, err)
	}
}

func TestOPS1_SlowReadersDoNotGrowMemory(t *testing.T) {
	const limit = 100_000
	st := newStand(t, func(o *Options) { o.MaxQueue = limit })
	p := st.hello("alice")
	p.open("phone", run1)
	f := wire.Request{Ch: 1, Floor: 1, Method: "Big", Args: cbor.AppendInt([]byte{0x81}, 10_000)}
	for f.ID = 1; f.ID <= 30; f.ID++ { // answers of 300 kB that nobody reads
		p.send(f)
		if n := st.srv.Stats().Queued; n > limit+20_000 {
			t.Fatalf("%d bytes are queued", n)
		}
	}
	p.expectBye(wire.Overloaded, 1, websocket.StatusTryAgainLater)
}

func TestOPS1_StuckWritesEndTheConnection(t *testing.T) {
	st := newStand(t, nil)
	p := st.hello("alice")
	p.open("phone", run1)
	p.send(wire.Request{Ch: 1, ID: 1, Floor: 1, Method: "Big", Args: cbor.AppendInt([]byte{0x81}, 10_000)})
	until(t, "the reply's write is under way", func() bool {
		out := st.srv.all()[0].out
		out.mu.Lock()
		defer out.mu.Unlock()
		return out.bytes > 10_000 && len(out.queue) == 0 && out.started.Load() != 0
	})
	st.clock.Advance(17 * time.Second)
	until(t, "the connection is gone", func() bool { return st.srv.Stats().Conns == 0 })
}

func TestOPS1_RepliesTooLargeForAFrameBecomeErrors(t *testing.T) {
	st := newStand(t, func(o *Options) { o.MaxQueue = 10_000 })
	p := st.hello("alice")
	p.open("phone", run1)
	p.send(wire.Request{Ch: 1, ID: 1, Floor: 1, Method: "Big", Args: cbor.AppendInt([]byte{0x81}, 6_000)})
	if f := expect(p, wire.ParseFailure); f.Err.Code != wire.TooLarge {
		t.Errorf("got %+v", f)
	}
}

func TestBUS6_ExpiryEndsOpenConnectionsAndAuthRenews(t *testing.T) {
	st := newStand(t, nil)
	soon := st.clock.Now().Add(30 * time.Second).UnixMicro()
	st.auth.set("short", "alice", policy.Scope{Expires: soon})
	st.auth.set("long", "alice", policy.Scope{Expires: soon + 60_000_000})
	ends, renews := st.hello("short"), st.hello("short")
	renews.send(wire.Auth{Token: "long"})
	if w := expect(renews, wire.ParseWelcome); w.Owner != "alice" || w.Expires != soon+60_000_000 {
		t.Errorf("got %+v", w)
	}
	st.advance(31 * time.Second)
	ends.expectBye(wire.Unauthenticated, -1, websocket.StatusPolicyViolation)
	renews.send(wire.Ping{})
	expect(renews, wire.ParsePong)
	renews.send(wire.Auth{Token: "bob"})
	renews.expectBye(wire.NotAllowed, -1, websocket.StatusPolicyViolation)
}

func TestBUS6_RevocationEndsOpenConnections(t *testing.T) {
	st := newStand(t, nil)
	st.auth.set("one", "alice", policy.Scope{})
	st.auth.set("two", "alice", policy.Scope{})
	one, two := st.hello("one"), st.hello("two")
	st.auth.revoke("one")
	st.srv.Recheck("alice")
	one.expectBye(wire.Unauthenticated, -1, websocket.StatusPolicyViolation)
	two.send(wire.Ping{})
	expect(two, wire.ParsePong)
}

func TestBUS6_TheScopeGoesWithEachRequestAndRenewalMayNarrowIt(t *testing.T) {
	st := newStand(t, nil)
	st.auth.set("narrow", "alice", policy.Scope{App: "counter", CA: "alice/home", Methods: []string{"Get"}})
	p := st.hello("alice")
	p.open("phone", run1)
	p.openAs(wire.Open{Ch: 2, CA: "counter:alice/other", Session: "phone", Run: run1})
	p.send(wire.Auth{Token: "narrow"})
	if f := expect(p, wire.ParseFailure); f.Ch != 2 || f.ID != 0 || f.Err.Code != wire.NotAllowed {
		t.Errorf("got %+v", f)
	}
	expect(p, wire.ParseWelcome)
	p.send(wire.Request{Ch: 1, ID: 1, Floor: 1, Method: "Get"})
	expect(p, wire.ParseReply)
	got := st.bus.requests()
	if s := got[len(got)-1].Caller.Scope; len(s.Methods) != 1 || s.CA != "alice/home" {
		t.Errorf("the bus heard of scope %+v", s)
	}
}
