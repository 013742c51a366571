package channel

import (
	"crypto/rand"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/cbor/jsoncbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

// reply is what a visit comes to.
type reply struct {
	body []byte // JSON
	err  *wire.Error
}

// deliver has a CA handle what has come, and done called with its answer when that is durable. A flaw of it is what the CA refuses it for, if it has the channel.
func (f *Channels) deliver(ca name.Name, path sky.Path, attributes sky.Attributes, flaw *wire.Error, sender name.Name, done func(reply)) {
	packed := attributes.Encode()
	v := &Visit{
		Form: path.Form, ID: path.EID, Domain: path.Domain, Type: path.Type, Attributes: attributes, Sender: sender, At: f.now(),
		of: ca, eci: hashOf(path.ECI), size: len(packed), flaw: flaw,
	}
	eid := path.EID
	if eid == "" {
		eid = rand.Text()
	}
	e := &bus.Event{Request: bus.Request{To: ca, Method: v.method(), Args: packed}, By: v}
	if !v.query() {
		e.Key.Text = v.ID
		v.ID, v.named = eid, v.ID != ""
	}
	f.opt.Deliver(&actor.Message{Kind: actor.Raised, To: ca, Method: EventMethod, Args: packed, Ext: e, Reply: func(result []byte, err *wire.Error) {
		f.count(err)
		switch {
		case err != nil && err.Code == wire.NotFound:
			err = sky.ErrUnknownECI // also where the CA itself is gone
		case err == nil && path.Form == sky.CEvent:
			result = sky.AnswerID(eid)
		case err == nil && v.query():
			result, err = toJSON(result)
		case err == nil:
			result, err = answerOf(eid, result)
		}
		done(reply{result, err})
	}})
}

func (f *Channels) count(err *wire.Error) {
	if err != nil {
		f.refused.Add(1)
		return
	}
	f.taken.Add(1)
}

// EventMethod is the method of messages that came by channels; no app's method can have its name.
const EventMethod = "channel-event"

// method tells what has come apart from all else, for receipts.
func (v *Visit) method() string {
	if v.query() {
		return "query " + v.Domain + "/" + v.Type
	}
	return "event " + v.Domain + "/" + v.Type
}

func toJSON(result []byte) ([]byte, *wire.Error) {
	out, err := jsoncbor.ToJSON(result)
	if err != nil {
		return nil, wire.Err(wire.Internal, "The answer can't be told as JSON.")
	}
	return out, nil
}

// AppendDirectives packs what an event is answered with, for receipts.
func AppendDirectives(all []sky.Directive) []byte {
	b := cbor.AppendArrayHeader(nil, 2*len(all))
	for _, d := range all {
		b = append(cbor.AppendText(b, d.Name), d.Options...)
	}
	return b
}

func answerOf(eid string, packed []byte) ([]byte, *wire.Error) {
	var all []sky.Directive
	r := cbor.NewReader(packed)
	if r.Kind() == cbor.KindArray {
		for range r.Array() / 2 {
			all = append(all, sky.Directive{Name: r.Text(), Options: r.Raw()})
		}
	}
	if r.Err() != nil {
		return nil, wire.Err(wire.Internal, "The answer is damaged.")
	}
	return sky.Answer(eid, all), nil
}
