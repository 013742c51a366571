package actortest

import (
	"fmt"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/cbor"
)

// Args are a method's arguments: texts and whole numbers.
func Args(list ...any) []byte {
	b := cbor.AppendArrayHeader(nil, len(list))
	for _, v := range list {
		switch v := v.(type) {
		case string:
			b = cbor.AppendText(b, v)
		case int:
			b = cbor.AppendInt(b, int64(v))
		default:
			panic(fmt.Sprintf("actortest: no argument is a %T", v))
		}
	}
	return b
}

// Reader reads the arguments of a message.
func Reader(m *actor.Message) *cbor.Reader {
	r := cbor.NewReader(m.Args)
	r.Array()
	return &r
}
