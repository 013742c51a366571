package server

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"sync/atomic"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// deviceLetter begins the side keys of devices, all hot; the next byte tells what they hold.
const (
	deviceLetter = 'V'
	keyDevice    = 'd' // a device, by its name: the id of its token
	keyOutcome   = 'o' // an outcome for OnOutcome, by its number
	keyCommand   = 'c' // a command that waits, by its bundle's id
	keyShared    = 's' // a device that is shared, by its name: nothing
)

// deviceFeature keeps what CAs know of their devices besides the maps: the ids of their tokens, and the outcomes that the app has yet to hear of.
//
// The id that counts is the durable one: whoever comes with a token is asked for it (token). So a token ends with the commit that replaces it, whatever happens then.
type deviceFeature struct {
	clock clock.Clock
	read  func(ca string, key []byte) ([]byte, error)
	ended func(owner string) // has open connections look at their tokens again
	shows func(of name.Name, owner string, is func(value []byte) bool) bool
}

func (*deviceFeature) Letter() byte { return deviceLetter }

func (f *deviceFeature) NewPart(ca *actor.CA) actor.Part { return &devices{feature: f, ca: ca} }

// token is the id of the token that counts for a device of a CA (owner/local), empty for none.
func (f *deviceFeature) token(app, ca, device string) (id string, err error) {
	n, err := name.ParseCA(ca, app)
	if err != nil {
		return "", err
	}
	value, err := f.read(n.String(), deviceKey(keyDevice, device))
	return string(value), err
}

// devices are one activation's share.
type devices struct {
	feature *deviceFeature
	ca      *actor.CA
	books
	before books // when the message began
	ops    []deviceOp
	cut    bool        // the message ends a token
	cuts   atomic.Bool // that is durable, and connections have yet to be told
	lookAt int64       // when to look again whether devices that are shared are there
}

// books are never changed in place: those from before a message stay as they were.
type books struct {
	all      []knownDevice
	outcomes []waiting
	number   uint64 // of the last outcome
	commands []command
	shared   []sharing
}

// knownDevice is a device with the id of its token, empty for one that uses its owner's.
type knownDevice struct{ name, token string }

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

// Load takes what is stored. Outcomes that wait wake the CA.
func (p *devices) Load(key, value []byte) error {
	if len(key) < 3 {
		return errDevices
	}
	switch kind, rest := key[2], string(key[3:]); {
	case kind == keyDevice:
		p.all = append(p.all, knownDevice{rest, string(value)})
		return nil
	case kind == keyOutcome && len(rest) == 8:
		p.loadOutcome(binary.BigEndian.Uint64([]byte(rest)), value)
		return nil
	case kind == keyCommand:
		c, err := readCommand(rest, value)
		p.commands = append(p.commands, c)
		return err
	case kind == keyShared:
		p.shared = append(p.shared, sharing{rest, p.now()})
		return nil
	}
	return errDevices
}

func (p *devices) loadOutcome(number uint64, value []byte) {
	p.outcomes = append(p.outcomes, waiting{number, value})
	slices.SortFunc(p.outcomes, func(a, b waiting) int { return cmp.Compare(a.number, b.number) })
	p.number = max(p.number, number)
	p.ca.WakeAt(p.now())
}

func (p *devices) now() int64 { return clock.Micros(p.feature.clock.Now()) }

func (p *devices) Begin() { p.before, p.ops, p.cut = p.books, nil, false }

func (p *devices) Rollback() { p.books, p.ops, p.cut = p.before, nil, false }

// Encode writes what has changed.
func (p *devices) Encode(c *actor.Commit) {
	for _, op := range p.ops {
		if op.value == nil {
			c.Delete(op.key)
		} else {
			c.Put(op.key, op.value)
		}
	}
	p.ops = nil
	if p.cut {
		p.cut = false
		c.After(func() { p.tellConnections(c) })
	}
}

// Due has the CA tended, also after a restart, while something is to be done.
func (p *devices) Due() int64 {
	if len(p.outcomes) > 0 {
		return 1
	}
	at := p.expireAt()
	if len(p.shared) > 0 && (at == 0 || p.lookAt < at) {
		at = max(p.lookAt, 1)
	}
	return at
}

// Next is the message for what is to be done now.
func (p *devices) Next(now int64) *actor.Message {
	for _, next := range []func(int64) *actor.Message{p.nextOutcome, p.nextExpired, p.nextLapsed} {
		if m := next(now); m != nil {
			return m
		}
	}
	return nil
}

// Settled crosses off what a message was for, whatever became of it: nothing is to be tried for ever.
func (p *devices) Settled(m *actor.Message, err *wire.Error) {
	switch what := m.Ext.(type) {
	case uint64:
		p.told(what)
	case expired:
		for _, c := range what {
			p.settle(c.device, c.id)
		}
	case lapsed:
		p.lookAt = p.now() + lookEvery.Microseconds()
	}
}

// tellConnections has a turn of the CA do it, if there is one: the connections of one owner may be many, and others' effects wait.
func (p *devices) tellConnections(c *actor.Commit) {
	if c.Destroys() {
		p.feature.ended(p.ca.Name().Owner)
		return
	}
	p.cuts.Store(true)
	p.ca.WakeAt(p.now())
}

// Tend cuts connections off whose token has ended.
func (p *devices) Tend(int64) {
	if p.cuts.Swap(false) {
		p.feature.ended(p.ca.Name().Owner)
	}
}

func (p *devices) put(key, value []byte) { p.ops = append(p.ops, deviceOp{key, value}) }
func (p *devices) remove(key []byte)     { p.ops = append(p.ops, deviceOp{key: key}) }

func (p *devices) find(name string) int {
	return slices.IndexFunc(p.all, func(d knownDevice) bool { return d.name == name })
}

// maxDevices is how many devices a CA knows: each takes three of its 256 maps.
const maxDevices = 64

var errManyDevices = wire.Err(wire.Quota, "An assistant has at most 64 devices; forget one that is no longer used.")

// know enters a device into the books, with the id of its token or none. The token that it had before ends.
func (p *devices) know(name, token string) error {
	all := slices.Clone(p.all)
	i := p.find(name)
	switch {
	case i >= 0:
		p.cut = p.cut || all[i].token != ""
		all[i].token = token
	case len(all) >= maxDevices:
		return errManyDevices
	default:
		all = append(all, knownDevice{name, token})
	}
	p.all = all
	p.put(deviceKey(keyDevice, name), []byte(token))
	return nil
}

// forget ends a device and its token, if there is one of that name.
func (p *devices) forget(name string) {
	i := p.find(name)
	if i < 0 {
		return
	}
	p.cut = p.cut || p.all[i].token != ""
	p.all = slices.Delete(slices.Clone(p.all), i, i+1)
	p.remove(deviceKey(keyDevice, name))
	for _, c := range p.of(name) {
		p.settle(name, c.id)
	}
	p.unshare(name)
}

// forgetAll is for a CA that ends.
func (p *devices) forgetAll() {
	for _, d := range p.all {
		p.forget(d.name)
	}
}
