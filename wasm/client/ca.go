package client

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"

	"github.com/wabgo/wab/internal/link"
)

// CAOptions are how a session with a CA is to be.
type CAOptions struct {
	// Session names the session, a label that stays the same for as long as this client is the same to the CA, such as "thermostat".
	// Whoever opens the same one takes it over. The default is random: calls work, but the CA can't address it.
	Session string
	Keep    int         // how many notes the server holds while we are away or slow: 0 means 100, 1 the latest only
	OnNote  func(Note)  // hears notes, in order
	OnClose func(error) // hears, once, that the server has closed the session for good, and why
}

// Note is a notification from a CA.
type Note struct {
	Dropped uint64 // notes lost just before this one; all bits set if it is not known how many
	Value   []byte // CBOR; see Decode
}

// Unknown as the number of dropped notes: the server has forgotten the session meanwhile, notes may be lost.
const Unknown = ^uint64(0)

// maxNotes is how many notes wait for a slow handler.
const maxNotes = 1024

// CA is a session with a Cloud Assistant. Its methods may be called from many goroutines.
type CA struct {
	c   *Client
	ch  uint32
	opt CAOptions

	mu         sync.Mutex
	notes      []Note
	dropped    uint64 // before the next note that comes
	delivering bool   // deliver is queued or runs
}

// CA opens a session with a CA, app:owner/local. It returns at once; calls wait until the session is open.
func (c *Client) CA(name string, opt CAOptions) *CA {
	if opt.Session == "" {
		opt.Session = "go-" + strings.ToLower(rand.Text())
	}
	ca := &CA{c: c, opt: opt}
	c.do(func() {
		ca.ch = c.link.Open(c.now(), name, opt.Session, uint32(opt.Keep))
		c.cas[ca.ch] = ca
	})
	return ca
}

// Call calls a method and decodes its result into result, which may be nil. Where ctx ends first, the call may still take effect.
// Errors are *Error, those of ctx or of encoding, or ErrClosed.
func (ca *CA) Call(ctx context.Context, result any, method string, args ...any) error {
	encoded, err := encodeArgs(args)
	if err != nil {
		return err
	}
	answer := make(chan link.Event, 1)
	req, err := ca.request(ctx, method, encoded, answer)
	if err != nil {
		return err
	}
	select {
	case e := <-answer:
		return decodeAnswer(e, result)
	case <-ctx.Done():
		ca.cancel(req)
		return ctx.Err()
	}
}

func (ca *CA) request(ctx context.Context, method string, args []byte, answer chan<- link.Event) (req uint64, err error) {
	c := ca.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return 0, ErrClosed
	}
	now := c.now()
	req = c.link.Request(now, ca.ch, method, args, deadlineOf(ctx, now))
	c.calls[req] = answer
	c.drain()
	return req, nil
}

func (ca *CA) cancel(req uint64) {
	ca.c.do(func() {
		delete(ca.c.calls, req)
		ca.c.link.Cancel(ca.c.now(), req)
	})
}

// Close ends the session for good: its notes are dropped, and calls that wait are answered with an error.
func (ca *CA) Close() {
	ca.c.do(func() {
		ca.c.link.Close(ca.c.now(), ca.ch)
		delete(ca.c.cas, ca.ch)
	})
}

// note, opened and closed are called with Client.mu held.
func (ca *CA) note(e link.Event) {
	if ca == nil || ca.opt.OnNote == nil {
		return
	}
	ca.mu.Lock()
	defer ca.mu.Unlock()
	if len(ca.notes) == maxNotes {
		lost := ca.notes[0]
		ca.notes = ca.notes[1:]
		ca.notes[0].Dropped = plus(plus(lost.Dropped, 1), ca.notes[0].Dropped)
	}
	ca.notes = append(ca.notes, Note{Dropped: plus(ca.dropped, e.Dropped), Value: e.Data})
	ca.dropped = 0
	if !ca.delivering {
		ca.delivering = true
		ca.c.todo.add(ca.deliver)
	}
}

// plus adds numbers of notes, where Unknown stays.
func plus(a, b uint64) uint64 {
	if a == Unknown || b == Unknown {
		return Unknown
	}
	return a + b
}

// deliver hands out the notes that are there.
func (ca *CA) deliver() {
	for {
		n, ok := ca.next()
		if !ok {
			return
		}
		ca.opt.OnNote(n)
	}
}

func (ca *CA) next() (n Note, ok bool) {
	ca.mu.Lock()
	defer ca.mu.Unlock()
	if len(ca.notes) == 0 {
		ca.notes, ca.delivering = nil, false
		return Note{}, false
	}
	n, ca.notes = ca.notes[0], ca.notes[1:]
	return n, true
}

func (ca *CA) opened(e link.Event) {
	if ca == nil || e.Resumed || e.First {
		return
	}
	ca.mu.Lock()
	defer ca.mu.Unlock()
	ca.dropped = Unknown
}

func (ca *CA) closed(e link.Event) {
	if ca == nil {
		return
	}
	delete(ca.c.cas, ca.ch)
	if ca.opt.OnClose != nil {
		ca.c.todo.add(func() { ca.opt.OnClose(e.Err) })
	}
}
