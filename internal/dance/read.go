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
	case !isVisible(s):
		r.fail(wire.BadRequest, name, "is not of visible ASCII characters alone")
	}
	return s
}

func (r *reading) eci(name string) string {
	s := r.word(name, sky.MaxECI)
	if r.flaw == nil && !isECI(s) {
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
	const any = "any"
	host, eci, ok := sky.SplitDoorbell(trimSlashes(s) + "/c/" + any)
	return host, ok && eci == any
}

func trimSlashes(s string) string { return strings.TrimRight(s, "/") }

func isECI(s string) bool {
	return len(s) <= sky.MaxECI && isWord(s) && !strings.Contains(s, "/") && s != "." && s != ".."
}

func isID(s string) bool { return len(s) <= MaxID && isWord(s) }

func isWord(s string) bool { return s != "" && isVisible(s) }

func isVisible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// shorten cuts a text of MaxText bytes at most off s, between characters.
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
