package actor

import (
	"errors"

	"github.com/wabgo/wab/internal/cbor"
)

// meta is what the runtime itself keeps of a CA.
type meta struct {
	version     string // of the app that wrote the state
	incarnation uint64 // random at creation: tells a CA from its namesake that was destroyed
	created     int64  // µs UTC
	reserved    uint64 // message numbers below it may have been used
	dying       bool   // destroyed, but for messages still on their way
	sweepAt     int64  // when its receipts are to be looked at, µs UTC; 0 while there are none
	dirty       bool   // differs from what is stored
}

const metaFields = 6

func (m *meta) encode() []byte {
	b := cbor.AppendArrayHeader(nil, metaFields)
	b = cbor.AppendText(b, m.version)
	b = cbor.AppendUint(b, m.incarnation)
	b = cbor.AppendInt(b, m.created)
	b = cbor.AppendUint(b, m.reserved)
	b = cbor.AppendBool(b, m.dying)
	return cbor.AppendInt(b, m.sweepAt)
}

var errMeta = errors.New("actor: the record of this CA is damaged or of a newer version")

func parseMeta(b []byte) (m meta, err error) {
	r := cbor.NewReader(b)
	if n := r.Array(); n != metaFields {
		return m, errMeta
	}
	m = meta{version: r.Text(), incarnation: r.Uint(), created: r.Int(), reserved: r.Uint(), dying: r.Bool(), sweepAt: r.Int()}
	if r.Done() != nil {
		return m, errMeta
	}
	return m, nil
}
