package session

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

const featureKind = wire.FirstFeature + 5

func featureFrame(n int64) []byte {
	return cbor.AppendInt(cbor.AppendUint(cbor.AppendArrayHeader(nil, 2), featureKind), n)
}

// latest is a Source that only knows its newest value.
type latest struct{ newest, sent atomic.Int64 }

func (l *latest) Fill(dst []byte, _ int) ([]byte, bool) {
	n := l.newest.Load()
	if l.sent.Swap(n) == n {
		return dst, false
	}
	return AppendFrame(dst, featureFrame(n)), false
}

func TestAFeatureIsPulledWhenThereIsRoom(t *testing.T) {
	st := newStand(t, nil)
	conns, closed := make(chan *Conn, 1), make(chan *Conn, 1)
	st.srv.RegisterKind(featureKind, func(c *Conn, frame []byte) error {
		if ca, ok := c.Channel(1); !ok || ca != homeCA {
			t.Errorf("channel 1 is of %v, %v", ca, ok)
		}
		if _, ok := c.Channel(2); ok {
			t.Error("there is no channel 2")
		}
		conns <- c
		return nil
	})
	st.srv.OnClose(func(c *Conn) { closed <- c })
	p := st.hello("alice")
	p.open("phone", run1)
	p.sendRaw(featureFrame(0))
	c := <-conns
	var l latest
	for n := int64(1); n <= 1000; n++ { // the peer does not read
		l.newest.Store(n)
		c.Ready(&l)
	}
	frames := 0
	for {
		b, err := p.receive()
		if err != nil {
			t.Fatal(err)
		}
		frames++
		r := cbor.NewReader(b)
		r.Array()
		if r.Uint(); r.Int() == 1000 {
			break
		}
	}
	if frames > 3 {
		t.Errorf("%d frames for a client that reads late", frames)
	}
	p.ws.CloseNow()
	if <-closed != c {
		t.Error("another connection was closed")
	}
}

func TestOPS1_AFeaturesErrorEndsTheConnection(t *testing.T) {
	st := newStand(t, nil)
	st.srv.RegisterKind(featureKind, func(*Conn, []byte) error { return errors.New("secret") })
	p := st.hello("alice")
	p.sendRaw(featureFrame(0))
	if bye := p.expectBye(wire.BadRequest, -1, websocket.StatusPolicyViolation); bye.Message == "secret" {
		t.Error("the message tells too much")
	}
}

func TestKindsAreRegisteredOnce(t *testing.T) {
	srv := newStand(t, nil).srv
	ignore := func(*Conn, []byte) error { return nil }
	srv.RegisterKind(featureKind, ignore)
	for _, kind := range []uint64{featureKind, wire.KindRequest} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("kind %d was registered", kind)
				}
			}()
			srv.RegisterKind(kind, ignore)
		}()
	}
}
