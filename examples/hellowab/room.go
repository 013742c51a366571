package hellowab

import "github.com/wabgo/wab/server"

// The call of a meeting is its CA's room of that name.
const roomLabel = "room"

// room is the meeting's call. Who is in the group "people" has all rights in it.
func room(tx *server.Tx) server.Room { return tx.Call(roomLabel) }

// Person is somebody in the call.
type Person struct {
	Principal  string   `json:"principal"`
	Session    string   `json:"session"` // a person may be there several times
	Publishing []string `json:"publishing"`
}

// People lists who is in the call, in the order in which they came: each tab for itself.
func (c *Meeting) People(tx *server.Tx) []Person {
	all := []Person{}
	for _, m := range room(tx).People() {
		all = append(all, Person{m.Principal, m.Session, append([]string{}, m.Publishing...)})
	}
	return all
}

// Mode chooses how all see the people: gallery, cutout or heads.
func (c *Meeting) Mode(tx *server.Tx, mode string) error { return room(tx).Mode(mode) }

// Lock keeps newcomers out, those who were admitted too; who is in stays.
func (c *Meeting) Lock(tx *server.Tx, locked bool) error { return room(tx).Lock(locked) }

// Mute keeps somebody's mic, camera or screen from all others; the mic where none are named.
func (c *Meeting) Mute(tx *server.Tx, principal string, sources []string) error {
	return room(tx).Mute(principal, sources...)
}

// Unmute takes a Mute back: they can be heard and seen again, when they wish.
func (c *Meeting) Unmute(tx *server.Tx, principal string) error { return room(tx).Unmute(principal) }

// OnCall takes away what somebody has brought who leaves the call.
func (c *Meeting) OnCall(tx *server.Tx, e server.CallEvent) error {
	if e.Joined {
		return nil
	}
	return withdrawAll(tx, func(d Device) bool { return d.Member == e.Member })
}
