package channel

import (
	"github.com/wabgo/wab/internal/dance"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

// Visit is what came by a channel: an event, or a query, where Domain is the ruleset and Type the name. It stands in bus.Event.By.
type Visit struct {
	Form         sky.Form
	ID           string // the event's; empty for none
	Domain, Type string
	Attributes   sky.Attributes
	Sender       name.Name // the CA of this server that sends it, as the bus knows; zero for what came from outside
	At           int64     // µs UTC when it was taken

	named bool // ID is the sender's

	eci  hash
	size int            // of the attributes, encoded
	of   name.Name      // the CA
	by   *channel       // which it came by; set when it was admitted
	word *dance.Message // what it says to the dance, if anything
	flaw *wire.Error    // why it can't be read
}

func (v *Visit) query() bool { return v.Form.Query() }

// Channel is the name of the channel by which it was admitted.
func (v *Visit) Channel() string { return v.by.name }

// Subscription is the id of the subscription that the channel belongs to, empty for none.
func (v *Visit) Subscription() string { return v.by.sub }
