package fetch

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/wire"
)

// Limits of a CA's fetches. What the framework asks for on its behalf counts apart from what the app does.
const (
	MaxPending    = 100
	MaxAsked      = 1000
	MaxBytes      = 8 << 20 // of requests, of either kind
	DefaultWithin = 24 * time.Hour
	MaxWithin     = 7 * 24 * time.Hour
	MaxTag        = 512 // bytes of a Tag, and of a Lane
)

// Request is a call that a transaction asks for.
type Request struct {
	outgoing.Call
	Within time.Duration // how long it is tried; DefaultWithin if 0

	// For Ask only:
	First    time.Duration // the wait after the first try; a second if 0
	LastWait time.Duration // the longest wait; 15 minutes if 0
	Forever  bool          // it is tried until there is an answer, or a Cancel; Within doesn't count
	Lane     string        // those of a lane are made one after the other, as they were asked for; empty for none; up to MaxTag bytes
	Tag      string        // comes back with the outcome; up to MaxTag bytes
	Minor    bool          // what strangers cause: a quarter of the places, at most
}

// Fetched is the outcome of a fetch, as its message's Ext holds it.
type Fetched struct {
	ID     uint64
	Asked  bool // by Ask
	Tag    string
	Status int // 0 where there was no answer
	Header http.Header
	Body   []byte
	Err    *wire.Error // why there is no final answer
}

// Fetches is the feature: what CAs fetch, and the calls under way.
type Fetches struct {
	client   *outgoing.Client
	clock    clock.Clock
	seal     seal
	carriers map[string]Carrier // by scheme

	mu       sync.Mutex
	flights  map[string]*flight // by Idempotency-Key
	underway int                // of them
	quiet    chan struct{}      // not nil: no new call, and closed when the last one has ended
	closed   bool
}

// Options are what Fetches are made of. All are needed.
type Options struct {
	Client *outgoing.Client // stays the caller's to close, after Close
	Clock  clock.Clock
	Key    []byte // that requests are sealed under, 32 random bytes: what was asked for under another one can't be sent any more
}

// New makes the feature.
func New(o Options) *Fetches {
	return &Fetches{client: o.Client, clock: o.Clock, seal: newSeal(o.Key), carriers: map[string]Carrier{}, flights: map[string]*flight{}}
}

// Letter begins the fetches' side keys: a hot one with what is to be known, a cold one with the request.
func (*Fetches) Letter() byte { return 'F' }

// NewPart makes the fetches of an activation.
func (f *Fetches) NewPart(ca *actor.CA) actor.Part { return &part{fetches: f, ca: ca} }

func (f *Fetches) now() int64 { return clock.Micros(f.clock.Now()) }

var (
	errMany   = wire.Err(wire.TooLarge, "This assistant waits for 100 answers already; let some come, or cancel some.")
	errAsked  = wire.Err(wire.TooLarge, "This assistant has 1000 messages to other servers under way; let some arrive first.")
	errBytes  = wire.Err(wire.TooLarge, "This assistant has 8 MiB of requests under way; let some be answered first.")
	errTag    = wire.Err(wire.Internal, "A message to another server has too long a tag, or lane: 512 bytes are allowed.")
	errWithin = wire.Err(wire.BadRequest, "A request is tried for 7 days at most.")
	errDoomed = wire.Err(wire.BadRequest, "This assistant is destroyed with this message: it can't wait for an answer.")
)

// Fetch has a call made once the transaction has committed, and the method called with its outcome, a *Fetched. It returns the fetch's id.
func (f *Fetches) Fetch(tx *actor.Tx, r Request, method string) (id uint64, err error) {
	if flaw := r.Call.Check(); flaw != nil {
		return 0, flaw
	}
	return f.add(tx, r, &pending{method: method})
}

// Ask is Fetch for calls of the framework's own. They may go to carriers, wait as the request says, and have limits apart from those of the app.
func (f *Fetches) Ask(tx *actor.Tx, r Request, method string) (id uint64, err error) {
	if len(r.Tag) > MaxTag || len(r.Lane) > MaxTag {
		return 0, errTag
	}
	if flaw := f.checkAsk(r.Call); flaw != nil {
		return 0, flaw
	}
	return f.add(tx, r, &pending{method: method, asked: true, first: r.First, longest: r.LastWait, lane: r.Lane, tag: r.Tag, minor: r.Minor})
}

func (f *Fetches) add(tx *actor.Tx, r Request, q *pending) (id uint64, err error) {
	if q.until = r.until(tx.Now(), q.asked); q.until == 0 {
		return 0, errWithin
	}
	q.request = pack(&r.Call)
	q.key, q.at, q.timeout, q.size = rand.Text(), tx.Now(), r.Timeout, len(q.request)
	if err := tx.Spend(q.size + pendingBytes + len(q.method) + len(q.lane) + len(q.tag)); err != nil {
		return 0, err
	}
	tx.Use(f, func(x actor.Part) {
		p := x.(*part)
		if flaw := p.full(q); flaw != nil {
			err = flaw
			return
		}
		id = p.freeID(tx.Now())
		q.id = id
		p.fresh = append(p.fresh, q)
	})
	return id, err
}

// until is the instant after which a request is not tried, 0 if it may not be that late.
func (r *Request) until(now int64, asked bool) int64 {
	switch {
	case asked && r.Forever:
		return forever
	case r.Within < 0 || r.Within > MaxWithin:
		return 0
	}
	return now + cmp.Or(r.Within, DefaultWithin).Microseconds()
}

// Cancel ends a fetch, and tells whether it could: after its outcome's message has begun, it can't. The call may have been made.
func (f *Fetches) Cancel(tx *actor.Tx, id uint64) (was bool) {
	tx.Use(f, func(x actor.Part) { was = x.(*part).cancel(id) })
	return was
}
