package jsoncbor

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// ToJSON writes one item as JSON. What could end a script in a page is escaped. Its error is *wire.Error, internal: the item is not of
// the subset, or two keys of a map, 1 and "1", look alike in JSON.
func ToJSON(raw cbor.Raw) ([]byte, error) {
	if err := cbor.Check(raw); err != nil {
		return nil, wire.Err(wire.Internal, "A value cannot be shown as JSON: "+err.Error()+".")
	}
	w := writer{r: cbor.NewReader(raw)}
	out := w.value(make([]byte, 0, len(raw)*2))
	if w.alike {
		return nil, wire.Err(wire.Internal, "A value cannot be shown as JSON: two keys of a map are alike there.")
	}
	return out, nil
}

// A writer reads what Check has accepted, so reading does not fail, and nesting has an end.
type writer struct {
	r     cbor.Reader
	alike bool // two keys of one map were
}

func (w *writer) value(dst []byte) []byte {
	switch w.r.Kind() {
	case cbor.KindBool:
		return strconv.AppendBool(dst, w.r.Bool())
	case cbor.KindUint:
		return strconv.AppendUint(dst, w.r.Uint(), 10)
	case cbor.KindNint:
		return strconv.AppendInt(dst, w.r.Int(), 10)
	case cbor.KindFloat:
		return appendFloat(dst, w.r.Float())
	case cbor.KindText:
		return appendString(dst, w.r.TextBytes())
	case cbor.KindBytes:
		dst = base64.StdEncoding.AppendEncode(append(dst, '"'), w.r.Bytes())
		return append(dst, '"')
	case cbor.KindArray:
		return w.array(dst)
	case cbor.KindMap:
		return w.object(dst)
	}
	w.r.Null()
	return append(dst, "null"...)
}

func (w *writer) array(dst []byte) []byte {
	dst = append(dst, '[')
	for i := range w.r.Array() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = w.value(dst)
	}
	return append(dst, ']')
}

func (w *writer) object(dst []byte) []byte {
	dst = append(dst, '{')
	var numbers map[string]bool // integer keys come before all text: their digits may come again
	for i := range w.r.Map() {
		if i > 0 {
			dst = append(dst, ',')
		}
		if w.r.Kind() == cbor.KindText {
			key := w.r.TextBytes()
			w.alike = w.alike || numbers[string(key)]
			dst = appendString(dst, key)
		} else {
			from := len(dst) + 1
			dst = append(w.value(append(dst, '"')), '"')
			if numbers == nil {
				numbers = map[string]bool{}
			}
			numbers[string(dst[from:len(dst)-1])] = true
		}
		dst = w.value(append(dst, ':'))
	}
	return append(dst, '}')
}

// appendString leaves what needs escapes to encoding/json.
func appendString(dst, s []byte) []byte {
	for _, c := range s {
		if c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(string(s)) // a string never fails
			return append(dst, quoted...)
		}
	}
	return append(append(append(dst, '"'), s...), '"')
}

// appendFloat writes as JavaScript does: the shortest digits that read back the same, with an exponent only far from 1.
func appendFloat(dst []byte, v float64) []byte {
	abs := math.Abs(v)
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return append(dst, "null"...)
	case abs != 0 && (abs < 1e-6 || abs >= 1e21):
		return strconv.AppendFloat(dst, v, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}
