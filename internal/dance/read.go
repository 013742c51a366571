package dance

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

// reading takes attributes of one event and keeps the first flaw.
type reading struct {
	event      string
	attributes sky.Attributes
	flaw       *wire.Error
}

func (r *reading) fail(code wire.Code, name, what string) {
	if r.flaw == nil {
		r.flaw = wire.Err(code, "The attribute "+name+" of "+r.event+" "+what+".")
	}
}

// text is an optional attribute.
func (r *reading) text(name string, limit int) string {
	if name == "" {
		return ""
	}
	s := r.attributes.Text(name)
	if len(s) > limit {
		r.fail(wire.TooLarge, name, "is longer than "+strconv.Itoa(limit)+" bytes")
	}
	return s
}

// word is an attribute that must be there, of visible ASCII.
func (r *reading) word(name string, limit int) string {
	s := r.text(name, limit)
	switch {
	case s == "":
		r.fail(wire.BadRequest, name, "is missing: it is needed, as text")
	case !sky.IsVisible(s):
		r.fail(wire.BadRequest, name, "is not of visible ASCII characters alone")
	}
	return s
}

func (r *reading) eci(name string) string {
	s := r.word(name, sky.MaxECI)
	if r.flaw == nil && !sky.IsECI(s) {
		r.fail(wire.BadRequest, name, "is not the ECI of a channel")
	}
	return s
}

// host is an optional base URL, as SplitDoorbell has it.
func (r *reading) host(name string) string {
	s := r.text(name, MaxHost)
	if s == "" {
		return ""
	}
	host, ok := cleanHost(s)
	if !ok {
		r.fail(wire.BadRequest, name, "is not the http or https URL of a server")
	}
	return host
}

// cleanHost brings a base URL into the form that it is kept and sent in: no slash at the end, scheme and name in lower case.
func cleanHost(s string) (host string, ok bool) {
	const some = "some"
	host, eci, ok := sky.SplitDoorbell(trimSlashes(s) + "/c/" + some)
	return host, ok && eci == some
}

func trimSlashes(s string) string { return strings.TrimRight(s, "/") }

func isID(s string) bool { return s != "" && len(s) <= MaxID && sky.IsVisible(s) }

// shorten is s, or as many of its characters as MaxText bytes hold.
func shorten(s string) string {
	if len(s) <= MaxText {
		return s
	}
	end := MaxText
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}
