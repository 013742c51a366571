package server

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wabgo/wab/internal/call"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Room is a meeting room of this CA: people in it see and hear each other, over the app that they share. Who comes in, and what they may do, is policy of this CA, by labels behind
// the room's name (Right), like those of maps; its state, open or locked for instance, is the map of the room's name, which its members mirror. Both count from the commit
// on, also for those who are in the room already: who may no longer be there is out at once.
//
// The owner may always come in and do all; others only what a rule or Admit allows.
type Room struct {
	tx   *Tx
	name string
	err  error
}

// Right is something that a rule about a room allows, as a label behind the room's name.
type Right string

// The rights.
const (
	Enter   Right = ""              // come in, see and hear
	Publish Right = call.MayPublish // show a camera, be heard
	Share   Right = call.MayShare   // show a screen
	Act     Right = call.MayAct     // act on the media timeline
)

var mays = []Right{Publish, Share, Act} // besides Enter

// Modes of a room: how its people are shown.
const (
	Gallery = "gallery" // in tiles
	Cutout  = "cutout"  // cut out of their backgrounds, over the app
	Heads   = "heads"   // as small round heads
)

const maxRoomName = name.MaxLabel - len(call.MayPublish)

// Call is the room of that name: 1 to 55 of a-z 0-9 and -, no hyphen at either end, and not ending like a Right, for what is allowed in the room hall would let into
// one named hall-act. A malformed one fails the whole message, and all that is asked of the room tells why.
func (tx *Tx) Call(room string) Room {
	err := name.CheckLabel(room)
	switch {
	case err != nil:
		err = wire.Err(wire.BadRequest, "A room's name is a label: "+err.Error()+".")
	case len(room) > maxRoomName:
		err = wire.Err(wire.BadRequest, fmt.Sprintf("A room's name has at most %d characters.", maxRoomName))
	case slices.ContainsFunc(mays, func(may Right) bool { return strings.HasSuffix(room, string(may)) }):
		err = wire.Err(wire.BadRequest, "A room's name doesn't end in -publish, -share or -act: what may be done in rooms is named so.")
	}
	if err != nil {
		tx.fail(err)
	}
	return Room{tx, room, err}
}

// Rooms are the names of this CA's rooms that are open, in alphabetical order.
func (tx *Tx) Rooms() []string { return tx.class.srv.attendance.Rooms(tx.tx) }

// Name is the room's full name, by which pages join it: app:owner/ca/room.
func (r Room) Name() string { return r.full().String() }

func (r Room) full() name.Name {
	n := r.tx.tx.Self()
	n.Item = r.name
	return n
}

func (r Room) state() Map { return r.tx.Map(r.name) }

// Open lets people come in. Opening a room that is open changes nothing.
func (r Room) Open() error {
	r.tx.changes("Room.Open")
	if r.err != nil || r.IsOpen() {
		return r.err
	}
	r.tx.class.srv.attendance.Know(r.tx.tx, r.name, true)
	return r.state().Set(call.KeyOpen, map[string]int64{"since": r.tx.tx.Now()})
}

// Close ends everybody's call. Rights stay, for the next time.
func (r Room) Close() error {
	r.tx.changes("Room.Close")
	if r.err != nil || !r.IsOpen() {
		return r.err
	}
	r.tx.class.srv.attendance.Know(r.tx.tx, r.name, false)
	_, err := r.state().Delete(call.KeyOpen)
	return err
}

// IsOpen tells whether people may come in.
func (r Room) IsOpen() bool { return r.err == nil && r.state().Has(call.KeyOpen) }

// Admit gives a person (bob) all rights in the room, and takes a Remove back. Members of rooms are people, by their clients: admitting a CA lets nobody in.
func (r Room) Admit(principal string) error { return r.AdmitTo(Principal(principal)) }

// AdmitTo gives a subject, a group for instance, these rights in the room and no others; without any it gives all. It takes a Remove of the same subject back.
func (r Room) AdmitTo(who Subject, may ...Right) error {
	r.tx.changes("Room.AdmitTo")
	if err := r.Dismiss(who); err != nil {
		return err
	}
	if len(may) == 0 {
		return r.tx.Allow(who, call.Labels(r.name)...)
	}
	labels := []string{r.name} // all else needs it
	for _, right := range may {
		if right != Enter && !slices.Contains(mays, right) {
			return wire.Err(wire.BadRequest, "A right in a room is Enter, Publish, Share or Act, not "+clip(string(right))+".")
		}
		if label := r.name + string(right); !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
	}
	slices.Sort(labels)
	return r.tx.Allow(who, labels...)
}

// Dismiss takes back all that AdmitTo, Admit and Remove have said of a subject. Members of an admitted group stay in the room, and so does the owner.
func (r Room) Dismiss(who Subject) error {
	r.tx.changes("Room.Dismiss")
	if err := cmp.Or(r.err, who.err); err != nil {
		return err
	}
	labels := call.Labels(r.name)
	for set := range 1 << (len(labels) - 1) {
		some := []string{labels[0]}
		for i, label := range labels[1:] {
			if set&(1<<i) != 0 {
				some = append(some, label)
			}
		}
		r.tx.Revoke(who, some...)
	}
	return nil
}

// Remove keeps a person out of the room, in which it may be, until it is admitted again; also where a group that it belongs to is admitted. The owner can't be removed: a room
// is closed instead.
func (r Room) Remove(principal string) error {
	r.tx.changes("Room.Remove")
	n, err := name.Parse(principal)
	if self := r.tx.tx.Self(); err == nil && n.In(self.App).AsOwner() == self.AsOwner() {
		err = wire.Err(wire.BadRequest, "The owner of a room can't be removed from it. Close it instead.")
	}
	if err != nil {
		return err
	}
	who := Principal(principal)
	if err := r.Dismiss(who); err != nil {
		return err
	}
	return r.tx.Deny(who, call.Labels(r.name)...)
}

// Sources of a member, for Mute.
const (
	Camera      = "camera"
	Mic         = "mic"
	Screen      = "screen"
	ScreenAudio = "screen-audio"
)

// Mute keeps what a person publishes from all others until Unmute: these sources, its microphone where none are named.
func (r Room) Mute(person string, sources ...string) error {
	r.tx.changes("Room.Mute")
	if len(sources) == 0 {
		sources = []string{Mic}
	}
	for _, s := range sources {
		if !slices.Contains([]string{Camera, Mic, Screen, ScreenAudio}, s) {
			return wire.Err(wire.BadRequest, "A source is camera, mic, screen or screen-audio, not "+clip(s)+".")
		}
	}
	key, err := r.muted(person)
	if err != nil {
		return err
	}
	return r.state().Set(key, sources)
}

// Unmute takes a Mute back.
func (r Room) Unmute(person string) error {
	r.tx.changes("Room.Unmute")
	key, err := r.muted(person)
	if err == nil {
		_, err = r.state().Delete(key)
	}
	return err
}

func (r Room) muted(person string) (key string, err error) {
	if r.err != nil {
		return "", r.err
	}
	n, err := name.Parse(person)
	if err == nil && n.Kind() == name.Item {
		err = wire.Err(wire.BadRequest, "A person is muted, by its name, bob say; "+clip(person)+" names a thing of a CA's.")
	}
	return call.KeyMuted + n.Owner, err
}

// Lock keeps everybody out who is not in the room yet, but for its owner; with false it lets them in again.
func (r Room) Lock(locked bool) error {
	r.tx.changes("Room.Lock")
	if r.err != nil {
		return r.err
	}
	if locked {
		return r.state().Set(call.KeyLocked, true)
	}
	_, err := r.state().Delete(call.KeyLocked)
	return err
}

// Mode says how people are shown: Gallery, Cutout or Heads.
func (r Room) Mode(mode string) error {
	r.tx.changes("Room.Mode")
	switch {
	case r.err != nil:
		return r.err
	case !slices.Contains([]string{Gallery, Cutout, Heads}, mode):
		return wire.Err(wire.BadRequest, "A room shows its people as gallery, cutout or heads, not as "+clip(mode)+".")
	}
	return r.state().Set(call.KeyMode, mode)
}

// Limit is how many may be in the room at most: up to 64, which is what it is unless said.
func (r Room) Limit(members int) error {
	r.tx.changes("Room.Limit")
	switch {
	case r.err != nil:
		return r.err
	case members < 1 || members > call.MaxMembers:
		return wire.Err(wire.BadRequest, fmt.Sprintf("A room is for 1 to %d members.", call.MaxMembers))
	}
	return r.state().Set(call.KeyMax, members)
}

// Member is somebody in a room, as it is right now: not of the transaction. One person may be there several times.
type Member struct {
	Principal  string    `json:"principal"`
	Session    string    `json:"session"` // its id, as long as it is in the room
	Name       string    `json:"name"`    // what it calls itself
	Publishing []string  `json:"publishing"`
	Since      time.Time `json:"since"`
}

// People are who is in the room, in the order in which they came.
func (r Room) People() []Member {
	all := []Member{}
	if r.err != nil {
		return all
	}
	for _, p := range r.tx.class.srv.calls.People(r.full()) {
		all = append(all, Member{p.Principal.Owner, p.Member, p.Name, p.Publishing, clock.FromMicros(p.Since)})
	}
	return all
}
