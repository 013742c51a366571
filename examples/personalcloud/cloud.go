package personalcloud

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"github.com/wabgo/wab/server"
)

// Cloud is the assistant behind one owner's personal cloud. What it knows is in maps, which the owner's pages mirror; of its own it has only the numbers that their entries are named by.
type Cloud struct{ Events, Entries, Messages uint64 }

// Init opens the doorbell, and shows the owner's name at their address.
func (c *Cloud) Init(tx *server.Tx) error {
	tx.Map("profile").Set("name", tx.Self().Owner)
	tx.Map("settings").Set("listed", false)
	tx.On("*", "*", "OnEvent")
	return errors.Join(c.Resume(tx), c.BeFound(tx, true))
}

// Resume has the address follow where the server is.
func (c *Cloud) Resume(tx *server.Tx) error {
	return put(tx.Map("settings"), "address", tx.Self().Owner+"@"+hostOf(tx.PublicURL()))
}

// Bell is where strangers ask.
type Bell struct {
	ECI string `json:"eci"`
	URL string `json:"url"` // the base of this server
}

// Doorbell is this cloud's; it is made where there is none.
func (c *Cloud) Doorbell(tx *server.Tx) (Bell, error) {
	ch, err := tx.Doorbell()
	return Bell{ch.ECI, tx.PublicURL()}, err
}

// BeFound says whether whoever looks for owner@host finds this cloud.
func (c *Cloud) BeFound(tx *server.Tx, on bool) error {
	if !on {
		tx.HideCard()
	} else if err := c.publish(tx); err != nil {
		return err
	}
	return put(tx.Map("settings"), "found", on)
}

// publish shows the name on the owner's card, and nothing else of it.
func (c *Cloud) publish(tx *server.Tx) error {
	return tx.PublishCard(server.Card{Name: cmp.Or(firstLine(c.Profile(tx)["name"], 100), tx.Self().Owner)})
}

// Invite makes the secret of an invitation: the first who brings it is let in without asking, and may raise what is allowed.
func (c *Cloud) Invite(tx *server.Tx, t struct {
	Allow []server.Pattern
	Hours int
}) (string, error) {
	i, err := tx.Invite(letting(t.Allow), time.Duration(max(1, t.Hours))*time.Hour)
	return i.Secret, err
}

// letting is a channel that lets some events through.
func letting(events []server.Pattern) server.Attenuation {
	return server.Attenuation{Events: events, Attributes: server.AttributeLimits{Bytes: 64 << 10}}
}

// hostOf is what stands between an address's @ and its end.
func hostOf(url string) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		rest = url
	}
	host, _, _ := strings.Cut(rest, "/")
	return host
}

// put sets an entry that is not so already.
func put[T comparable](m server.Map, key string, value T) error {
	var old T
	if ok, _ := m.Get(key, &old); ok && old == value {
		return nil
	}
	return m.Set(key, value)
}
