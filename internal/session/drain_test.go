package session

import (
	"context"
	"errors"
	"testing"

	"github.com/coder/websocket"

	"github.com/wabgo/wab/internal/wire"
)

func TestOPS2_DrainAnswersWhatIsInFlightAndSendsClientsAway(t *testing.T) {
	st := newStand(t, nil)
	busy, idle := st.hello("alice"), st.hello("alice")
	busy.open("phone", run1)
	busy.send(wire.Request{Ch: 1, ID: 1, Floor: 1, Method: "Hold"})
	st.bus.waitHeld(1)
	drained := make(chan error)
	go func() { drained <- st.srv.Drain(context.Background()) }()
	idle.expectBye(wire.Unavailable, 1, websocket.StatusServiceRestart)
	busy.send(add(1, 2, 1))
	if f := expect(busy, wire.ParseFailure); f.ID != 2 || f.Err.Code != wire.Unavailable {
		t.Errorf("a new request got %+v", f)
	}
	resp, _ := st.post(addURL, "[1]")
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("a call got %d", resp.StatusCode)
	}
	st.bus.release()
	if f := expect(busy, wire.ParseReply); f.ID != 1 {
		t.Errorf("got %+v", f)
	}
	busy.expectBye(wire.Unavailable, 1, websocket.StatusServiceRestart)
	if err := <-drained; err != nil {
		t.Error(err)
	}
	_, upgrade, err := websocket.Dial(context.Background(), "http://wab.test/api/session",
		&websocket.DialOptions{HTTPClient: st.http, Subprotocols: []string{wire.Subprotocol}})
	if err == nil || upgrade.StatusCode != 503 {
		t.Errorf("a new connection got %v, %v", upgrade, err)
	}
}

func TestOPS2_DrainEndsWithItsContext(t *testing.T) {
	st := newStand(t, nil)
	p := st.hello("alice")
	p.open("phone", run1)
	p.send(wire.Request{Ch: 1, ID: 1, Floor: 1, Method: "Hold"})
	st.bus.waitHeld(1)
	ctx, cancel := context.WithCancel(context.Background())
	drained := make(chan error)
	go func() { drained <- st.srv.Drain(ctx) }()
	cancel()
	if err := <-drained; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	st.bus.release()
}
