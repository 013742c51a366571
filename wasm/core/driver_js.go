package main

import (
	"unsafe"

	"github.com/wabgo/wab/internal/clocksync"
	"github.com/wabgo/wab/internal/dial"
	"github.com/wabgo/wab/internal/follow"
	"github.com/wabgo/wab/internal/link"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

// driver passes the events of one Link, and of the maps, topics and calls on it, on to JavaScript.
type driver struct {
	id      int32
	link    *link.Link
	mirrors *sharedmap.Mirrors
	topics  *follow.Topics
	calls   *dial.Calls
	clock   clocksync.Clock
	timed   bool  // somebody follows the clock
	pinged  int64 // when a ping was last sent for it
	now     int64 // of the input that is being made
	wake    int64 // what JavaScript was told
	online  bool  // what mirrors, topics and calls were told
	flawed  bool  // a frame made no sense to them
}

var drivers = map[int32]*driver{}

func newDriver(id int32, token, client string) *driver {
	seed := randomSeed()
	d := &driver{
		id: id, mirrors: sharedmap.NewMirrors(seed), topics: follow.New(seed), calls: dial.New(seed),
		link: link.New(link.Config{Client: client, Token: token, Renews: true, Seed: seed, Run: randomRun}),
	}
	drivers[d.id] = d
	return d
}

// at finds a link for an input; nil if it is gone.
func at(link int32, now float64) *driver {
	d := drivers[link]
	if d != nil {
		d.now = int64(now)
	}
	return d
}

// drain tells what the Link, its maps, topics and calls want done, and when they want to be called again.
func (d *driver) drain() {
	for {
		d.drainMaps()
		d.drainTopics()
		d.drainCalls()
		e, ok := d.link.Next()
		if !ok {
			break
		}
		d.tell(e)
	}
	wake := sooner(sooner(d.link.Wake(), d.mirrors.Wake()), sooner(d.topics.Wake(), d.calls.Wake()))
	if wake = sooner(wake, d.pace()); wake != d.wake {
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
		d.changed(e.State.Status)
	case link.Opened:
		jsOpened(d.id, ch, flag(e.First), flag(e.Resumed))
	case link.Closed:
		code, message, _ := parts(e.Err)
		jsClosed(d.id, ch, code, message)
	case link.Answer:
		d.tellAnswer(e, p, n)
	case link.Note:
		jsNote(d.id, ch, float64(e.Seq), float64(e.Dropped), p, n)
	case link.Sample:
		d.compared(e.Instants)
	case link.Frame:
		if d.mirrors.Received(d.now, e.Data) != nil || d.topics.Received(d.now, e.Data) != nil || d.calls.Received(d.now, e.Data) != nil {
			d.flawed = true
		}
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
