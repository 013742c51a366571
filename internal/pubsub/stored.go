package pubsub

import (
	"encoding/binary"
	"errors"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
)

// What a topic's actor stores: its head under one hot key, each message, each block that is full, and each CA that has subscribed, under cold ones.
const (
	logLetter   = 'T'
	keyMessage  = 'm' // and its offset
	keyBlock    = 'b' // and the block's number
	keyFollower = 'f' // and the CA's name
)

// blockSize is how many messages go together: they have a prefix of their own, and leave the log together.
const blockSize = 256

func blockOf(offset uint64) uint64 { return offset / blockSize }

var headKey = actor.HotKey(logLetter)

func messageKey(offset uint64) []byte {
	return binary.BigEndian.AppendUint64(actor.ColdKey(logLetter, keyMessage), offset)
}

// blockPrefix begins the keys of all messages of a block.
func blockPrefix(block uint64) []byte {
	b := messageKey(block * blockSize)
	return b[:len(b)-1]
}

func blockKey(block uint64) []byte {
	return binary.BigEndian.AppendUint64(actor.ColdKey(logLetter, keyBlock), block)
}

func followerKey(ca string) []byte { return append(actor.ColdKey(logLetter, keyFollower), ca...) }

var errStored = errors.New("pubsub: a stored item is damaged or of a newer version")

// head is what is known of a topic at a glance.
type head struct {
	epoch     uint64 // made with the topic, never 0
	first     uint64 // the oldest message in the log
	last      uint64 // the newest, 0 before the first
	fanned    uint64 // every CA that follows has handled it
	followers uint64 // CAs
	bytes     uint64 // of the log
	block     uint64 // of them, those of the block that is being filled
}

func (h head) encode() []byte {
	b := cbor.AppendArrayHeader(make([]byte, 0, 48), 7)
	for _, n := range [...]uint64{h.epoch, h.first, h.last, h.fanned, h.followers, h.bytes, h.block} {
		b = cbor.AppendUint(b, n)
	}
	return b
}

func parseHead(value []byte) (h head, err error) {
	r := cbor.NewReader(value)
	if r.Array() != 7 {
		return h, errStored
	}
	h = head{r.Uint(), r.Uint(), r.Uint(), r.Uint(), r.Uint(), r.Uint(), r.Uint()}
	if r.Done() != nil || h.epoch == 0 {
		return h, errStored
	}
	return h, nil
}

// entry is one message of a topic. It never changes.
type entry struct {
	Offset uint64
	At     int64     // µs UTC, when the topic has taken it
	From   name.Name // the publisher
	Value  []byte    // one CBOR item
	Packed []byte    // [offset, at, from, value], as frames carry it and the store keeps it
}

func newEntry(offset uint64, at int64, from name.Name, value []byte) *entry {
	b := cbor.AppendArrayHeader(make([]byte, 0, 48+len(value)), 4)
	b = cbor.AppendInt(cbor.AppendUint(b, offset), at)
	b = cbor.AppendText(b, from.String())
	b = append(b, value...)
	return &entry{offset, at, from, b[len(b)-len(value):], b}
}

// parseEntry keeps packed.
func parseEntry(packed []byte) (*entry, error) {
	r := cbor.NewReader(packed)
	if r.Array() != 4 {
		return nil, errStored
	}
	e := &entry{Offset: r.Uint(), At: r.Int(), Packed: packed}
	from, err := name.Parse(r.Text())
	e.From, e.Value = from, r.Raw()
	if r.Done() != nil || err != nil {
		return nil, errStored
	}
	return e, nil
}

// block is what is known of a full block.
type block struct {
	number uint64
	bytes  uint64
	at     int64 // of its last message
}

func (b block) encode() []byte {
	return cbor.AppendInt(cbor.AppendUint(cbor.AppendArrayHeader(nil, 2), b.bytes), b.at)
}

func parseBlock(key, value []byte) (block, error) {
	r := cbor.NewReader(value)
	if r.Array() != 2 || len(key) != 10 {
		return block{}, errStored
	}
	b := block{number: binary.BigEndian.Uint64(key[2:]), bytes: r.Uint(), at: r.Int()}
	if r.Done() != nil {
		return block{}, errStored
	}
	return b, nil
}

// place is where somebody stands in a topic: the message that was last.
type place struct{ epoch, offset uint64 }

// begin is where a CA's subscription begins, and its id: the CA may have ended others.
type begin struct {
	place
	id uint64
}

func (b begin) encode() []byte {
	return cbor.AppendUint(cbor.AppendUint(cbor.AppendUint(cbor.AppendArrayHeader(nil, 3), b.epoch), b.offset), b.id)
}

func parseBegin(value []byte) (b begin, err error) {
	r := cbor.NewReader(value)
	if r.Array() != 3 {
		return b, errStored
	}
	b = begin{place{r.Uint(), r.Uint()}, r.Uint()}
	if r.Done() != nil {
		return b, errStored
	}
	return b, nil
}
