package server

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/wabgo/wab/internal/session"
)

const (
	patrolEvery = time.Second / 4
	// patience is how long somebody may take nothing of an answer while the server ends.
	patience = session.DefaultDrainPatience
)

// doorkeeper knows the connections that have not upgraded, and closes those that are too many, whoever they are from. When the server ends it closes those
// that net/http would wait for in vain.
type doorkeeper struct {
	most int

	mu     sync.Mutex
	in     map[net.Conn]*visitor
	closed bool // nobody is let in any more
}

// visitor is one of them.
type visitor struct {
	state    http.ConnState
	answered bool // the handler has returned: what is left of the answer goes out, and what nobody has read of the request is passed over
	session.Vigil
}

func newDoorkeeper(files int) *doorkeeper {
	return &doorkeeper{most: files / 4, in: map[net.Conn]*visitor{}}
}

// watch is an http.Server's ConnState.
func (d *doorkeeper) watch(c net.Conn, now http.ConnState) {
	if !d.note(c, now) {
		cut(c)
	}
}

// note tells whether a connection may stay.
func (d *doorkeeper) note(c net.Conn, now http.ConnState) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch now {
	case http.StateNew:
		if d.closed || len(d.in) >= d.most {
			return false
		}
		d.in[c] = &visitor{state: now}
	case http.StateHijacked, http.StateClosed:
		delete(d.in, c)
	default:
		if v := d.in[c]; v != nil {
			v.state, v.answered = now, false
		}
	}
	return true
}

type connKey struct{}

// know is an http.Server's ConnContext.
func (d *doorkeeper) know(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// serve has requests handled, and notes that they are. Over HTTP/2 a connection has several at a time, and net/http sees to it.
func (d *doorkeeper) serve(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		if c, ok := r.Context().Value(connKey{}).(net.Conn); ok && r.ProtoMajor < 2 {
			d.answered(c)
		}
	})
}

func (d *doorkeeper) answered(c net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if v := d.in[c]; v != nil {
		v.answered = true
	}
}

// close lets nobody in any more, and sends those away that have not asked for anything yet: no request of theirs has been read whole.
func (d *doorkeeper) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for c, v := range d.in {
		if v.state == http.StateNew {
			cut(c)
		}
	}
}

// patrol cuts off, until the context ends, who takes nothing of an answer.
func (d *doorkeeper) patrol(ctx context.Context) {
	rounds := time.NewTicker(patrolEvery)
	defer rounds.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-rounds.C:
			d.round(now.UnixMicro(), session.Unsent)
		}
	}
}

// round looks at all whose requests are under way. Somebody of whose answer nothing is left to send may be waiting for more of it, unless it has been given.
func (d *doorkeeper) round(now int64, unsent func(net.Conn) (left int, taken uint64)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c, v := range d.in {
		var left int
		var taken uint64
		if v.state == http.StateActive {
			left, taken = unsent(c)
		}
		if left == 0 && !v.answered {
			v.Vigil = session.Vigil{}
		} else if v.Over(left, taken, now, patience.Microseconds()) {
			cut(c)
		}
	}
}

// cut closes a connection without a word: TLS would wait for room to say one.
func cut(c net.Conn) {
	if t, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = t.NetConn()
	}
	_ = c.Close()
}
