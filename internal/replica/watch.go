package replica

import (
	"errors"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

// watchLetter begins the watches' side keys: hot ones, with the map's name behind.
const watchLetter = 'W'

// MaxWatches is how many maps a CA may watch.
const MaxWatches = 256

// Watches are the maps whose changes wake a CA. A watch is durable, and knows the version that was handled last: its method is called when the map is at
// another one, after a restart too, once for any number of changes.
type Watches struct{ hub *Hub }

// Watches is the feature beside the maps.
func (h *Hub) Watches() *Watches { return &Watches{h} }

// Letter begins the watches' side keys.
func (*Watches) Letter() byte { return watchLetter }

// NewPart makes the watches of an activation.
func (f *Watches) NewPart(ca *actor.CA) actor.Part { return &watches{hub: f.hub, ca: ca} }

type watches struct {
	hub     *Hub
	ca      *actor.CA
	all     []watch
	before  []watch // when the message began
	changed bool
}

// watch is one map with its method and the version that was handled last.
type watch struct {
	of      name.Name
	method  string
	epoch   uint64
	version uint64
	known   bool // the hub wakes the CA
	dirty   bool
}

func watchKey(of name.Name) []byte { return actor.HotKey(watchLetter, []byte(of.String())...) }

var errWatch = errors.New("replica: a stored watch is damaged or of a newer version")

// Load takes a stored watch.
func (p *watches) Load(key, value []byte) error {
	of, err := name.Parse(string(key[2:]))
	r := cbor.NewReader(value)
	if r.Array() != 3 || err != nil {
		return errWatch
	}
	w := watch{of: of, method: r.Text(), epoch: r.Uint(), version: r.Uint(), known: true}
	if r.Done() != nil {
		return errWatch
	}
	p.all = append(p.all, w)
	p.hub.watch(of.CA(), p.ca.Name(), p.ca.Rouser())
	p.ca.WakeAt(p.hub.now()) // it may have changed meanwhile
	return nil
}

func (p *watches) Begin() {
	p.before = append(p.before[:0], p.all...)
	p.changed = false
}

func (p *watches) Rollback() {
	p.all = append(p.all[:0], p.before...)
}

// AtStart has the CA looked at when the server starts.
func (p *watches) AtStart() bool { return len(p.all) > 0 }

// Next is the message for a map that is at another version than the one handled last.
func (p *watches) Next(int64) *actor.Message {
	for i := range p.all {
		w := &p.all[i]
		epoch, version, ok := p.newest(w.of)
		if ok && (epoch != w.epoch || version != w.version) {
			args := cbor.AppendText(cbor.AppendArrayHeader(nil, 2), w.of.String())
			return &actor.Message{
				Kind: actor.Changed, Method: w.method, Args: cbor.AppendUint(args, version), Ext: handled{w.of, epoch, version},
			}
		}
	}
	return nil
}

// handled is what a message about a change speaks of.
type handled struct {
	of             name.Name
	epoch, version uint64
}

// askAgain is when a map is looked at again that nobody could read, in µs.
const askAgain = 30_000_000

// newest is a map's version, if the CA may read the map.
func (p *watches) newest(of name.Name) (epoch, version uint64, ok bool) {
	var m *sharedmap.Map
	var err *wire.Error
	if of.CA() != p.ca.Name() {
		err = p.hub.opt.Judge(of.CA(), p.ca.Name(), of.Item, bus.Reader{}).Refusal()
	}
	if err == nil {
		m, err = p.hub.Newest(of)
	}
	if err != nil && err.Code == wire.Unavailable {
		p.ca.WakeAt(p.hub.now() + askAgain)
	}
	return m.Epoch(), m.Version(), err == nil
}

// Settled notes the version as handled, even where the method failed: the next change wakes the CA again.
func (p *watches) Settled(m *actor.Message, _ *wire.Error) {
	h := m.Ext.(handled)
	if i := p.find(h.of); i >= 0 {
		p.all[i].epoch, p.all[i].version, p.all[i].dirty = h.epoch, h.version, true
		p.changed = true
	}
}

func (p *watches) find(of name.Name) int {
	for i := range p.all {
		if p.all[i].of == of {
			return i
		}
	}
	return -1
}

// Encode writes what has changed, and has the hub wake the CA from then on.
func (p *watches) Encode(c *actor.Commit) {
	if p.changed {
		p.encodeChanges(c)
	}
	if len(p.all) > 0 {
		c.After(func() { p.leave(c) })
	}
}

// leave ends all watches of a CA that the commit has destroyed. Whether it does is not known before all parts are encoded; the CA has no turns any more.
func (p *watches) leave(c *actor.Commit) {
	if !c.Destroys() {
		return
	}
	for i := range p.all {
		p.hub.unwatch(p.all[i].of.CA(), p.ca.Name())
	}
}

func (p *watches) encodeChanges(c *actor.Commit) {
	for i := range p.before {
		if of := p.before[i].of; p.find(of) < 0 {
			c.Delete(watchKey(of))
			p.end(c, of.CA())
		}
	}
	for i := range p.all {
		if w := &p.all[i]; w.dirty {
			w.dirty = false
			b := cbor.AppendText(cbor.AppendArrayHeader(nil, 3), w.method)
			c.Put(watchKey(w.of), cbor.AppendUint(cbor.AppendUint(b, w.epoch), w.version))
		}
		p.begin(c, &p.all[i])
	}
}

// end has the hub leave the CA alone, if it watches no other map of that writer.
func (p *watches) end(c *actor.Commit, of name.Name) {
	for i := range p.all {
		if p.all[i].of.CA() == of {
			return
		}
	}
	hub, ca := p.hub, p.ca.Name()
	c.After(func() { hub.unwatch(of, ca) })
}

func (p *watches) begin(c *actor.Commit, w *watch) {
	if w.known {
		return
	}
	w.known = true
	hub, of, ca, rouse := p.hub, w.of.CA(), p.ca.Name(), p.ca.Rouser()
	c.After(func() {
		hub.watch(of, ca, rouse)
		rouse()
	})
}

var errWatches = wire.Err(wire.TooLarge, "A CA watches at most 256 maps.")

// Watch has a method of the CA called when a map is at another version than the one handled last; the first time soon. Watching it again replaces the method.
func (f *Watches) Watch(tx *actor.Tx, of name.Name, method string) (err error) {
	tx.Use(f, func(x actor.Part) {
		p := x.(*watches)
		i := p.find(of)
		if i < 0 && len(p.all) >= MaxWatches {
			err = errWatches
			return
		}
		if i < 0 {
			i = len(p.all)
			p.all = append(p.all, watch{of: of})
		}
		p.all[i].method, p.all[i].dirty = method, true
		p.changed = true
	})
	return err
}

// Unwatch ends a watch, and tells whether there was one.
func (f *Watches) Unwatch(tx *actor.Tx, of name.Name) (was bool) {
	tx.Use(f, func(x actor.Part) {
		p := x.(*watches)
		i := p.find(of)
		if was = i >= 0; was {
			p.all = append(p.all[:i:i], p.all[i+1:]...)
			p.changed = true
		}
	})
	return was
}

// watch has a function called, such as a CA's Rouser, when maps of a CA change; it is known by who asks: a CA, or a map that is followed.
func (h *Hub) watch(of, who name.Name, rouse func()) {
	w := h.writer(of)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watch == nil {
		w.watch = map[name.Name]func(){}
	}
	w.watch[who] = rouse
	w.listen()
}

func (h *Hub) unwatch(of, who name.Name) {
	if w := h.known(of); w != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.watch, who)
		w.listen()
	}
}
