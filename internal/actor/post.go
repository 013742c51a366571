package actor

import (
	"errors"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// post is one message on its way.
type post struct {
	number  uint64
	to      name.Name
	kind    Kind // Send, Answer or Undone
	method  string
	args    []byte
	then    string // the sender's method that gets the answer
	notify  bool   // the sender wants to hear of a failure
	created int64  // µs UTC
	answer  *answer

	box         *outbox // of the sender; nil at a receiver in another process
	before      uint64  // the number of the post before it to the same receiver that may still be under way, 0 for none
	incarnation uint64  // of the sender
	stage       stage
}

// answer is what became of a Send.
type answer struct {
	about  uint64 // its number
	of     uint64 // its sender's incarnation: a namesake uses the same numbers
	method string // its method
	result []byte
	err    *wire.Error
}

type stage uint8

const (
	joined    stage = iota // not durable yet
	unsent                 // or turned back
	sent                   // in the receiver's mailbox
	delivered              // settled there, or given up; an answer follows
	settled                // to be removed
)

func (p *post) key() []byte { return HotKey(letterOutbox, big(p.number)...) }

func (p *post) tooOld(now int64) bool { return now-p.created > giveUpAfter }

// wants tells whether the sender is to hear of an outcome.
func (p *post) wants(err *wire.Error) bool {
	return p.kind == Send && (p.then != "" || (err != nil && p.notify))
}

// kindOfAnswer is how it hears of it.
func (p *post) kindOfAnswer() Kind {
	if p.then == "" {
		return Undone
	}
	return Answer
}

func (p *post) message(from name.Name) *Message {
	return &Message{Kind: p.kind, From: from, To: p.to, Method: p.method, Args: p.args, post: p, answer: p.answer,
		Reply: func(_ []byte, err *wire.Error) { p.box.arrived(p, err) }}
}

const postFields = 12

func (p *post) encode() []byte {
	b := cbor.AppendArrayHeader(make([]byte, 0, 96+len(p.args)), postFields)
	b = cbor.AppendText(b, p.to.String())
	b = cbor.AppendUint(b, uint64(p.kind))
	b = cbor.AppendText(b, p.method)
	b = cbor.AppendBytes(b, p.args)
	b = cbor.AppendText(b, p.then)
	b = cbor.AppendBool(b, p.notify)
	b = cbor.AppendInt(b, p.created)
	a := p.answer
	if a == nil {
		a = &answer{}
	}
	b = cbor.AppendUint(b, a.about)
	b = cbor.AppendUint(b, a.of)
	b = cbor.AppendText(b, a.method)
	b = cbor.AppendBytes(b, a.result)
	return appendError(b, a.err)
}

func appendError(b []byte, e *wire.Error) []byte {
	if e == nil {
		return cbor.AppendNull(b)
	}
	b = cbor.AppendArrayHeader(b, 2)
	b = cbor.AppendText(b, string(e.Code))
	return cbor.AppendText(b, e.Message)
}

var errPost = errors.New("actor: a stored message is damaged")

func parsePost(value []byte) (*post, error) {
	r := cbor.NewReader(value)
	if r.Array() != postFields {
		return nil, errPost
	}
	to, err := name.ParseActor(r.Text())
	p := &post{to: to, kind: Kind(r.Uint()), method: r.Text(), args: r.Bytes(), then: r.Text(), notify: r.Bool(), created: r.Int()}
	a := &answer{about: r.Uint(), of: r.Uint(), method: r.Text(), result: r.Bytes()}
	a.err = readError(&r)
	if p.kind != Send {
		p.answer = a
	}
	if r.Done() != nil || err != nil || p.kind >= kinds {
		return nil, errPost
	}
	return p, nil
}

func readError(r *cbor.Reader) *wire.Error {
	if r.Kind() == cbor.KindNull {
		r.Null()
		return nil
	}
	if r.Array() != 2 {
		r.Skip()
		return nil
	}
	return &wire.Error{Code: wire.Code(r.Text()), Message: r.Text()}
}
