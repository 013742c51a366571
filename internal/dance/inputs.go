package dance

import (
	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

// Ask is what Begin needs. Roles are ours and the peer's; where they are empty, Relationship tells them, and the reverse.
type Ask struct {
	ID                            string
	Gen                           Gen
	Name, Namespace, Relationship string
	ChannelName, ChannelType      string
	RxRole, TxRole                string
	Channel                       string // the name of our back channel, already made
	Host, Doorbell                string // of the peer
	From, Why, Secret             string
	Within                        int64 // µs; 0 means Within
}

// Parse reads one of the dance's messages from an event. is tells whether the event is one; flaw, what is wrong with it.
func Parse(domain, typ string, a sky.Attributes) (m Message, is bool, flaw *wire.Error) { return }

// Event is the message as an event.
func (m Message) Event() (domain, typ string, a sky.Attributes) { return }

// Begin starts a subscription that we ask for.
func Begin(a Ask, now int64) (Step, *wire.Error) { return Step{}, nil }

// Asked takes a Request, from the doorbell, whose ID is not in the book. It only lies in the inbox then: who approves or declines by rule calls that on the step's Record.
func Asked(m Message, now int64) (Step, *wire.Error) { return Step{}, nil }

// Unknown is the answer to any other message whose ID is not in the book.
func Unknown() *wire.Error { return nil }

// Take takes a message that came on our channel via, the Record's own or Doorbell. An error changed nothing.
func (r Record) Take(m Message, via string, now int64) (Step, *wire.Error) { return Step{}, nil }

// Approve says yes to one that waits. channel is the name of the peer's new channel. It changes nothing, and channel is not used, where that was said before.
func (r Record) Approve(channel string, now int64) (Step, *wire.Error) { return Step{}, nil }

// Decline says no to one that waits.
func (r Record) Decline(reason string, now int64) (Step, *wire.Error) { return Step{}, nil }

// Finish ends it by its owner's will in whatever state it is.
func (r Record) Finish(reason string, now int64) Step { return Step{} }

// Sent tells what came of sending kind.
func (r Record) Sent(kind Kind, outcome Outcome, reason string, now int64) Step { return Step{} }

// Used tells that an event other than the dance's came on our channel.
func (r Record) Used(now int64) Step { return Step{} }

// Lost tells that an event of ours found the peer's channel gone.
func (r Record) Lost(now int64) Step { return Step{} }

// Tick does what is due. It changes nothing before Wake.
func (r Record) Tick(now int64) Step { return Step{} }

// Wake is when Tick wants to be called; 0 means never.
func (r Record) Wake() int64 { return 0 }

// Append appends the record's encoding. What opens doors goes through seal; seal is not called for what is empty.
func (r Record) Append(dst []byte, seal func(string) []byte) []byte { return dst }

// ParseRecord reads what Append wrote.
func ParseRecord(b []byte, open func([]byte) (string, error)) (Record, error) { return Record{}, nil }
