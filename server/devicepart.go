package server

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"sync/atomic"

	"github.com/wabgo/wab/internal/account"
	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/wire"
)

// deviceLetter begins the side keys of devices, all hot; the next byte tells what they hold.
const (
	deviceLetter = 'V'
	keyDevice    = 'd' // a device's token: its name
	keyEnded     = 'e' // a token to be revoked: its id
	keyOutcome   = 'o' // an outcome for OnOutcome: its number
)

// tokens are the accounts, as devices use them.
type tokens interface {
	// Refuse and RevokeStub end a token: the one at once, the other for good.
	Refuse(owner string, s account.Stub)
	RevokeStub(owner string, s account.Stub) error
}

// deviceFeature keeps what CAs know of their devices besides the maps: their tokens, those to be revoked, and the outcomes that the app has yet to hear of.
type deviceFeature struct {
	tokens tokens
	clock  clock.Clock
}

func (*deviceFeature) Letter() byte { return deviceLetter }

func (f *deviceFeature) NewPart(ca *actor.CA) actor.Part { return &devices{feature: f, ca: ca} }

// devices are one activation's share.
//
// A token's end is a key in the commit that takes it away. Once that is durable the token is refused, and a tending of its own writes the revocation down and
// removes the key: a crash between the two leaves the key, which has the CA looked at when the server starts.
type devices struct {
	feature *deviceFeature
	ca      *actor.CA
	books
	before  books // when the message began
	ops     []deviceOp
	durable atomic.Uint64 // ends up to this number are durable
	retryAt int64         // when a revocation is tried again that could not be written down, µs UTC
}

// books are never changed in place: those from before a message stay as they were.
type books struct {
	all      []knownDevice
	ended    []endedToken
	outcomes []waiting
	number   uint64 // of the last end or outcome
}

// knownDevice is a device with its token; one that uses its owner's has an empty stub.
type knownDevice struct {
	name string
	stub account.Stub
}

type endedToken struct {
	number uint64
	stub   account.Stub
}

// waiting is an outcome that OnOutcome has yet to hear of.
type waiting struct {
	number  uint64
	outcome []byte
}

// deviceOp is a side key to be written, or removed where there is no value.
type deviceOp struct{ key, value []byte }

var errDevices = errors.New("server: what is stored of a device is damaged or of a newer version")

func deviceKey(kind byte, rest string) []byte {
	return actor.HotKey(deviceLetter, append([]byte{kind}, rest...)...)
}

func outcomeKey(number uint64) []byte {
	return deviceKey(keyOutcome, string(binary.BigEndian.AppendUint64(nil, number)))
}

func appendStub(s account.Stub) []byte {
	return cbor.AppendInt(cbor.AppendText(cbor.AppendArrayHeader(nil, 2), s.ID), s.Expires)
}

func parseStub(value []byte) (s account.Stub, err error) {
	r := cbor.NewReader(value)
	if r.Array() != 2 {
		return s, errDevices
	}
	s.ID, s.Expires = r.Text(), r.Int()
	if r.Done() != nil {
		return s, errDevices
	}
	return s, nil
}

// Load takes what is stored. What it finds to be done is durable, and wakes the CA.
func (p *devices) Load(key, value []byte) error {
	if len(key) < 3 {
		return errDevices
	}
	kind, rest := key[2], string(key[3:])
	if kind == keyOutcome {
		return p.loadOutcome(rest, value)
	}
	stub, err := parseStub(value)
	switch {
	case err != nil:
		return err
	case kind == keyDevice:
		p.all = append(p.all, knownDevice{rest, stub})
	case kind == keyEnded && rest == stub.ID:
		p.ended = append(p.ended, endedToken{0, stub})
		p.ca.WakeAt(p.now())
	default:
		return errDevices
	}
	return nil
}

func (p *devices) loadOutcome(rest string, value []byte) error {
	if len(rest) != 8 {
		return errDevices
	}
	n := binary.BigEndian.Uint64([]byte(rest))
	p.outcomes = append(p.outcomes, waiting{n, value})
	slices.SortFunc(p.outcomes, func(a, b waiting) int { return cmp.Compare(a.number, b.number) })
	p.number = max(p.number, n)
	p.ca.WakeAt(p.now())
	return nil
}

func (p *devices) now() int64 { return clock.Micros(p.feature.clock.Now()) }

func (p *devices) Begin() { p.before, p.ops = p.books, nil }

func (p *devices) Rollback() { p.books, p.ops = p.before, nil }

// Encode writes what has changed. A token that has ended is refused before whoever ended it hears of that.
func (p *devices) Encode(c *actor.Commit) {
	for _, op := range p.ops {
		if op.value == nil {
			c.Delete(op.key)
		} else {
			c.Put(op.key, op.value)
		}
	}
	p.ops = nil
	if ended := p.ended[len(p.before.ended):]; len(ended) > 0 {
		p.end(c, ended)
	}
}

func (p *devices) end(c *actor.Commit, ended []endedToken) {
	owner, last := p.ca.Name().Owner, ended[len(ended)-1].number
	c.First(func() {
		for _, e := range ended {
			p.feature.tokens.Refuse(owner, e.stub)
		}
	})
	c.After(func() {
		p.durable.Store(last)
		p.ca.WakeAt(p.now())
	})
}

func (p *devices) put(key, value []byte) { p.ops = append(p.ops, deviceOp{key, value}) }
func (p *devices) remove(key []byte)     { p.ops = append(p.ops, deviceOp{key: key}) }

func (p *devices) find(name string) int {
	return slices.IndexFunc(p.all, func(d knownDevice) bool { return d.name == name })
}

// maxDevices is how many devices a CA knows: each takes three of its 256 maps.
const maxDevices = 64

var errManyDevices = wire.Err(wire.Quota, "An assistant has at most 64 devices; forget one that is no longer used.")

// know enters a device into the books, with a token or without one. The token that it had before ends.
func (p *devices) know(name string, stub account.Stub) error {
	all := slices.Clone(p.all)
	i := p.find(name)
	switch {
	case i >= 0:
		p.finish(all[i].stub)
		all[i].stub = stub
	case len(all) >= maxDevices:
		return errManyDevices
	default:
		all = append(all, knownDevice{name, stub})
	}
	p.all = all
	p.put(deviceKey(keyDevice, name), appendStub(stub))
	return nil
}

// forget tells whether the device was known. Its token ends.
func (p *devices) forget(name string) bool {
	i := p.find(name)
	if i < 0 {
		return false
	}
	p.finish(p.all[i].stub)
	p.all = slices.Delete(slices.Clone(p.all), i, i+1)
	p.remove(deviceKey(keyDevice, name))
	return true
}

// finish has a token end with the message's commit.
func (p *devices) finish(s account.Stub) {
	if s.ID == "" {
		return
	}
	p.number++
	p.ended = append(slices.Clip(p.ended), endedToken{p.number, s})
	p.put(deviceKey(keyEnded, s.ID), appendStub(s))
}

// stubs are all tokens that are not revoked for good.
func (p *devices) stubs() (all []account.Stub) {
	for _, d := range p.all {
		if d.stub.ID != "" {
			all = append(all, d.stub)
		}
	}
	for _, e := range p.ended {
		all = append(all, e.stub)
	}
	return all
}

// AtStart has the CA looked at where a crash may have come before a revocation was written down.
func (p *devices) AtStart() bool { return len(p.ended) > 0 }

// Idle keeps the CA in memory until its revocations are written down.
func (p *devices) Idle() bool { return len(p.ended) == 0 }

// revokeAgain is when a revocation is tried again that could not be written down, in µs.
const revokeAgain = 10_000_000

// Tend writes down the revocations of tokens whose end is durable.
func (p *devices) Tend(now int64) {
	p.retryAt = 0
	var left []endedToken
	for _, e := range p.ended {
		switch durable := e.number <= p.durable.Load(); {
		case !durable:
			left = append(left, e)
		case p.feature.tokens.RevokeStub(p.ca.Name().Owner, e.stub) != nil:
			left = append(left, e)
			p.retryAt = now + revokeAgain
		default:
			p.remove(deviceKey(keyEnded, e.stub.ID))
		}
	}
	p.ended = left
	p.before.ended = left // none of them ends with this commit
	p.ca.WakeAt(p.retryAt)
}

// Awaits has a revocation tried again where the CA was tended before it was time.
func (p *devices) Awaits() int64 { return p.retryAt }
