package sky

import (
	"strings"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/cbor/jsoncbor"
)

// Directive is what a rule tells whoever raised an event to do. Options are a map of what JSON can say; none is an empty one.
type Directive struct {
	Name    string
	Options cbor.Raw
}

// Answer is the body that an event is answered with, as JSON: {"eid":…,"directives":[{"name":…,"options":{…},"meta":{"eid":…}}]}.
func Answer(eid string, directives []Directive) []byte {
	id := AnswerID(eid)
	b := append([]byte(`{"eid":`), id...)
	b = append(b, `,"directives":[`...)
	for i, d := range directives {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, `{"name":`...), jsonOf(cbor.AppendText(nil, d.Name), `""`)...)
		b = append(append(b, `,"options":`...), jsonOf(d.Options, "{}")...)
		b = append(append(append(b, `,"meta":{"eid":`...), id...), "}}"...)
	}
	return append(b, "]}"...)
}

// AnswerID is the body that answers /c/{eci}/event/…: the event's id as a JSON string.
func AnswerID(eid string) []byte { return jsonOf(cbor.AppendText(nil, eid), `""`) }

// jsonOf is a value in JSON, or what stands for one that cannot be said.
func jsonOf(value cbor.Raw, otherwise string) []byte {
	if b, err := jsoncbor.ToJSON(value); err == nil {
		return b
	}
	return []byte(otherwise)
}

// ErrorIn tells whether the body of an answer to an event says that it failed, which some engines do with status 200: a JSON object with an error that
// is not null. message is what it says, fit to be shown: at most 256 bytes in one line; it may be empty.
func ErrorIn(body []byte) (message string, failed bool) {
	raw, err := jsoncbor.FromJSON(body, 0)
	if err != nil || cbor.KindOf(raw) != cbor.KindMap {
		return "", false
	}
	flaw := member(raw, "error")
	switch cbor.KindOf(flaw) {
	case cbor.KindNone, cbor.KindNull:
		return "", false
	case cbor.KindMap:
		flaw = member(flaw, "message")
	}
	return oneLine(textOf(flaw)), true
}

// member is the value of a key in a map; nil if it has none.
func member(m cbor.Raw, key string) cbor.Raw {
	r := cbor.NewReader(m)
	for range r.Map() {
		found := string(r.TextBytes()) == key
		if value := r.Raw(); found {
			return value
		}
	}
	return nil
}

// oneLine is a peer's text without what could mislead in a log or on a page.
func oneLine(s string) string {
	const most = 256
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	return strings.Map(func(r rune) rune {
		if Misleads(r) {
			return ' '
		}
		return r
	}, s)
}

// Misleads tells whether a character could make people read something else: control characters, separators of lines, and those that turn the direction of writing.
func Misleads(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
