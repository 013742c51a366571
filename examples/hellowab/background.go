package hellowab

import (
	"errors"

	"github.com/wabgo/wab/server"
)

// Background is what the people see beneath the call.
type Background struct {
	App string `json:"app"`
	CA  string `json:"ca"` // alice/board for all the same one; board for everybody's own
}

// SetBackground has everybody's page show an app: ca is one for all (alice/board), or everybody's own (home). The CA of one for all may from now on read the group of this meeting, in
// which people then are as principals of that app too: so it can let them in, if its owner says so there. An empty app takes the background away.
func (c *Meeting) SetBackground(tx *server.Tx, app, ca string) error {
	m := tx.Map(about)
	old, err := c.Background(tx)
	if err == nil {
		err = old.letGo(tx)
	}
	if err != nil {
		return err
	}
	if app == "" {
		_, err := m.Delete("background")
		return err
	}
	b := Background{app, ca}
	if err := errors.Join(b.check(tx), b.lean(tx)); err != nil {
		return err
	}
	return m.Set("background", b)
}

// byBackground is the value of people who are in the group as principals of the background's app.
const byBackground = "background"

// lean lets the background's CA know who is in the meeting.
func (b *Background) lean(tx *server.Tx) error {
	if b == nil || !b.shared() {
		return nil
	}
	if err := tx.Allow(server.Principal(b.name()), people); err != nil {
		return err
	}
	for who := range tx.Map(people).All() {
		if err := b.add(tx, who); err != nil {
			return err
		}
	}
	return nil
}

// add has somebody in the group as a principal of the background's app.
func (b *Background) add(tx *server.Tx, who string) error {
	if b == nil || !b.shared() || !isPrincipal(who) || tx.Map(people).Has(b.App+":"+who) {
		return nil
	}
	return tx.Map(people).Set(b.App+":"+who, byBackground)
}

// letGo takes back what lean has given.
func (b *Background) letGo(tx *server.Tx) error {
	if b == nil || !b.shared() {
		return nil
	}
	tx.Revoke(server.Principal(b.name()), people)
	return drop(tx.Map(people), isByBackground)
}

func isByBackground(_ string, v server.Value) bool {
	var by any
	return v.Decode(&by) == nil && by == byBackground
}

// countAdmitted is how many are in the group by their own names.
func countAdmitted(tx *server.Tx) (n int) {
	for who, v := range tx.Map(people).All() {
		if !isByBackground(who, v) {
			n++
		}
	}
	return n
}

// drop deletes the entries that are meant.
func drop(m server.Map, meant func(key string, v server.Value) bool) error {
	for key, v := range m.All() {
		if !meant(key, v) {
			continue
		}
		if _, err := m.Delete(key); err != nil {
			return err
		}
	}
	return nil
}

// Background is what is shown now; null for nothing.
func (c *Meeting) Background(tx *server.Tx) (*Background, error) {
	var b Background
	if ok, err := tx.Map(about).Get("background", &b); err != nil || !ok {
		return nil, err
	}
	return &b, nil
}

// shared tells whether all see the same CA.
func (b Background) shared() bool { return isCA(b.CA) }

func (b Background) name() string { return b.App + ":" + b.CA }

func (b Background) check(tx *server.Tx) error {
	switch {
	case !isLabel(b.App):
		return errors.New("an app is named as in its address: whiteboard")
	case b.App == tx.Self().App:
		return errors.New("a meeting can't be the background of a meeting")
	case !isLabel(b.CA) && !isCA(b.CA):
		return errors.New("write alice/board for all to see the same one, or home for everybody's own")
	}
	return nil
}
