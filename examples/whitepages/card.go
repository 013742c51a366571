package whitepages

import (
	"errors"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wabgo/wab/server"
)

const (
	maxName  = 100 // characters
	maxAbout = 280
)

var (
	errName  = errors.New("an entry needs a name of 1 to 100 characters in one line")
	errAbout = errors.New("what an entry says about somebody has at most 280 characters in one line")
)

// check trims a card and tells what is wrong with it.
func (c *Card) check() error {
	c.Name, c.About = strings.TrimSpace(c.Name), strings.TrimSpace(c.About)
	switch {
	case c.Name == "" || !line(c.Name, maxName):
		return errName
	case !line(c.About, maxAbout):
		return errAbout
	}
	return nil
}

// line tells whether a text is one line of at most n characters, without what would hide or turn others.
func line(s string, n int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= n && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
	})
}

// at is the entry with its owner's address, where the server knows how it is reached.
func (e Entry) at(tx *server.Tx) Entry {
	if u, err := url.Parse(tx.PublicURL()); err == nil && u.Host != "" {
		e.Address = e.Owner + "@" + u.Host
	}
	return e
}

func located(tx *server.Tx, all []Entry) []Entry {
	out := make([]Entry, 0, len(all))
	for _, e := range all {
		out = append(out, e.at(tx))
	}
	return out
}
