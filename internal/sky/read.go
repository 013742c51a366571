package sky

import (
	"strconv"
	"strings"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/cbor/jsoncbor"
	"github.com/wabgo/wab/internal/wire"
)

// ErrMediaType is for a body that is neither JSON nor a form, or not in UTF-8; its HTTP status is 415.
var ErrMediaType = wire.Err(wire.BadRequest,
	"The body's type is not supported: send application/json or application/x-www-form-urlencoded, in UTF-8.")

// ReadAttributes reads an event's or a query's attributes from a URL's query (without the question mark), and from a body of the given Content-Type,
// which wins. A body that is empty may have any type, or none. Errors are ErrMediaType itself, bad_request and too_large.
func ReadAttributes(query, contentType string, body []byte) (Attributes, *wire.Error) {
	a, flaw := readBody(contentType, body)
	if flaw != nil || query == "" {
		return a, flaw
	}
	if len(query) > MaxQuery {
		return nil, wire.Err(wire.TooLarge, "The query is too large: "+strconv.Itoa(MaxQuery)+" bytes are allowed. Send a body.")
	}
	q, flaw := readForm(query)
	if flaw != nil {
		return nil, flaw
	}
	for name, value := range a {
		q[name] = value
	}
	if len(q) > MaxAttributes {
		return nil, errTooMany
	}
	return q, nil
}

func readBody(contentType string, body []byte) (Attributes, *wire.Error) {
	switch {
	case len(body) == 0:
		return Attributes{}, nil
	case len(body) > MaxBody:
		return nil, wire.Err(wire.TooLarge, "The body is too large: "+strconv.Itoa(MaxBody)+" bytes are allowed.")
	}
	media, params, _ := strings.Cut(contentType, ";")
	media = strings.TrimSpace(media)
	switch {
	case !isUTF8(params):
		return nil, ErrMediaType
	case strings.EqualFold(media, "application/json"):
		return fromJSON(body)
	case strings.EqualFold(media, "application/x-www-form-urlencoded"):
		return readForm(string(body))
	}
	return nil, ErrMediaType
}

// isUTF8 tells whether a content type's parameters name no other character set.
func isUTF8(params string) bool {
	for params != "" {
		var param string
		param, params, _ = strings.Cut(params, ";")
		name, value, _ := strings.Cut(param, "=")
		if strings.EqualFold(strings.TrimSpace(name), "charset") {
			value = strings.Trim(value, " \t\"")
			if !strings.EqualFold(value, "utf-8") && !strings.EqualFold(value, "utf8") && !strings.EqualFold(value, "us-ascii") {
				return false
			}
		}
	}
	return true
}

func fromJSON(body []byte) (Attributes, *wire.Error) {
	raw, err := jsoncbor.FromJSON(body, MaxBody)
	if err != nil {
		return nil, err.(*wire.Error)
	}
	if cbor.KindOf(raw) != cbor.KindMap {
		return nil, wire.Err(wire.BadRequest, "The body must be a JSON object: names of attributes, and their values.")
	}
	r := cbor.NewReader(raw)
	n := r.Map()
	a := make(Attributes, min(n, MaxAttributes))
	for range n {
		name := r.Text()
		if flaw := a.put(name, r.Raw()); flaw != nil {
			return nil, flaw
		}
	}
	return a, nil
}
