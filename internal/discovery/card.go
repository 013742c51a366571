package discovery

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

// Limits of a Card.
const (
	MaxName    = 100 // characters
	MaxAbout   = 500 // characters
	MaxPicture = 16 << 10
	MaxLinks   = 16
	MaxAliases = 4
	MaxHref    = 2 << 10 // bytes of a link, or of a picture's URL
	MaxRel     = 256     // bytes
	MaxTitle   = 100     // characters
)

// Card is what a CA tells the world of itself and its owner.
type Card struct {
	Name    string
	About   string
	Picture string // an https URL, or a data URL of an image
	Links   []Link
	Aliases []string // addresses elsewhere by which the owner goes, like alice@alice.example: the part before the @ is the owner's name here
}

// Link is a page or an address that a Card tells of.
type Link struct {
	Rel   string // a registered relation, like me, or a URI
	Href  string // an https, http, mailto, tel or acct URL
	Title string
}

// Check tells what is wrong with an owner's card.
func (c *Card) Check(owner string) *wire.Error {
	switch {
	case strings.TrimSpace(c.Name) == "" || !line(c.Name, MaxName):
		return flaw("A card needs a name of 1 to 100 characters in one line.")
	case utf8.RuneCountInString(c.About) > MaxAbout || !utf8.ValidString(c.About) || strings.ContainsFunc(c.About, hidden):
		return flaw("What a card says about somebody has at most 500 characters.")
	case c.Picture != "" && !pictureURL(c.Picture):
		return flaw("A card's picture is an https URL, or a data: URL of a PNG, JPEG, WebP or GIF image, of at most 16 KiB.")
	case len(c.Links) > MaxLinks:
		return flaw("A card has at most 16 links.")
	case len(c.Aliases) > MaxAliases:
		return flaw("A card has at most 4 other addresses.")
	}
	for i := range c.Links {
		if err := c.Links[i].check(); err != nil {
			return err
		}
	}
	for _, a := range c.Aliases {
		if user, host, ok := splitAddress(a); !ok || user != owner || !plainHost(host) {
			return flaw(fmt.Sprintf("A card's other address begins with the owner's name here, like %s@example.org.", owner))
		}
	}
	return nil
}

func (l *Link) check() *wire.Error {
	u, err := url.Parse(l.Href)
	switch {
	case l.Rel == "" || len(l.Rel) > MaxRel || strings.ContainsFunc(l.Rel, notVisible):
		return flaw("A card's link says what it is, by a word like me, or a URL, of at most 256 bytes.")
	case strings.HasPrefix(l.Rel, space) || l.Rel == relLRDD || l.Rel == relSelf || l.Rel == relProfile || l.Rel == relAvatar:
		return flaw("A card's link is of another kind than those that the server itself adds.")
	case len(l.Href) > MaxHref || err != nil || strings.ContainsFunc(l.Href, notVisible) || !linkScheme(u):
		return flaw("A card's link leads to an https, http, mailto, tel or acct URL of at most 2 KiB.")
	case !line(l.Title, MaxTitle):
		return flaw("A link's title has at most 100 characters in one line.")
	}
	return nil
}

func linkScheme(u *url.URL) bool {
	switch u.Scheme {
	case "https", "http":
		return u.Hostname() != "" && u.User == nil
	case "mailto", "tel", "acct":
		return u.Opaque != ""
	}
	return false
}

func pictureURL(s string) bool {
	if data, ok := strings.CutPrefix(s, "data:image/"); ok {
		kind, body, _ := strings.Cut(data, ";base64,")
		known := kind == "png" || kind == "jpeg" || kind == "webp" || kind == "gif" // no SVG: it may hold scripts
		return known && body != "" && len(s) <= MaxPicture && !strings.ContainsFunc(body, notBase64)
	}
	u, err := url.Parse(s)
	return err == nil && len(s) <= MaxHref && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && !strings.ContainsFunc(s, notVisible)
}

func notBase64(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '+' || r == '/' || r == '=')
}

// plainHost tells whether a host can stand in a name. Addresses that are numbers are nobody's own.
func plainHost(host string) bool {
	_, err := name.Parse("x@" + host)
	_, number := netip.ParseAddr(hostname(host))
	return err == nil && number != nil
}

// line tells whether a text is one line of at most n characters, without what would hide or turn others.
func line(s string, n int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= n && !strings.ContainsFunc(s, sky.Misleads)
}

// hidden are the characters that mislead, but line breaks and tabs.
func hidden(r rune) bool { return r != '\n' && r != '\t' && sky.Misleads(r) }

func notVisible(r rune) bool { return r <= ' ' || r >= 0x7f }

func flaw(message string) *wire.Error { return wire.Err(wire.BadRequest, message) }

const cardVersion = 1

var errCard = errors.New("discovery: a stored card is damaged")

// AppendCard appends the form in which a card is kept: one item of deterministic CBOR.
func AppendCard(dst []byte, c Card) []byte {
	dst = cbor.AppendArrayHeader(dst, 6)
	dst = cbor.AppendUint(dst, cardVersion)
	dst = cbor.AppendText(dst, c.Name)
	dst = cbor.AppendText(dst, c.About)
	dst = cbor.AppendText(dst, c.Picture)
	dst = cbor.AppendArrayHeader(dst, len(c.Links))
	for _, l := range c.Links {
		dst = cbor.AppendArrayHeader(dst, 3)
		dst = cbor.AppendText(dst, l.Rel)
		dst = cbor.AppendText(dst, l.Href)
		dst = cbor.AppendText(dst, l.Title)
	}
	dst = cbor.AppendArrayHeader(dst, len(c.Aliases))
	for _, a := range c.Aliases {
		dst = cbor.AppendText(dst, a)
	}
	return dst
}

// ParseCard reads what AppendCard has written. It does not check the card.
func ParseCard(b []byte) (c Card, err error) {
	r := cbor.NewReader(b)
	if r.Array() != 6 || r.Uint() != cardVersion {
		return Card{}, errCard
	}
	c = Card{Name: r.Text(), About: r.Text(), Picture: r.Text()}
	for range r.Array() {
		if r.Array() != 3 {
			return Card{}, errCard
		}
		c.Links = append(c.Links, Link{r.Text(), r.Text(), r.Text()})
	}
	for range r.Array() {
		c.Aliases = append(c.Aliases, r.Text())
	}
	if r.Done() != nil {
		return Card{}, errCard
	}
	return c, nil
}
