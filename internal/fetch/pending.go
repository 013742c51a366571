package fetch

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/wire"
)

// pending is a fetch without an outcome.
type pending struct {
	id      uint64
	method  string // gets the outcome
	key     string // the Idempotency-Key
	at      int64  // the next try, µs UTC
	until   int64  // no try after it, µs UTC
	timeout time.Duration
	tries   uint64
	last    string        // what the last try came to
	size    int           // of the request, packed
	asked   bool          // by the framework
	first   time.Duration // the first wait; 0 for the usual one, as longest
	longest time.Duration
	lane    string
	tag     string
	minor   bool

	request []byte // packed; nil: it is to be read from the store
	durable atomic.Bool
	flight  *flight // the call under way or answered
	running bool    // its outcome is being handled
	unsaved bool    // at, tries and last are newer than in the store

	told   int   // how often its outcome was told to a handler of the framework's that failed
	tellAt int64 // no sooner than that it is told again, µs UTC

	unreadable bool // its request is damaged, or sealed under another key
}

// forever is the until of what has no end.
const forever = math.MaxInt64

// pendingBytes is about what a fetch takes besides its request and its method.
const pendingBytes = 120

var errUnreadable = wire.Err(wire.Internal, "The request that was stored can't be read: it is damaged, or the server has got a new key since. Ask for it again.")

var errStored = errors.New("fetch: a stored fetch is damaged or of a newer version")

func hotKey(id uint64) []byte {
	return actor.HotKey(new(Fetches).Letter(), binary.BigEndian.AppendUint64(nil, id)...)
}

func coldKey(id uint64) []byte {
	return actor.ColdKey(new(Fetches).Letter(), binary.BigEndian.AppendUint64(nil, id)...)
}

// The length of a stored fetch: those of the framework have their waits, lane and tag, and whether they are minor, in addition.
const (
	fields       = 8
	fieldsBefore = 12 // of the framework's, before there were minor ones
	fieldsAsked  = 13
)

func (q *pending) encode() []byte {
	n := fields
	if q.asked {
		n = fieldsAsked
	}
	b := cbor.AppendArrayHeader(nil, n)
	b = cbor.AppendText(b, q.method)
	b = cbor.AppendText(b, q.key)
	b = cbor.AppendInt(b, q.at)
	b = cbor.AppendInt(b, q.until)
	b = cbor.AppendInt(b, int64(q.timeout))
	b = cbor.AppendUint(b, q.tries)
	b = cbor.AppendText(b, q.last)
	b = cbor.AppendInt(b, int64(q.size))
	if q.asked {
		b = cbor.AppendInt(cbor.AppendInt(b, int64(q.first)), int64(q.longest))
		b = cbor.AppendBool(cbor.AppendText(cbor.AppendText(b, q.lane), q.tag), q.minor)
	}
	return b
}

func parsePending(key, value []byte) (*pending, error) {
	r := cbor.NewReader(value)
	n := r.Array()
	if len(key) != 10 || n != fields && n != fieldsBefore && n != fieldsAsked {
		return nil, errStored
	}
	q := &pending{id: binary.BigEndian.Uint64(key[2:]), asked: n != fields}
	q.durable.Store(true)
	q.method, q.key, q.at, q.until, q.timeout = r.Text(), r.Text(), r.Int(), r.Int(), time.Duration(r.Int())
	q.tries, q.last, q.size = r.Uint(), r.Text(), int(r.Int())
	if q.asked {
		q.first, q.longest, q.lane, q.tag = time.Duration(r.Int()), time.Duration(r.Int()), r.Text(), r.Text()
	}
	if n == fieldsAsked {
		q.minor = r.Bool()
	}
	if r.Done() != nil {
		return nil, errStored
	}
	return q, nil
}

// pack is a call as it is stored. Its timeout is not part of it.
func pack(c *outgoing.Call) []byte {
	b := cbor.AppendArrayHeader(nil, 4)
	b = cbor.AppendText(b, c.Method)
	b = cbor.AppendText(b, c.URL)
	n := 0
	for _, values := range c.Header {
		n += len(values)
	}
	b = cbor.AppendArrayHeader(b, 2*n)
	for key, values := range c.Header {
		for _, v := range values {
			b = cbor.AppendBytes(cbor.AppendText(b, key), []byte(v))
		}
	}
	return cbor.AppendBytes(b, c.Body)
}

func unpack(packed []byte) (c outgoing.Call, err error) {
	r := cbor.NewReader(packed)
	if r.Array() != 4 {
		return c, errStored
	}
	c = outgoing.Call{Method: r.Text(), URL: r.Text(), Header: http.Header{}}
	for range r.Array() / 2 {
		key := r.Text()
		c.Header.Add(key, string(r.Bytes()))
	}
	c.Body = r.Bytes()
	if r.Done() != nil {
		return c, errStored
	}
	return c, nil
}

// call is the request of the next try.
func (q *pending) call(packed []byte, now int64) (outgoing.Call, error) {
	c, err := unpack(packed)
	if err != nil {
		return c, err
	}
	if c.Header.Get("Idempotency-Key") == "" {
		c.Header.Set("Idempotency-Key", q.key)
	}
	if c.Timeout = q.timeout; c.Timeout == 0 {
		c.Timeout = outgoing.DefaultTimeout
	}
	if q.until != forever {
		c.Timeout = max(time.Microsecond, min(c.Timeout, time.Duration(q.until-now)*time.Microsecond))
	}
	return c, nil
}

const (
	firstWait = time.Second
	lastWait  = 15 * time.Minute
	storeWait = 30 * time.Second // a longer one is stored
)

// failed plans the next try after one that was not final.
func (q *pending) failed(now int64, last string, retryAfter time.Duration) {
	wait := q.wait()
	wait -= rand.N(wait/2 + 1)
	q.tries++
	q.last = last
	q.at = now + max(wait, retryAfter).Microseconds()
	q.unsaved = true
}

// wait is the longest pause after this many tries.
func (q *pending) wait() time.Duration {
	wait, longest := cmp.Or(max(0, q.first), firstWait), cmp.Or(max(0, q.longest), lastWait)
	for tries := q.tries; tries > 0 && wait < longest; tries-- {
		wait *= 2
	}
	return min(wait, longest)
}

// outcome is what becomes of a fetch by a call that has ended, nil if it is tried again.
func (q *pending) outcome(now int64, a outgoing.Answer, err *wire.Error) *Fetched {
	switch {
	case err == nil && final(a.Status):
		return &Fetched{Status: a.Status, Header: a.Header, Body: a.Body}
	case err == nil:
		q.failed(now, "the host answered with "+strconv.Itoa(a.Status)+".", retryAfter(a.Header, now))
	case passes(err.Code):
		q.failed(now, err.Message, 0)
	default:
		return &Fetched{Err: err}
	}
	return nil
}

// expired is the outcome of a fetch whose time is over.
func (q *pending) expired() *Fetched {
	text := "There was no answer in time."
	if q.last != "" {
		text = "There was no answer in time. The last try: " + q.last
	}
	return &Fetched{Err: wire.Err(wire.Deadline, text)}
}

// final tells whether an answer is one. The others ask for another try by their meaning: RFC 9110, RFC 8470 (425), RFC 6585 (429).
func final(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return status < 500
}

// passes tells whether a call that reached nobody may reach somebody later.
func passes(code wire.Code) bool { return code == wire.Unavailable || code == wire.Deadline }

// retryAfter is how long an answer asks to wait, in seconds or until an instant (RFC 9110, 10.2.3); 0 if it doesn't.
func retryAfter(h http.Header, now int64) time.Duration {
	text := h.Get("Retry-After")
	if n, err := strconv.ParseUint(text, 10, 32); err == nil {
		return min(MaxWithin, time.Duration(n)*time.Second)
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return max(0, min(MaxWithin, at.Sub(time.UnixMicro(now))))
}
