package call

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/wire"
)

type nobody struct{}

func (nobody) Request(r bus.Request) { r.Reply(bus.Reply{}) }

func (nobody) Verify(token string) (string, policy.Scope, error) { return token, policy.Scope{}, nil }

// connect is a connection, as its server and as its client see it.
func connect(t *testing.T) (*session.Conn, *websocket.Conn) {
	t.Helper()
	srv := session.New(session.Options{Bus: nobody{}, Auth: nobody{}, Log: slog.New(slog.DiscardHandler)})
	conns := make(chan *session.Conn, 1)
	srv.RegisterKind(wire.KindCallOpen, func(c *session.Conn, _ []byte) error { conns <- c; return nil })
	web := httptest.NewServer(srv.Handler())
	t.Cleanup(func() { srv.Close(); web.Close() })
	ws, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(web.URL, "http")+"/api/session", &websocket.DialOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	for _, frame := range [][]byte{wire.Hello{Version: 1, Token: "bob"}.Append(nil), wire.CallOpen{Call: 1, Room: "app:alice/home/room"}.Append(nil)} {
		if err := ws.Write(t.Context(), websocket.MessageBinary, frame); err != nil {
			t.Fatal(err)
		}
	}
	if _, frame, err := ws.Read(t.Context()); err != nil || wire.Kind(frame) != wire.KindWelcome {
		t.Fatalf("%x, %v", frame, err)
	}
	return <-conns, ws
}

// A client hangs up on a room that speaks before it has answered.
func TestNothingOvertakesTheFirstFrameOfALine(t *testing.T) {
	c, ws := connect(t)
	const lines = 500
	go func() {
		for n := range uint32(lines) {
			l := &line{client: &client{conn: c}, number: 1 + n}
			done := make(chan struct{})
			var others sync.WaitGroup
			for range 4 {
				others.Go(func() {
					for opened := false; !opened; {
						select {
						case <-done:
							opened = true
						default:
						}
						l.offer(cbor.AppendNull(nil))
					}
				})
			}
			l.open(wire.CallOpened{Call: l.number, Member: "member-1", Secret: "psst", Payload: cbor.AppendNull(nil)})
			close(done)
			others.Wait()
		}
		c.Send(session.NewFrame(wire.CallEnd{Call: lines + 1, Err: *errGoingDown}.Append(nil)))
	}()
	opened := map[uint32]bool{}
	for {
		_, frame, err := ws.Read(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		switch wire.Kind(frame) {
		case wire.KindCallOpened:
			f, _ := wire.ParseCallOpened(frame)
			opened[f.Call] = true
		case wire.KindCallSignal:
			if f, _ := wire.ParseCallSignal(frame); !opened[f.Call] {
				t.Fatalf("call %d is spoken to before it is opened", f.Call)
			}
		case wire.KindCallEnd:
			if len(opened) != lines {
				t.Errorf("%d lines were opened", len(opened))
			}
			return
		}
	}
}
