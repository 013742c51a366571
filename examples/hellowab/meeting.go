package hellowab

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/wabgo/wab/server"
)

// Meeting is the Cloud Assistant: of a meeting, and of everybody's own devices.
type Meeting struct {
	DoorOpen bool // whoever knocks comes in
}

// The maps of a meeting. The people in it read all but those of the door, which are the owner's alone.
const (
	people  = "people"  // a group: who was admitted
	about   = "meeting" // "background", "door"
	devices = "devices" // what people have brought, by its name
	knocks  = "knocks"  // who waits outside
	removed = "removed" // a group: who was shown out
)

// forPeople are the methods and maps that the group opens.
var forPeople = []string{"People", "Background", "Devices", "Act", "ActAt", "Offer", "Withdraw", people, about, devices}

const maxPeople = 500

// Opened is where a meeting takes place.
type Opened struct {
	Room string `json:"room"` // the call's room, for <wab-call>
	URL  string `json:"url"`  // the page to invite to; only its path where the server doesn't know how it is reached
}

// Init lets nobody in, and everybody knock.
func (c *Meeting) Init(tx *server.Tx) error {
	return errors.Join(
		tx.Allow(server.Group(people), forPeople...),
		tx.Allow(server.Anyone(), "Knock"),
		room(tx).AdmitTo(server.Group(people)),
		tx.Deny(server.Group(removed), keptFrom...),
		tx.Map(people).Set(tx.Self().Owner, true), // so that whoever leans on the group lets the host in too
	)
}

// Open begins the meeting's call, or leaves it open, and tells where it is.
func (c *Meeting) Open(tx *server.Tx) (Opened, error) {
	self, r := tx.Self(), room(tx)
	return Opened{Room: r.Name(), URL: tx.PublicURL() + "/" + self.App + "/?ca=" + self.CA()}, r.Open()
}

// Close ends the call for all.
func (c *Meeting) Close(tx *server.Tx) error {
	return errors.Join(room(tx).Close(), tx.Map(devices).Clear(), tx.Map(knocks).Clear())
}

// Admit lets a principal (bob) or all members of somebody's group (bob/home/friends) in, and takes back that they were removed.
func (c *Meeting) Admit(tx *server.Tx, principal string) error {
	key, err := principalKey(tx, principal)
	if err != nil {
		return err
	}
	group := tx.Map(people)
	if !group.Has(key) && countAdmitted(tx) >= maxPeople {
		return fmt.Errorf("at most %d are admitted by name: remove some, or admit a group", maxPeople)
	}
	_, errR := tx.Map(removed).Delete(key)
	_, errK := tx.Map(knocks).Delete(key)
	if err := errors.Join(errR, errK); err != nil {
		return err
	}
	background, err := c.Background(tx)
	if err != nil {
		return err
	}
	tell(tx, key, "in")
	return errors.Join(group.Set(key, true), background.add(tx, key))
}

// keptFrom is what somebody who was removed may not do, whoever else vouches for them.
var keptFrom = append([]string{"Knock", roomLabel, roomLabel + string(server.Publish), roomLabel + string(server.Share), roomLabel + string(server.Act)}, forPeople...)

// Remove shows somebody out: they are no longer in the group, what they brought goes with them, and they can't knock until they are admitted again.
func (c *Meeting) Remove(tx *server.Tx, principal string) error {
	key, err := principalKey(tx, principal)
	if err != nil {
		return err
	}
	if isPrincipal(key) && ownerOf(key) == tx.Self().Owner {
		return errors.New("this is whose meeting it is")
	}
	is := func(who string, _ server.Value) bool { return who == key || strings.HasSuffix(who, ":"+key) }
	if err := errors.Join(drop(tx.Map(people), is), drop(tx.Map(knocks), is)); err != nil || isGroup(key) {
		return err
	}
	tell(tx, key, "out")
	return errors.Join(keepOut(tx, key), withdrawAll(tx, func(d Device) bool { return d.Owner == ownerOf(key) }))
}

// keepOut keeps a principal out by name, and forgets whom it has kept out longest where they are too many.
func keepOut(tx *server.Tx, key string) error {
	out := tx.Map(removed)
	if err := out.Set(key, tx.Now().UnixMicro()); err != nil || out.Len() <= maxPeople {
		return err
	}
	oldest, first := "", int64(math.MaxInt64)
	for who, v := range out.All() {
		var at int64
		if err := v.Decode(&at); err != nil {
			return err
		}
		if at < first && who != key {
			oldest, first = who, at
		}
	}
	_, err := out.Delete(oldest)
	return err
}
