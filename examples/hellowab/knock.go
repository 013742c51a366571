package hellowab

import (
	"errors"
	"time"

	"github.com/wabgo/wab/server"
)

const (
	maxKnocks  = 50
	knockAgain = 5 * time.Second // a knock sooner after the last one is not heard
	knockKept  = 2 * time.Minute // who still waits has knocked again by then
	turnedAway = 1 * time.Minute // a knock of somebody who was turned away is not heard for so long
)

// Knock is somebody who waits outside.
type Knocker struct {
	At    int64 `json:"at"`             // when it was last heard, µs since the Unix epoch
	Since int64 `json:"since"`          // and first
	Away  bool  `json:"away,omitempty"` // turned away
}

// Answer tells somebody at the door how things are.
type Answer struct {
	State string `json:"state"` // in, waiting, away (turned away), locked
}

// Knock asks to be let in. Who waits knocks again now and then: after two minutes a knock is forgotten. Whoever is admitted hears it in a note {"door": "in"}.
func (c *Meeting) Knock(tx *server.Tx) (Answer, error) {
	who := tx.Caller()
	if in, _, err := tx.Explain(who.String(), "Background"); in || err != nil {
		return Answer{"in"}, err
	}
	if tx.Map(roomLabel).Has("locked") {
		return Answer{"locked"}, nil
	}
	if c.DoorOpen {
		return Answer{"in"}, c.Admit(tx, who.CA())
	}
	return c.hear(tx, who.CA())
}

func (c *Meeting) hear(tx *server.Tx, who string) (Answer, error) {
	waiting, now := tx.Map(knocks), tx.Now()
	k := Knocker{Since: now.UnixMicro()}
	if _, err := waiting.Get(who, &k); err != nil {
		return Answer{}, err
	}
	since := now.Sub(time.UnixMicro(k.At))
	switch {
	case k.Away && since < turnedAway:
		return Answer{"away"}, nil
	case since < knockAgain:
		return Answer{"waiting"}, nil
	}
	if err := forget(waiting, now); err != nil {
		return Answer{}, err
	}
	if !waiting.Has(who) && waiting.Len() >= maxKnocks {
		return Answer{}, errors.New("too many are at the door; try again in a few minutes")
	}
	k.At, k.Away = now.UnixMicro(), false
	return Answer{"waiting"}, waiting.Set(who, k)
}

// forget drops the knocks of those who no longer wait.
func forget(waiting server.Map, now time.Time) error {
	return drop(waiting, func(_ string, v server.Value) bool {
		var k Knocker
		return v.Decode(&k) != nil || now.Sub(time.UnixMicro(k.At)) >= knockKept
	})
}

// TurnAway answers a knock with no. It is not heard again for a minute.
func (c *Meeting) TurnAway(tx *server.Tx, principal string) error {
	key, err := principalKey(tx, principal)
	if err != nil {
		return err
	}
	waiting := tx.Map(knocks)
	var k Knocker
	if ok, err := waiting.Get(key, &k); err != nil || !ok {
		return err
	}
	k.At, k.Away = tx.Now().UnixMicro(), true
	tell(tx, key, "away")
	return waiting.Set(key, k)
}

// Door says whether whoever has the link comes in without being asked for.
func (c *Meeting) Door(tx *server.Tx, open bool) error {
	c.DoorOpen = open
	return tx.Map(about).Set("door", map[bool]string{true: "open", false: "knock"}[open])
}

// tell notifies somebody's pages of what has become of them at the door.
func tell(tx *server.Tx, who, door string) {
	if !isGroup(who) {
		tx.Notify(ownerOf(who)+"/*", map[string]string{"door": door})
	}
}
