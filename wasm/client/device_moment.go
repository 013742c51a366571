package client

import (
	"time"

	"github.com/wabgo/wab/internal/bundle"
)

// Moment is the instant in a member's video, in a call, at which an action was made.
type Moment struct {
	Room   string // the room by its full name, app:owner/local/room
	Member string // whose video it is
	Action uint32 // which of the member's actions, from 1
	At     time.Time
}

// came is a moment that has come.
type came struct {
	moment bundle.Moment
	method string
	off    time.Duration
}

// ask has the app tell of a bundle's moment, if it has one, and if the app sees the video.
func (d *Device) ask(b *bundle.Bundle) {
	m := b.Moment
	if d.opt.Moments == nil || m == (bundle.Moment{}) {
		return
	}
	public := Moment{m.Room, m.Member, m.Action, time.UnixMicro(m.At).UTC()}
	d.note("moments", func(*Device) error {
		d.awaited[b.ID] = d.opt.Moments(public, time.UnixMicro(b.At).UTC(), func(method string, off time.Duration) { d.hear(came{m, method, off}) })
		return nil
	})
}

// hear takes a moment that has come, on whatever goroutine.
func (d *Device) hear(c came) {
	d.mu.Lock()
	d.came = append(d.came, c)
	d.mu.Unlock()
	d.wake()
}

// meet lets bundles start whose moments have come.
func (d *Device) meet(now int64) {
	d.mu.Lock()
	all := d.came
	d.came = nil
	d.mu.Unlock()
	for _, c := range all {
		d.scheduler.Moment(now, c.moment, c.method, c.off.Microseconds())
	}
}

// forget has the app no longer tell of a bundle's moment.
func (d *Device) forget(id string) {
	cancel := d.awaited[id]
	delete(d.awaited, id)
	if cancel != nil {
		d.note("moments", func(*Device) error { cancel(); return nil })
	}
}

// forgetAll is for the device's end.
func (d *Device) forgetAll() {
	for id := range d.awaited {
		d.forget(id)
	}
}
