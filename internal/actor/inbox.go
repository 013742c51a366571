package actor

import (
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

type inboxFeature struct{}

func (inboxFeature) Letter() byte        { return letterInbox }
func (inboxFeature) NewPart(ca *CA) Part { return &inbox{ca: ca, last: map[string]uint64{}} }

// inbox remembers the last message of each sender that was settled here, so that none is handled twice or out of order.
// A receipt is one side key a sender and incarnation, kept for a day more than the seven in which a sender may try again.
type inbox struct {
	ca    *CA
	last  map[string]uint64 // by receipt key, as far as read
	key   string            // of the message being handled
	value uint64
	set   bool // it is settled
}

// maxReceipts bounds what is kept in memory; the rest is read again.
const maxReceipts = 256

var (
	errGap      = wire.Retry(wire.Unavailable, "A message before this one has not arrived yet.", 1)
	errReceipts = wire.Retry(wire.Unavailable, "Receipts can't be read.", 1000)
)

// check tells whether a message has been settled before, and turns one back that came too early or can't be judged. Word is for its sender.
func (b *inbox) check(m *Message) (seen bool, word *wire.Error) {
	b.key = receiptKey(m)
	last, err := b.read(b.key)
	switch {
	case err != nil:
		return false, errReceipts
	case m.post.number <= last:
		if m.Kind == Send && b.ca.outbox().answering(m) {
			word = errFollows
		}
		return true, word
	case m.post.before > last:
		return false, errGap
	}
	return false, nil
}

func receiptKey(m *Message) string {
	b := append(ReceiptKey(letterInbox), m.From.String()...)
	return string(append(append(b, 0), big(m.post.incarnation)...))
}

func (b *inbox) read(key string) (last uint64, err error) {
	if last, known := b.last[key]; known {
		return last, nil
	}
	value, err := b.ca.Receipt([]byte(key))
	if err != nil {
		return 0, err
	}
	r := cbor.NewReader(value)
	if value != nil {
		last = r.Uint()
	}
	if len(b.last) >= maxReceipts {
		clear(b.last)
	}
	b.last[key] = last
	return last, r.Err()
}

// record is called when a checked message is settled, whatever became of it.
func (b *inbox) record(m *Message) { b.value, b.set = m.post.number, true }

func (b *inbox) Begin()    { b.set = false }
func (b *inbox) Rollback() {}

func (b *inbox) Encode(c *Commit) {
	if !b.set {
		return
	}
	b.last[b.key] = b.value
	c.PutReceipt([]byte(b.key), cbor.AppendUint(nil, b.value), b.ca.rt.now()+MaxReceiptAge)
	b.set = false
}
