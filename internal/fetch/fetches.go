package fetch

import (
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/wire"
)

// Limits of a CA's fetches.
const (
	MaxPending    = 100
	MaxBytes      = 8 << 20 // of requests
	DefaultWithin = 24 * time.Hour
	MaxWithin     = 7 * 24 * time.Hour

	atOnce = 8 // calls of a CA under way or answered
)

// Request is a call that a transaction asks for.
type Request struct {
	outgoing.Call
	Within time.Duration // how long it is tried; DefaultWithin if 0
}

// Fetched is the outcome of a fetch, as its message's Ext holds it.
type Fetched struct {
	ID     uint64
	Status int // 0 where there was no answer
	Header http.Header
	Body   []byte
	Err    *wire.Error // why there is no final answer
}

// Fetches is the feature: what CAs fetch, and the calls under way.
type Fetches struct {
	client *outgoing.Client
	clock  clock.Clock

	mu       sync.Mutex
	flights  map[string]*flight // by Idempotency-Key
	underway int                // of them
	quiet    chan struct{}      // not nil: no new call, and closed when the last one has ended
	closed   bool
}

// New makes the feature. The client stays the caller's to close, after Close.
func New(client *outgoing.Client, c clock.Clock) *Fetches {
	return &Fetches{client: client, clock: c, flights: map[string]*flight{}}
}

// Letter begins the fetches' side keys: a hot one with what is to be known, a cold one with the request.
func (*Fetches) Letter() byte { return 'F' }

// NewPart makes the fetches of an activation.
func (f *Fetches) NewPart(ca *actor.CA) actor.Part { return &part{fetches: f, ca: ca} }

func (f *Fetches) now() int64 { return clock.Micros(f.clock.Now()) }

var (
	errMany   = wire.Err(wire.TooLarge, "This assistant waits for 100 answers already; let some come, or cancel some.")
	errBytes  = wire.Err(wire.TooLarge, "This assistant has 8 MiB of requests under way; let some be answered first.")
	errWithin = wire.Err(wire.BadRequest, "A request is tried for 7 days at most.")
	errDoomed = wire.Err(wire.BadRequest, "This assistant is destroyed with this message: it can't wait for an answer.")
)

// Fetch has a call made once the transaction has committed, and the method called with its outcome, a *Fetched. It returns the fetch's id.
func (f *Fetches) Fetch(tx *actor.Tx, r Request, method string) (id uint64, err error) {
	if flaw := r.check(); flaw != nil {
		return 0, flaw
	}
	packed := pack(&r.Call)
	if err := tx.Spend(len(packed) + pendingBytes + len(method)); err != nil {
		return 0, err
	}
	tx.Use(f, func(x actor.Part) {
		p := x.(*part)
		if flaw := p.full(len(packed)); flaw != nil {
			err = flaw
			return
		}
		id = p.freeID(tx.Now())
		p.fresh = append(p.fresh, &pending{
			id: id, method: method, key: rand.Text(), at: tx.Now(), until: tx.Now() + r.Within.Microseconds(), timeout: r.Timeout, size: len(packed), request: packed,
		})
	})
	return id, err
}

func (r *Request) check() *wire.Error {
	if r.Within == 0 {
		r.Within = DefaultWithin
	}
	if r.Within < 0 || r.Within > MaxWithin {
		return errWithin
	}
	return r.Call.Check()
}

// Cancel ends a fetch, and tells whether it could: after its outcome's message has begun, it can't. The call may have been made.
func (f *Fetches) Cancel(tx *actor.Tx, id uint64) (was bool) {
	tx.Use(f, func(x actor.Part) { was = x.(*part).cancel(id) })
	return was
}
