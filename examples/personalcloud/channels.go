package personalcloud

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/wabgo/wab/server"
)

// Use is a channel, and what came through it.
type Use struct {
	Name         string           `json:"name"`
	Kind         string           `json:"kind"`         // doorbell, link or own
	Subscription string           `json:"subscription"` // of a link's
	Allow        []server.Pattern `json:"allow"`
	Since        string           `json:"since"`
	Last         string           `json:"last"`
	Expires      string           `json:"expires"`
	Accepted     uint64           `json:"accepted"`
	Denied       uint64           `json:"denied"`
}

const doorbell = "doorbell"

// Channels are all ways into this cloud, with their use.
func (c *Cloud) Channels(tx *server.Tx) ([]Use, error) {
	channels, err := tx.Channels()
	all := []Use{}
	for _, ch := range channels {
		kind := "own"
		if ch.Name == doorbell {
			kind = doorbell
		} else if ch.Subscription != "" {
			kind = "link"
		}
		all = append(all, Use{
			ch.Name, kind, ch.Subscription, append([]server.Pattern{}, ch.Allow.Events...), stamp(ch.Since), stamp(ch.Last), stamp(ch.Allow.Expires), ch.Accepted, ch.Denied,
		})
	}
	return all, err
}

// Way is what an own channel lets through: at most Rate events a minute, for Hours; 0 for any number, and for ever, and less for what the channel of that name has.
type Way struct {
	Allow []server.Pattern `json:"allow"`
	Rate  int              `json:"rate"`
	Hours int              `json:"hours"`
}

// MakeChannel makes a channel, or changes the one of that name, and returns its URL: events go to URL/{event id}/{domain}/{type}.
func (c *Cloud) MakeChannel(tx *server.Tx, label string, w Way) (string, error) {
	if err := c.own(tx, label); err != nil {
		return "", err
	}
	a, before := letting(w.Allow), server.Attenuation{}
	if w.Rate < 0 || w.Hours < 0 {
		channels, err := tx.Channels()
		if err != nil {
			return "", err
		}
		if i := slices.IndexFunc(channels, func(ch server.ChannelInfo) bool { return ch.Name == label }); i >= 0 {
			before = channels[i].Allow
		}
	}
	switch {
	case w.Rate > 0:
		a.Rate = server.Rate{Events: w.Rate, Per: time.Minute}
	case w.Rate < 0:
		a.Rate = before.Rate
	}
	switch {
	case w.Hours > 0:
		a.Expires = tx.Now().Add(time.Duration(w.Hours) * time.Hour)
	case w.Hours < 0:
		a.Expires = before.Expires
	}
	ch, err := tx.Channel(label, a)
	if err == nil {
		c.note(tx, Entry{Kind: "channel", Who: label})
	}
	return ch.URL, err
}

// own tells why a channel can't be the owner's to change: it is the doorbell, or a subscription's.
func (c *Cloud) own(tx *server.Tx, label string) error {
	if label == doorbell || strings.HasPrefix(label, "sub-") {
		return errors.New("this name is for channels that are made by themselves: choose another")
	}
	return nil
}

// ChannelLink is the URL of the doorbell, or of an own channel.
func (c *Cloud) ChannelLink(tx *server.Tx, label string) (string, error) {
	ch, ok := tx.ChannelOf(label)
	if !ok || strings.HasPrefix(label, "sub-") {
		return "", errors.New("there is no such channel any more")
	}
	return ch.URL, nil
}

// RemoveChannel removes an own channel: its URL is dead at once.
func (c *Cloud) RemoveChannel(tx *server.Tx, label string) error {
	if err := c.own(tx, label); err != nil {
		return err
	}
	if tx.RemoveChannel(label) {
		c.note(tx, Entry{Kind: "removed", Who: label})
	}
	return nil
}

// Dealt is what somebody has done with this cloud.
type Dealt struct {
	Who     string `json:"who"`
	Changes uint64 `json:"changes"`
	Refused uint64 `json:"refused"`
	Last    int64  `json:"last"` // ms since 1970
}

// History tells who has done what, the latest first.
func (c *Cloud) History(tx *server.Tx) ([]Dealt, error) {
	rows, err := tx.Ledger(50)
	all := []Dealt{}
	for _, h := range rows {
		all = append(all, Dealt{c.dealer(tx, h.Who), h.Changes, h.Denied, h.Last.UnixMilli()})
	}
	return all, err
}

// dealer names a principal for people: channels by whom they are for.
func (c *Cloud) dealer(tx *server.Tx, w server.Who) string {
	if w.Owner != "channel" {
		return strings.TrimPrefix(w.String(), tx.Self().App+":")
	}
	for _, s := range tx.Subscriptions() {
		if s.Channel == w.Local {
			return callOf(tx, s)
		}
	}
	return w.Local
}
