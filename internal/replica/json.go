package replica

import (
	"strconv"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/cbor/jsoncbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

const maxJSON = 64 << 20 // bytes of a map's keys and values

var errBigMap = wire.Err(wire.TooLarge, "A map of more than 64 MiB can't be shown as JSON; open it in a session, where it comes in parts.")

// JSON shows a map as it is now, its methods left out: {"version":7,"entries":{…}}. Bytes are shown as base64.
func (h *Hub) JSON(n name.Name) ([]byte, *wire.Error) {
	m, err := h.Newest(n)
	switch {
	case err != nil:
		return nil, err
	case m.Bytes() > maxJSON:
		return nil, errBigMap
	}
	out := strconv.AppendUint([]byte(`{"version":`), m.Version(), 10)
	out = append(out, `,"entries":{`...)
	first := true
	for key, value := range m.All() {
		if sharedmap.IsMethod(key) {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		var bad error
		if out, bad = appendJSON(out, key, value); bad != nil {
			return nil, wire.Err(wire.Internal, "An entry of this map can't be shown as JSON.")
		}
	}
	return append(out, "}}"...), nil
}

func appendJSON(dst []byte, key string, value []byte) ([]byte, error) {
	k, err := jsoncbor.ToJSON(cbor.AppendText(nil, key))
	if err != nil {
		return nil, err
	}
	v, err := jsoncbor.ToJSON(value)
	if err != nil {
		return nil, err
	}
	return append(append(append(dst, k...), ':'), v...), nil
}
