package call

import (
	"errors"
	"slices"
	"strings"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// letter begins the side keys of rooms, all hot; the next byte tells what they hold.
const (
	letter    = 'R'
	keyRoom   = 'r' // a room, by its label
	keyMember = 'm' // who the CA has been told is there: label/member
)

// OnCall is the method that hears who comes and goes.
const OnCall = "OnCall"

// Event is what OnCall hears of.
type Event struct {
	Room, Member string
	Principal    name.Name
	Joined       bool // else it has left
	At           int64
}

// Attendance is the feature by which a CA knows its rooms, and hears who comes and goes, each time once, through restarts: what was told is stored with the transaction that
// heard it.
type Attendance struct {
	hub   *Hub
	hears func(app string) bool
}

// Attendance makes the feature; hears tells which apps have an OnCall.
func (h *Hub) Attendance(hears func(app string) bool) *Attendance { return &Attendance{h, hears} }

// Letter begins the side keys.
func (*Attendance) Letter() byte { return letter }

// NewPart makes an activation's share.
func (f *Attendance) NewPart(ca *actor.CA) actor.Part { return &roll{feature: f, ca: ca} }

// Know has the CA hear of a room, or with known unset not any more.
func (f *Attendance) Know(tx *actor.Tx, room string, known bool) {
	tx.Use(f, func(x actor.Part) { x.(*roll).know(room, known) })
}

// Rooms are the CA's rooms that are open, in alphabetical order.
func (f *Attendance) Rooms(tx *actor.Tx) (all []string) {
	tx.Use(f, func(x actor.Part) { all = slices.Clone(x.(*roll).rooms) })
	return all
}

// A roll is the attendance of one CA.
type roll struct {
	feature *Attendance
	ca      *actor.CA
	book
	before book // when the message began
	ops    []op
}

// A book is never changed in place.
type book struct {
	rooms []string // sorted
	told  []presence
}

// presence is a member that the CA has been told of.
type presence struct {
	room, member string
	principal    name.Name
	at           int64
}

type op struct{ key, value []byte } // no value: deleted

var errRoll = errors.New("call: what is stored of a room is damaged or of a newer version")

func roomKey(room string) []byte { return actor.HotKey(letter, append([]byte{keyRoom}, room...)...) }

func memberKey(room, member string) []byte {
	return actor.HotKey(letter, append([]byte{keyMember}, room+"/"+member...)...)
}

// Load takes what is stored.
func (p *roll) Load(key, value []byte) error {
	if len(key) < 3 {
		return errRoll
	}
	switch rest := string(key[3:]); key[2] {
	case keyRoom:
		p.rooms = append(p.rooms, rest)
		slices.Sort(p.rooms)
	case keyMember:
		room, member, ok := strings.Cut(rest, "/")
		r := cbor.NewReader(value)
		if r.Array() != 2 {
			return errRoll
		}
		who, err := name.Parse(r.Text())
		at := r.Int()
		if !ok || err != nil || r.Done() != nil {
			return errRoll
		}
		p.told = append(p.told, presence{room, member, who, at})
		p.ca.WakeAt(p.feature.hub.now())
	default:
		return errRoll
	}
	return nil
}

func (p *roll) Begin()    { p.before, p.ops = p.book, nil }
func (p *roll) Rollback() { p.book, p.ops = p.before, nil }

// AtStart has the CA looked at when the server starts: whoever was there may not come back.
func (p *roll) AtStart() bool { return len(p.told) > 0 }

// Encode writes what has changed.
func (p *roll) Encode(c *actor.Commit) {
	for _, o := range p.ops {
		if o.value == nil {
			c.Delete(o.key)
		} else {
			c.Put(o.key, o.value)
		}
	}
	if len(p.ops) > 0 {
		c.After(p.ca.Rouser()) // somebody may be in a room that has just become known
	}
	p.ops = nil
}

func (p *roll) know(room string, known bool) {
	i, found := slices.BinarySearch(p.rooms, room)
	switch {
	case found == known:
	case known:
		p.rooms = slices.Insert(slices.Clone(p.rooms), i, room)
		p.ops = append(p.ops, op{roomKey(room), cbor.AppendNull(nil)})
	default:
		p.rooms = slices.Delete(slices.Clone(p.rooms), i, i+1)
		p.ops = append(p.ops, op{roomKey(room), nil})
	}
}

// Next is the message about somebody who has come or gone since the CA was told last.
func (p *roll) Next(now int64) *actor.Message {
	if !p.feature.hears(p.ca.Name().App) || p.feature.hub.ending() { // nobody leaves because the server stops
		return nil
	}
	here := map[string][]Person{}
	for _, room := range p.rooms {
		here[room] = p.feature.hub.People(p.roomName(room))
	}
	for _, t := range p.told {
		if !slices.ContainsFunc(here[t.room], func(o Person) bool { return o.Member == t.member }) && !p.expected(t, now) {
			return p.message(Event{t.room, t.member, t.principal, false, now})
		}
	}
	for _, room := range p.rooms {
		for _, o := range here[room] {
			if p.index(room, o.Member) < 0 {
				return p.message(Event{room, o.Member, o.Principal, true, o.Since})
			}
		}
	}
	return nil
}

// expected tells whether a member may still come back from before a restart; then the CA is woken when its time is over.
func (p *roll) expected(t presence, now int64) bool {
	h := p.feature.hub
	until := h.begun + h.opt.Away.Microseconds()
	if t.at < h.begun && now < until {
		p.ca.WakeAt(until)
		return true
	}
	return false
}

func (p *roll) message(e Event) *actor.Message {
	return &actor.Message{Kind: actor.Changed, Method: OnCall, Args: cbor.AppendArrayHeader(nil, 0), Ext: e}
}

func (p *roll) roomName(room string) name.Name {
	n := p.ca.Name()
	n.Item = room
	return n
}

func (p *roll) index(room, member string) int {
	return slices.IndexFunc(p.told, func(t presence) bool { return t.room == room && t.member == member })
}

// Settled notes what was told, whatever OnCall has said.
func (p *roll) Settled(m *actor.Message, _ *wire.Error) {
	e := m.Ext.(Event)
	i := p.index(e.Room, e.Member)
	switch {
	case e.Joined && i < 0:
		p.told = append(slices.Clone(p.told), presence{e.Room, e.Member, e.Principal, e.At})
		value := cbor.AppendText(cbor.AppendArrayHeader(nil, 2), e.Principal.String())
		p.ops = append(p.ops, op{memberKey(e.Room, e.Member), cbor.AppendInt(value, e.At)})
	case !e.Joined && i >= 0:
		p.told = slices.Delete(slices.Clone(p.told), i, i+1)
		p.ops = append(p.ops, op{memberKey(e.Room, e.Member), nil})
	}
}
