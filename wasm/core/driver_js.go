package main

import (
	"unsafe"

	"github.com/wabgo/wab/internal/link"
	"github.com/wabgo/wab/internal/wire"
)

// driver passes the events of one Link on to JavaScript.
type driver struct {
	id   int32
	link *link.Link
	wake int64 // what JavaScript was told
}

var drivers = map[int32]*driver{}

func newDriver(id int32, token, client string) *driver {
	d := &driver{id: id, link: link.New(link.Config{Client: client, Token: token, Renews: true, Seed: randomSeed(), Run: randomRun})}
	drivers[d.id] = d
	return d
}

// drain tells what the Link wants done, and when it wants to be called again.
func (d *driver) drain() {
	for {
		e, ok := d.link.Next()
		if !ok {
			break
		}
		d.tell(e)
	}
	if wake := d.link.Wake(); wake != d.wake {
		d.wake = wake
		jsWake(d.id, float64(wake))
	}
}

func (d *driver) tell(e link.Event) {
	p, n := unsafe.Pointer(unsafe.SliceData(e.Data)), int32(len(e.Data))
	conn, ch := int32(e.Conn), int32(e.Ch)
	switch e.Kind {
	case link.Dial:
		jsDial(d.id, conn)
	case link.HangUp:
		jsHangUp(d.id, conn)
	case link.Send:
		jsSend(d.id, conn, p, n)
	case link.Token:
		jsRenew(d.id)
	case link.Changed:
		code, message, _ := parts(e.State.Reason)
		jsState(d.id, int32(e.State.Status), float64(e.State.Next), code, message)
	case link.Opened:
		jsOpened(d.id, ch, flag(e.First), flag(e.Resumed))
	case link.Closed:
		code, message, _ := parts(e.Err)
		jsClosed(d.id, ch, code, message)
	case link.Answer:
		d.tellAnswer(e, p, n)
	case link.Note:
		jsNote(d.id, ch, float64(e.Seq), float64(e.Dropped), p, n)
	}
}

func (d *driver) tellAnswer(e link.Event, p unsafe.Pointer, n int32) {
	if e.Err == nil {
		jsReply(d.id, int32(e.Ch), float64(e.Req), p, n)
		return
	}
	code, message, retry := parts(e.Err)
	jsFailure(d.id, int32(e.Ch), float64(e.Req), code, message, retry)
}

func parts(err *wire.Error) (code, message string, retryAfter float64) {
	if err == nil {
		return "", "", 0
	}
	return string(err.Code), err.Message, float64(err.RetryAfter)
}

func flag(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

// randomRun makes a run of 128 random bits.
func randomRun() string {
	const digits = "0123456789abcdef"
	var b [16]byte
	jsRandom(unsafe.Pointer(&b), int32(len(b)))
	run := make([]byte, 0, 2*len(b))
	for _, x := range b {
		run = append(run, digits[x>>4], digits[x&15])
	}
	return string(run)
}

func randomSeed() uint64 {
	var seed uint64
	jsRandom(unsafe.Pointer(&seed), 8)
	return seed
}
