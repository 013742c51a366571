package main

import (
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/dial"
	"github.com/wabgo/wab/internal/wire"
)

// Calls in the module: the native side of scripts, and what is drawn for them.

const room = "app:alice/home/room"

func TestModuleCallsAsPackageDialDoes(t *testing.T) {
	compareScripts(t, subject{
		begin: func(int64) []op {
			return []op{{Op: "openCall", A: room, Frame: []byte{1}}, {Op: "openCall", A: room}}
		},
		asked: func(frame []byte) (uint32, bool) { f, err := wire.ParseCallOpen(frame); return f.Call, err == nil },
		draw:  drawCall,
		shows: []string{"callOpened", "callSignal", "callState", "said", "hangUp"},
	})
}

func (p *native) inputCall(l *nativeLink, o op) {
	switch o.Op {
	case "openCall":
		call := l.calls.Open(o.Now, o.A, o.Frame)
		p.drainLink(o, l)
		p.log("call", call)
	case "helloCall":
		l.calls.Hello(uint32(o.N), o.Frame)
	case "sendCall":
		said := l.calls.Say(uint32(o.N), o.Frame)
		p.drainLink(o, l)
		p.log("said", bit(said))
	case "closeCall":
		l.calls.Close(uint32(o.N))
	}
}

func (p *native) drainCalls(id int32, l *nativeLink) {
	for e, ok := l.calls.Next(); ok; e, ok = l.calls.Next() {
		switch e.Kind {
		case dial.Send:
			l.SendFrame(e.Data)
		case dial.Turned:
			code, message, _ := reason(e.Err)
			p.log("callState", id, e.Call, e.State, code, message)
		case dial.Opened:
			p.log("callOpened", id, e.Call, bit(e.Resumed), e.Member, hex.EncodeToString(e.Data))
		case dial.Signal:
			p.log("callSignal", id, e.Call, hex.EncodeToString(e.Data))
		}
	}
}

func drawCall(r *rand.Rand, o *op, conn int32, number uint32) {
	payload := cbor.AppendBytes(nil, make([]byte, r.IntN(40)))
	if r.IntN(10) == 0 {
		payload = make([]byte, r.IntN(3)) // no item, one, or two
	}
	switch k := r.IntN(24); {
	case k < 2:
		o.Op, o.A, o.Frame = "openCall", room, payload
	case k < 4:
		o.Op, o.N, o.Frame = "helloCall", int32(1+r.IntN(4)), payload
	case k < 8:
		o.Op, o.N, o.Frame = "sendCall", int32(1+r.IntN(4)), payload
	case k < 9 && r.IntN(3) == 0:
		o.Op, o.N = "closeCall", int32(1+r.IntN(4))
	default:
		o.Op, o.N, o.Frame = "received", conn, drawCallFrame(r, number)
	}
}

func drawCallFrame(r *rand.Rand, number uint32) []byte {
	member := []string{"alice-12", "bob-1234"}[r.IntN(8)/7]
	codes := []wire.Code{wire.Overloaded, wire.Unavailable, wire.NotAllowed}
	switch k := r.IntN(60); {
	case k < 30:
		return wire.CallOpened{Call: number, Resumed: k < 3, Member: member, Secret: "psst", Payload: cbor.AppendUint(nil, uint64(k))}.Append(nil)
	case k < 34:
		return wire.CallEnd{Call: number, Err: wire.Error{Code: codes[r.IntN(8)/3], Message: "so", RetryAfter: int64(r.IntN(2000))}}.Append(nil)
	case k < 35:
		return []byte{0x82, 0x18, wire.KindCallSignal, 0}
	}
	return wire.CallSignal{Call: number, Payload: cbor.AppendBytes(nil, make([]byte, r.IntN(1<<r.IntN(12))))}.Append(nil)
}
