package channel

import (
	"crypto/rand"
	"encoding/hex"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// A courier is an actor that says farewell for a CA that is destroyed, whose own calls end with it: made by the CA's last message, it calls until each peer has answered, for a week at most, and ends.
// It belongs to the owner channel, as whom nobody can sign in.
const (
	courierItem   = "farewell"
	courierMethod = "channel-farewell" // a name that no app's method can have
)

// newCourier names one that nobody else knows of.
func newCourier(app string) name.Name {
	var id [16]byte
	rand.Read(id[:])
	return name.Name{App: app, Owner: name.ChannelOwner, Local: hex.EncodeToString(id[:]), Item: courierItem}
}

// IsCourier tells whether an actor is one.
func IsCourier(id name.Name) bool { return id.Owner == name.ChannelOwner && id.Item == courierItem }

// Couriers is their class.
func (f *Channels) Couriers() actor.Class { return couriers{f} }

type couriers struct{ channels *Channels }

func (couriers) New() any                   { return new(struct{}) }
func (couriers) Encode(any) ([]byte, error) { return []byte(cbor.Null), nil }
func (couriers) Decode([]byte, any) error   { return nil }
func (couriers) Handles(actor.Kind) bool    { return false }
func (couriers) Version() string            { return "" }
func (couriers) Deadline() time.Duration    { return 10 * time.Second }
func (couriers) PulseEvery() time.Duration  { return 0 }

var errCourier = wire.Err(wire.BadRequest, "There is nobody here who takes messages.")

// Admit lets in what no app can send.
func (couriers) Admit(m *actor.Message) *wire.Error {
	if m.Kind != actor.Send || m.Method != courierMethod {
		return errCourier
	}
	return nil
}

// Invoke begins with the goodbyes, and ends when all are answered, however that may be.
func (c couriers) Invoke(tx *actor.Tx, _ any, m *actor.Message) ([]byte, error) {
	if m.Kind == actor.Send {
		goodbyes, err := c.channels.openGoodbyes(tx.Self(), m.Args)
		if err != nil {
			return nil, err
		}
		c.say(tx, goodbyes)
	}
	if len(c.channels.opt.Fetches.Waiting(tx)) == 0 {
		tx.Destroy()
	}
	return cbor.AppendNull(nil), nil
}

// say asks for the calls. Each is a peer's own: one that can't be made, for its address was stored when it still could, is left out, as one that is refused would be, and takes no other along.
func (c couriers) say(tx *actor.Tx, goodbyes []goodbye) {
	for i := range goodbyes {
		_, _ = c.channels.opt.Fetches.Ask(tx, goodbyes[i].request(), AnswerMethod) // all together are far within what a courier may ask for
	}
}
