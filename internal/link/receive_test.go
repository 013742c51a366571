package link

import (
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

// FuzzReceived hands the link whatever a broken or hostile server may send: it must not panic, and answers nothing twice.
func FuzzReceived(f *testing.F) {
	for _, frame := range []interface{ Append([]byte) []byte }{
		wire.Reply{Ch: 1, ID: 1}, wire.Failure{Ch: 1, ID: 2, Err: wire.Error{Code: wire.Overloaded}}, wire.Failure{Ch: 1},
		wire.Note{Ch: 1, Seq: 1}, wire.Opened{Ch: 1}, wire.Pong{T: 1}, wire.Bye{ReconnectAfter: -1}, wire.Welcome{Owner: "alice"},
	} {
		f.Add(frame.Append(nil), frame.Append(nil))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		w := newWorld(t, 1)
		w.settle()
		for i := range 6 {
			w.request(i, w.now+hour)
		}
		for _, frame := range [][]byte{a, b, a} {
			w.l.Received(w.now, w.conn, frame)
			w.drain()
			w.pass(second)
		}
		w.l.Stop(w.now)
		w.drain()
		for req := range w.asked {
			if len(w.answers[req]) != 1 {
				t.Fatalf("request %d has %d answers", req, len(w.answers[req]))
			}
		}
	})
}
