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

// SetBackground has everybody's page show an app: ca is one for all (alice/board), or everybody's own (home). The CA of one for all may from now on read the group of this meeting, so that
// it can let its people in: that is for its owner to say there. An empty app takes the background away.
func (c *Meeting) SetBackground(tx *server.Tx, app, ca string) error {
	m := tx.Map(about)
	var old Background
	if _, err := m.Get("background", &old); err != nil {
		return err
	}
	if old.shared() {
		tx.Revoke(server.Principal(old.name()), people)
	}
	if app == "" {
		_, err := m.Delete("background")
		return err
	}
	b := Background{app, ca}
	if err := b.check(tx); err != nil {
		return err
	}
	if b.shared() {
		if err := tx.Allow(server.Principal(b.name()), people); err != nil {
			return err
		}
	}
	return m.Set("background", b)
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
