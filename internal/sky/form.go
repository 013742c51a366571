package sky

import (
	"strings"
	"unicode/utf8"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// readForm reads name=value pairs between ampersands, as queries and forms have them. A name alone has the empty text.
func readForm(s string) (Attributes, *wire.Error) {
	a := Attributes{}
	for s != "" {
		var pair string
		pair, s, _ = strings.Cut(s, "&")
		if pair == "" {
			continue
		}
		if flaw := a.putPair(pair); flaw != nil {
			return nil, flaw
		}
	}
	return a, nil
}

func (a Attributes) putPair(pair string) *wire.Error {
	name, value, _ := strings.Cut(pair, "=")
	name, okName := unescape(name, true)
	value, okValue := unescape(value, true)
	switch {
	case !okName || !okValue:
		return wire.Err(wire.BadRequest, "The attributes have an escape that is none: % is followed by two hexadecimal digits.")
	case !utf8.ValidString(name) || !utf8.ValidString(value):
		return wire.Err(wire.BadRequest, "The attributes are not in UTF-8.")
	}
	return a.put(name, cbor.AppendText(make([]byte, 0, len(value)+9), value))
}
