package personalcloud

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wabgo/wab/server"
)

// The kinds of events that clouds raise with each other by themselves.
var (
	updated = server.Pattern{Domain: "profile", Type: "updated"}
	text    = server.Pattern{Domain: "message", Type: "text"}
)

// How much is kept, the newest.
const (
	maxReceived = 1000
	maxMessages = 2000
	maxEntries  = 500
	maxAnswer   = 768 << 10 // bytes of all that Received returns, roughly
)

// RaiseOn raises an event on a subscription. What the other side does not let through comes back as activity.
func (c *Cloud) RaiseOn(tx *server.Tx, id, domain, typ string, attributes map[string]any) error {
	if err := c.forgive(tx, id, server.Pattern{Domain: domain, Type: typ}); err != nil {
		return err
	}
	if _, err := tx.RaiseOn(id, domain, typ, attributes); err != nil {
		return err
	}
	s, _ := tx.Subscription(id)
	c.note(tx, Entry{Kind: "sent", Link: id, Who: callOf(tx, s), Domain: domain, Type: typ})
	return nil
}

// Message sends a text to the other side of a subscription.
func (c *Cloud) Message(tx *server.Tx, id, words string) error {
	words = strings.TrimSpace(words)
	if words == "" || len(words) > maxValue {
		return fmt.Errorf("a message has 1 to %d bytes: write something, or send it in parts", maxValue)
	}
	if err := c.forgive(tx, id, text); err != nil {
		return err
	}
	event, err := tx.RaiseOn(id, text.Domain, text.Type, map[string]string{"text": words})
	if err != nil {
		return err
	}
	return c.keepMessage(tx, Message{Link: id, Event: event, Mine: true, Text: words, At: stamp(tx.Now())})
}

// Message is one of a conversation.
type Message struct {
	Link    string `json:"link"`
	Event   string `json:"event"` // the id under which it was raised, of the owner's
	Mine    bool   `json:"mine"`
	Text    string `json:"text"`
	At      string `json:"at"`
	Problem string `json:"problem"` // why it did not arrive
}

func (c *Cloud) keepMessage(tx *server.Tx, m Message) error {
	return keep(tx.Map("messages"), &c.Messages, maxMessages, m)
}

// returned marks the message that was raised under an event's id, with why it did not arrive.
func returned(tx *server.Tx, event, why string) error {
	m := tx.Map("messages")
	for key, v := range m.All() {
		var one Message
		if v.Decode(&one) == nil && one.Mine && one.Event == event {
			one.Problem = why
			return m.Set(key, one)
		}
	}
	return nil
}

// Received is an event that came by a channel and was let through.
type Received struct {
	Subscription string         `json:"subscription"`
	Channel      string         `json:"channel"`
	Domain       string         `json:"domain"`
	Type         string         `json:"type"`
	Attributes   map[string]any `json:"attributes"`
	At           string         `json:"at"`
}

// OnEvent takes what came in: it is kept, and what is a card or a message is put where it belongs.
func (c *Cloud) OnEvent(tx *server.Tx, e server.Event) error {
	if e.Channel == "" {
		return nil // this cloud's own
	}
	attributes := map[string]any{}
	if err := e.Decode(&attributes); err != nil {
		return err
	}
	err := keep(tx.Map("received"), &c.Events, maxReceived, Received{e.Subscription, e.Channel, e.Domain, e.Type, attributes, stamp(e.At)})
	if err != nil {
		return err
	}
	c.note(tx, Entry{Kind: "received", Link: e.Subscription, Who: c.sender(tx, e), Domain: e.Domain, Type: e.Type})
	switch what := (server.Pattern{Domain: e.Domain, Type: e.Type}); {
	case e.Subscription == "":
	case what == updated:
		return meet(tx, e, attributes)
	case what == text:
		return c.keepMessage(tx, Message{Link: e.Subscription, Text: clip(e.Text("text"), maxValue), At: stamp(e.At)})
	}
	return nil
}

// sender is who raised an event, as far as its channel tells.
func (c *Cloud) sender(tx *server.Tx, e server.Event) string {
	if s, ok := tx.Subscription(e.Subscription); ok {
		return callOf(tx, s)
	}
	return e.Channel
}

// Received are the newest events that came in, the oldest of them first: as many as fit into one answer.
func (c *Cloud) Received(tx *server.Tx) []Received {
	m, all, bytes := tx.Map("received"), []Received{}, 0
	for n := c.Events; n > 0 && bytes < maxAnswer; n-- {
		var one Received
		if ok, _ := m.Get(number(n), &one); !ok {
			break
		}
		all, bytes = append(all, one), bytes+len(fmt.Sprint(one.Attributes))
	}
	slices.Reverse(all)
	return all
}

// Entry is what has happened.
type Entry struct {
	At     string `json:"at"`
	Kind   string `json:"kind"`
	Link   string `json:"link"`
	Who    string `json:"who"`
	Domain string `json:"domain"`
	Type   string `json:"type"`
	Text   string `json:"text"` // a reason, or why somebody asks
	Bad    bool   `json:"bad"`  // something was refused, or failed
}

// note keeps what has happened.
func (c *Cloud) note(tx *server.Tx, e Entry) {
	e.At = stamp(tx.Now())
	keep(tx.Map("activity"), &c.Entries, maxEntries, e) // where it fails, the message does
}

// keep adds an entry to a map of the newest; the oldest makes room.
func keep(m server.Map, count *uint64, most uint64, value any) error {
	*count++
	if *count > most {
		m.Delete(number(*count - most))
	}
	return m.Set(number(*count), value)
}

// number is an entry's key: texts in the order of numbers.
func number(n uint64) string { return fmt.Sprintf("%012d", n) }

// stamp is an instant as others read it, empty for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
