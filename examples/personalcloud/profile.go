package personalcloud

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/wabgo/wab/server"
)

// Limits of a card.
const (
	maxFields = 32
	maxField  = 64   // bytes of a field's name
	maxValue  = 4096 // bytes of its value
)

// Profile is the owner's card.
func (c *Cloud) Profile(tx *server.Tx) map[string]any {
	card := map[string]any{}
	for key, v := range tx.Map("profile").All() {
		var value any
		if v.Decode(&value) == nil {
			card[key] = value
		}
	}
	return card
}

// SetProfile changes fields of the card, and tells everybody in the address book. An empty text or null takes a field away; those that are not named stay as they are.
func (c *Cloud) SetProfile(tx *server.Tx, fields map[string]any) error {
	m := tx.Map("profile")
	for key, value := range fields {
		if err := checkField(key, value); err != nil {
			return err
		}
		if value == nil || value == "" {
			m.Delete(key)
		} else {
			m.Set(key, value)
		}
	}
	if m.Len() > maxFields {
		return fmt.Errorf("a card has at most %d fields: take one away first", maxFields)
	}
	if err := c.relist(tx); err != nil {
		return err
	}
	c.note(tx, Entry{Kind: "card"})
	return c.tellAll(tx)
}

func checkField(key string, value any) error {
	switch v := value.(type) {
	case nil, bool, float64, int64, uint64:
	case string:
		if len(v) > maxValue {
			return fmt.Errorf("%s is too long: a field has at most %d bytes. Shorten it", clip(key, maxField), maxValue)
		}
	default:
		return fmt.Errorf("%s should be a text, a number, or true or false", clip(key, maxField))
	}
	if key == "" || len(key) > maxField {
		return errors.New("the name of a field has 1 to 64 bytes")
	}
	return nil
}

// tellAll sends the card to everybody who is connected.
func (c *Cloud) tellAll(tx *server.Tx) error {
	for _, s := range tx.Subscriptions() {
		if s.State != "established" {
			continue
		}
		if err := c.introduce(tx, s.ID); err != nil {
			return err
		}
	}
	return nil
}

// introduce sends the card on a subscription.
func (c *Cloud) introduce(tx *server.Tx, id string) error {
	if err := c.forgive(tx, id, updated); err != nil {
		return err
	}
	_, err := tx.RaiseOn(id, updated.Domain, updated.Type, c.Profile(tx))
	return err
}

// Contact is what the other side of a subscription has sent of itself.
type Contact struct {
	Card    map[string]string `json:"card"`
	At      string            `json:"at"`
	Refuses map[string]string `json:"refuses,omitempty"` // what it did not take, by domain:type, and why
}

// contactOf is that of a subscription, empty where nothing came yet.
func contactOf(tx *server.Tx, id string) (c Contact) {
	tx.Map("contacts").Get(id, &c)
	if c.Card == nil {
		c.Card = map[string]string{}
	}
	return c
}

// meet keeps the card that came on a subscription: what is a text there, within the limits of a card.
func meet(tx *server.Tx, e server.Event, fields map[string]any) error {
	known := contactOf(tx, e.Subscription)
	known.Card, known.At = map[string]string{}, stamp(e.At)
	for key := range fields {
		if value := strings.TrimSpace(e.Text(key)); value != "" && len(key) <= maxField && len(known.Card) < maxFields {
			known.Card[key] = clip(value, maxValue)
		}
	}
	return tx.Map("contacts").Set(e.Subscription, known)
}

// callOf is what the other side of a subscription calls itself, or its address.
func callOf(tx *server.Tx, s server.Subscription) string {
	return cmp.Or(contactOf(tx, s.ID).Card["name"], addressOf(tx, s))
}

func textOf(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// clip cuts a text to so many bytes.
func clip(text string, most int) string {
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	return text
}
