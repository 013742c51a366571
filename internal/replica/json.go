package replica

import (
	"io"
	"strconv"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/cbor/jsoncbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/wire"
)

const maxJSON = 64 << 20 // bytes of a map's keys and values

var errBigMap = wire.Err(wire.TooLarge, "A map of more than 64 MiB can't be shown as JSON; open it in a session, where it comes in parts.")

// JSON shows a map as it is now, its methods left out: {"version":7,"entries":{…}}. Bytes are shown as base64. It is made as it is written, so that
// however many read a large map, each takes a few pages of memory.
func (h *Hub) JSON(n name.Name) (io.WriterTo, *wire.Error) {
	m, err := h.Newest(n)
	switch {
	case err != nil:
		return nil, err
	case m.Bytes() > maxJSON:
		return nil, errBigMap
	}
	return jsonMap{m}, nil
}

type jsonMap struct{ *sharedmap.Map }

// pageJSON is about how much is written at a time.
const pageJSON = 32 << 10

// WriteTo writes the map. It ends in the middle where an entry can't be shown, which no entry is known to do.
func (m jsonMap) WriteTo(w io.Writer) (n int64, err error) {
	page := strconv.AppendUint([]byte(`{"version":`), m.Version(), 10)
	page = append(page, `,"entries":{`...)
	flush := func() {
		var k int
		k, err = w.Write(page)
		n, page = n+int64(k), page[:0]
	}
	comma := ""
	for key, value := range m.All() {
		if sharedmap.IsMethod(key) {
			continue
		}
		if page, err = appendJSON(append(page, comma...), key, value); err == nil && len(page) >= pageJSON {
			flush()
		}
		if err != nil {
			return n, err
		}
		comma = ","
	}
	page = append(page, "}}"...)
	flush()
	return n, err
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
