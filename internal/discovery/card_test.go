package discovery

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestCHAN6_CardsHaveLimits(t *testing.T) {
	fine := Card{
		Name: "Alice", About: "I garden.\nAnd read.", Picture: "data:image/png;base64,iVBORw0KGgo=",
		Links:   []Link{{"me", "https://alice.example/", "My page"}, {"me", "mailto:alice@alice.example", ""}, {"https://x.example/rel", "acct:alice@x.example", "ä"}},
		Aliases: []string{"alice@alice.example", "alice@a.example:8443"},
	}
	if err := fine.Check("alice"); err != nil {
		t.Error(err)
	}
	for what, spoil := range map[string]func(*Card){
		"no name":                func(c *Card) { c.Name = " " },
		"a long name":            func(c *Card) { c.Name = strings.Repeat("ä", 101) },
		"two lines of name":      func(c *Card) { c.Name = "a\nb" },
		"a name that turns":      func(c *Card) { c.Name = "a\u202eb" },
		"a name that isn't text": func(c *Card) { c.Name = "a\xff" },
		"much about":             func(c *Card) { c.About = strings.Repeat("ä", 501) },
		"a bell":                 func(c *Card) { c.About = "\a" },
		"a large picture":        func(c *Card) { c.Picture = "data:image/png;base64," + strings.Repeat("A", MaxPicture) },
		"a picture with scripts": func(c *Card) { c.Picture = "data:image/svg+xml;base64,AAAA" },
		"a page for a picture":   func(c *Card) { c.Picture = "data:text/html;base64,AAAA" },
		"a picture in plain":     func(c *Card) { c.Picture = "http://alice.example/me.png" },
		"a script":               func(c *Card) { c.Picture = "javascript:alert(1)" },
		"a quote":                func(c *Card) { c.Picture = `data:image/png;base64,AA"onerror="` },
		"many links":             func(c *Card) { c.Links = make([]Link, 17) },
		"a link to a script":     func(c *Card) { c.Links[0].Href = "javascript:alert(1)" },
		"a link with a password": func(c *Card) { c.Links[0].Href = "https://a:b@alice.example" },
		"a link to nowhere":      func(c *Card) { c.Links[0].Href = "/x" },
		"a link with a space":    func(c *Card) { c.Links[0].Href = "https://a.example/ b" },
		"a link that is nothing": func(c *Card) { c.Links[0].Rel = "" },
		"a doorbell of its own":  func(c *Card) { c.Links[0].Rel = RelDoorbell },
		"another place to ask":   func(c *Card) { c.Links[0].Rel = "lrdd" },
		"another self":           func(c *Card) { c.Links[0].Rel = "self" },
		"five addresses":         func(c *Card) { c.Aliases = make([]string, 5) },
		"somebody else":          func(c *Card) { c.Aliases[0] = "bob@alice.example" },
		"a number":               func(c *Card) { c.Aliases[0] = "alice@192.0.2.1" },
		"no host":                func(c *Card) { c.Aliases[0] = "alice@" },
		"capitals":               func(c *Card) { c.Aliases[0] = "alice@Alice.example" },
	} {
		c := fine
		c.Links = append([]Link(nil), fine.Links...)
		c.Aliases = append([]string(nil), fine.Aliases...)
		spoil(&c)
		if code(c.Check("alice")) != "bad_request" {
			t.Errorf("%s: %v", what, c.Check("alice"))
		}
	}
}

func TestCardsAreReadAsWritten(t *testing.T) {
	text := rapid.String().Filter(utf8.ValidString)
	rapid.Check(t, func(t *rapid.T) {
		c := Card{Name: text.Draw(t, "name"), About: text.Draw(t, "about"), Picture: text.Draw(t, "picture")}
		for range rapid.IntRange(0, 3).Draw(t, "links") {
			c.Links = append(c.Links, Link{text.Draw(t, "rel"), text.Draw(t, "href"), text.Draw(t, "title")})
		}
		for range rapid.IntRange(0, 3).Draw(t, "aliases") {
			c.Aliases = append(c.Aliases, text.Draw(t, "alias"))
		}
		b := AppendCard(nil, c)
		got, err := ParseCard(b)
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Fatalf("%+v became %+v, %v", c, got, err)
		}
		for i := range b {
			if _, err := ParseCard(b[:i]); err == nil {
				t.Fatalf("%d bytes of %d are a card", i, len(b))
			}
		}
	})
}

func FuzzParseCard(f *testing.F) {
	f.Add(AppendCard(nil, Card{Name: "A", Links: []Link{{"me", "https://a.example", ""}}, Aliases: []string{"a@b.example"}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := ParseCard(b); err == nil {
			if again, err := ParseCard(AppendCard(nil, c)); err != nil || !reflect.DeepEqual(c, again) {
				t.Errorf("%+v %+v %v", c, again, err)
			}
		}
	})
}
