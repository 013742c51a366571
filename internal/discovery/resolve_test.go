package discovery

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/wire"
)

// served is a world that listens.
func served(t testing.TB) *world {
	var w *world
	s := peer(t, func(rw http.ResponseWriter, r *http.Request) { w.Handler().ServeHTTP(rw, r) })
	w = street(t, s.URL)
	return w
}

// asker is a server that others are asked from.
func asker(t testing.TB) *world { return newWorld(t, "https://asker.example", loopbackOpen...) }

func peer(t testing.TB, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// domain is somebody's own: files by path, and how often it was asked.
type domain struct {
	host  string
	url   string
	asked atomic.Int64
	files map[string]file
}

type file struct {
	kind, body string
	status     int
}

func newDomain(t testing.TB) *domain {
	d := &domain{files: map[string]file{}}
	s := peer(t, func(w http.ResponseWriter, r *http.Request) {
		d.asked.Add(1)
		f, ok := d.files[r.URL.Path]
		switch {
		case !ok:
			w.WriteHeader(404)
			return
		case f.status/100 == 3:
			w.Header().Set("Location", f.body)
		}
		w.Header().Set("Content-Type", f.kind)
		if f.status != 0 {
			w.WriteHeader(f.status)
		}
		_, _ = io.WriteString(w, f.body)
	})
	d.url, d.host = strings.Replace(s.URL, "127.0.0.1", "localhost", 1), strings.Replace(hostOf(s.URL), "127.0.0.1", "localhost", 1)
	return d
}

func hostOf(s string) string {
	u, _ := url.Parse(s)
	return u.Host
}

func (w *world) finds(t *testing.T, target, host, eci string) Found {
	t.Helper()
	f, err := w.Resolve(t.Context(), "zoe", target)
	if err != nil || f.Host != host || f.ECI != eci {
		t.Errorf("%s: %+v %v, want %s %s", target, f, err, host, eci)
	}
	return f
}

func (w *world) misses(t *testing.T, target string, want wire.Code) *wire.Error {
	t.Helper()
	f, err := w.Resolve(t.Context(), "zoe", target)
	if code(err) != want {
		t.Errorf("%.100s: %+v %v, want %s", target, f, err, want)
	}
	return err
}

func TestCHAN6_AddressesLeadToDoorbells(t *testing.T) {
	there, a := served(t), asker(t)
	host := hostOf(there.public)
	for target, ca := range map[string]string{
		"alice@" + host:                         "cloud:alice/home",
		" Alice@" + host + "\n":                 "cloud:alice/home",
		"acct:alice@" + host:                    "cloud:alice/home",
		"alice/attic@" + host:                   "cloud:alice/attic",
		"tweetiot:alice@" + host:                "tweetiot:alice/home",
		"tweetiot:alice/home@" + host:           "tweetiot:alice/home",
		"acct:tweetiot%3aalice@" + host:         "tweetiot:alice/home",
		"bob@" + host:                           "cloud:bob/home",
		host + "/tweetiot/?ca=alice/home":       "tweetiot:alice/home",
		"http://" + host + "/cloud?ca=bob/home": "cloud:bob/home",
	} {
		f := a.finds(t, target, there.public, eciOf(ca))
		if got := f.App + ":" + f.Owner + "/" + f.Local; got != ca || f.Name != there.cards[ca].Name {
			t.Errorf("%s: %s %q", target, got, f.Name)
		}
	}
	card := a.finds(t, "alice@"+host, there.public, eciOf("cloud:alice/home")).Card
	if card.About != "I <garden> & read." || card.Picture != "data:image/png;base64,AAAA" || len(card.Links) != 1 || card.Links[0].Href != "https://alice.example/" {
		t.Errorf("%+v", card)
	}
	for _, nobody := range []string{"carol@", "nobody@", "alice/shy@", "other:alice@", "John.Doe@"} {
		a.misses(t, nobody+host, wire.NotFound)
	}
}

// This server's own are found without a call, under all its names.
func TestCHAN6_OwnOnesAreFoundWithoutACall(t *testing.T) {
	w := street(t, "http://127.0.0.1:1")
	for target, ca := range map[string]string{
		"alice": "cloud:alice/home", "tweetiot:alice": "tweetiot:alice/home", "alice/attic": "cloud:alice/attic", "alice@127.0.0.1:1": "cloud:alice/home", "alice@localhost:1": "cloud:alice/home",
		"http://localhost:1/tweetiot/?ca=alice/home": "tweetiot:alice/home",
	} {
		w.finds(t, target, "http://127.0.0.1:1", eciOf(ca))
	}
	w.misses(t, "carol", wire.NotFound)
	w.misses(t, "dave@localhost:1", wire.NotFound)
	plain := street(t, "http://wab.example:8080")
	plain.finds(t, "alice@wab.example:8080", "http://wab.example:8080", eciOf("cloud:alice/home"))
	w.public = ""
	w.misses(t, "alice", wire.Unavailable)
}

func TestCHAN6_URLsOfDoorbells(t *testing.T) {
	w := newWorld(t, "https://asker.example")
	const eci = "ckz5k3q0t000w8s9v4a0x1b2c"
	for target, host := range map[string]string{
		"https://h.example/sky/event/" + eci:               "https://h.example",
		"https://h.example/sky/event/" + eci + "/none/a/b": "https://h.example",
		"https://H.example:3000/under/c/" + eci + "/event": "https://h.example:3000/under",
		"http://10.0.0.1:3000/sky/cloud/" + eci:            "http://10.0.0.1:3000",
		"http://localhost:3000/c/" + eci:                   "http://localhost:3000",
		"localhost:3000/c/" + eci:                          "http://localhost:3000",
		"h.example/c/" + eci:                               "https://h.example",
	} {
		w.finds(t, target, host, eci)
	}
	d := newDomain(t)
	asker(t).finds(t, d.url+"/"+eci, d.url, eci) // nothing else is there: so it is no page
}

// Somebody's own domain leads to the server that hosts them, in each of the ways that RFC 6415 has.
func TestCHAN6_OwnDomainsLeadToTheServer(t *testing.T) {
	there, a := served(t), asker(t)
	template := there.public + "/.well-known/webfinger?resource={uri}"
	fixed := there.public + "/.well-known/webfinger?resource=acct:bob@" + hostOf(there.public)
	bell := there.public + "/sky/event/" + eciOf("cloud:bob/home")
	for what, c := range map[string]struct {
		path, kind, body string
		who, ca          string
	}{
		"template, JSON":     {"host-meta.json", "application/json", `{"links":[{"rel":"lrdd","template":"` + template + `"}]}`, "alice@", "cloud:alice/home"},
		"template, XML":      {"host-meta", "application/xrd+xml", `<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" template="` + template + `"/></XRD>`, "alice@", "cloud:alice/home"},
		"a file, XML":        {"host-meta", "application/octet-stream", "\ufeff" + `<?xml version="1.0"?><XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" href="` + fixed + `"/></XRD>`, "me@", "cloud:bob/home"},
		"a file, JSON":       {"host-meta", "text/plain; charset=utf-8", `{"links":[{"rel":"x"},{"rel":"lrdd","href":"` + fixed + `"}]}`, "me@", "cloud:bob/home"},
		"second template":    {"host-meta.json", "application/json", `{"links":[{"rel":"lrdd","template":"` + there.public + `/nowhere"},{"rel":"lrdd","template":"` + template + `"}]}`, "alice@", "cloud:alice/home"},
		"a page's doorbell":  {"host-meta.json", "application/json", `{"links":[{"rel":"` + RelDoorbell + `","href":"` + bell + `"}]}`, "", "cloud:bob/home"},
		"a page's template":  {"host-meta.json", "application/json", `{"links":[{"rel":"lrdd","href":"` + fixed + `"}]}`, "", "cloud:bob/home"},
		"a document's self":  {"webfinger", "application/jrd+json", `{"links":[{"rel":"self","href":"acct:bob@` + hostOf(there.public) + `"}]}`, "bob@", "cloud:bob/home"},
		"a document's page":  {"webfinger", "application/jrd+json", `{"links":[{"rel":"self","href":"` + there.public + `/tweetiot/?ca=alice/home"}]}`, "bob@", "tweetiot:alice/home"},
		"a static WebFinger": {"webfinger", "application/json", `{"subject":null,"links":[{"rel":"` + RelDoorbell + `","href":"` + bell + `","titles":null,"properties":{"x":null,"y":3}}]}`, "John.Doe@", "cloud:bob/home"},
	} {
		t.Run(what, func(t *testing.T) {
			d := newDomain(t)
			d.files["/.well-known/"+c.path] = file{kind: c.kind, body: c.body}
			card := there.cards["cloud:alice/home"]
			card.Aliases = []string{"alice@" + d.host}
			there.cards["cloud:alice/home"] = card
			a.finds(t, c.who+d.host, there.public, eciOf(c.ca))
		})
	}
}

// The server that is asked may be the one that hosts them: it does not call itself.
func TestCHAN6_OwnDomainsMayLeadBackHere(t *testing.T) {
	d := newDomain(t)
	w := newWorld(t, "http://localhost:1", loopbackOpen...)
	w.shows("cloud:alice/home", Card{Name: "Alice", Aliases: []string{"alice@" + d.host}})
	d.files["/.well-known/host-meta.json"] = file{kind: "application/json", body: `{"links":[{"rel":"lrdd","template":"http://127.0.0.1:1/.well-known/webfinger?resource={uri}"}]}`}
	w.finds(t, "alice@"+d.host, "http://localhost:1", eciOf("cloud:alice/home"))
	d.files["/.well-known/webfinger"] = file{kind: "application/json", body: `{"links":[{"rel":"self","href":"acct:alice@localhost:1"}]}`}
	w.finds(t, "alice@"+d.host, "http://localhost:1", eciOf("cloud:alice/home"))
}

func TestCHAN6_WhatIsNoAddress(t *testing.T) {
	w := asker(t)
	for _, target := range []string{
		"", " ", "@", "a@", "@h.example", "alice@h/x", "alice@h x", "alice@h.example:0", "alice@h.example:99999", "alice@h.example:", "alice@[::1", "alice@[fe80::1%25lo]:80", "alice@-h", "al ice@h.example",
		"alice@münchen.example", "alice/home/board@h.example", "a/b/c/d@h.example", "alice%@h.example", "alice%00@h.example", "https://", "https:///x", "ftp://h.example", "javascript:alert(1)", "https://a:b@h.example/",
		"https://h.example:x/", "file:///etc/passwd", "//h.example/x", "alice/home/board", "Zoë", "acct:alice", "acct:", "https://h.example/\x00", strings.Repeat("a", 3000) + "@h.example", "😀",
	} {
		w.misses(t, target, wire.BadRequest)
	}
}

// Everything that a peer may say instead of an answer ends, soon and clearly.
func TestCHAN5_HostilePeersOfTheResolver(t *testing.T) {
	const jrd = "application/jrd+json"
	deep := strings.Repeat(`{"links":[{"properties":{"x":`, 40000)
	lol := `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Subject>&b;</Subject></XRD>`
	outer := `<!DOCTYPE x SYSTEM "file:///etc/passwd"><XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"/>`
	many := `{"links":[` + strings.Repeat(`{"rel":"x"},`, 300) + `{"rel":"x"}]}`
	for what, c := range map[string]struct {
		file
		code wire.Code
		why  string
	}{
		"a redirect":          {file{"", "http://127.0.0.1:1/", 302}, wire.NotFound, "redirects are not followed"},
		"a page for all":      {file{"text/html", "<html></html>", 0}, wire.NotFound, "neither JSON"},
		"a broken type":       {file{"a/b; c", "{}", 0}, wire.NotFound, "neither JSON"},
		"nothing":             {file{jrd, "", 0}, wire.NotFound, "damaged"},
		"half":                {file{jrd, `{"links":[`, 0}, wire.NotFound, "damaged"},
		"another form":        {file{jrd, `{"links":"x"}`, 0}, wire.NotFound, "damaged"},
		"two documents":       {file{jrd, `{}{}`, 0}, wire.NotFound, "damaged"},
		"a deep one":          {file{jrd, deep[:200<<10], 0}, wire.NotFound, "nests deeper"},
		"a long one":          {file{jrd, `{"subject":"` + strings.Repeat("x", maxDocument) + `"}`, 0}, wire.NotFound, "larger than 256 KiB"},
		"a very long one":     {file{jrd, strings.Repeat("x", 2<<20), 0}, wire.TooLarge, "1 MiB"},
		"many links":          {file{jrd, many, 0}, wire.NotFound, "256 links"},
		"entities":            {file{"application/xrd+xml", lol, 0}, wire.NotFound, "declares a document type"},
		"files of ours":       {file{"application/xrd+xml", outer, 0}, wire.NotFound, "declares a document type"},
		"deep XML":            {file{"text/xml", `<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">` + strings.Repeat("<a>", 60000), 0}, wire.NotFound, "nests deeper"},
		"XML of another kind": {file{"text/xml", "<feed/>", 0}, wire.NotFound, "damaged"},
		"XML in a charset":    {file{"text/xml", `<?xml version="1.0" encoding="utf-7"?><XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"/>`, 0}, wire.NotFound, "damaged"},
		"an error":            {file{jrd, "{}", 500}, wire.Unavailable, "can't answer"},
		"too many":            {file{jrd, "{}", 429}, wire.Unavailable, "can't answer"},
		"not for us":          {file{jrd, "{}", 403}, wire.NotFound, ""},
		"no links":            {file{jrd, "{}", 0}, wire.NotFound, ""},
	} {
		t.Run(what, func(t *testing.T) {
			d := newDomain(t)
			for _, path := range []string{pathWebFinger, pathHostMeta, pathHostMetaJSON} {
				d.files[path] = c.file
			}
			if err := asker(t).misses(t, "alice@"+d.host, c.code); !strings.Contains(err.Message, c.why) {
				t.Error(err)
			}
			if n := d.asked.Load(); n > 3 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

func TestCHAN5_APeerThatNeverAnswers(t *testing.T) {
	done := make(chan struct{})
	s := peer(t, func(http.ResponseWriter, *http.Request) { <-done })
	defer close(done)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := asker(t).Resolve(ctx, "zoe", "alice@"+hostOf(s.URL)); code(err) != wire.Deadline {
		t.Error(err)
	}
	s.CloseClientConnections()
}

func TestCHAN5_TheResolverReachesNothingInside(t *testing.T) {
	d := newDomain(t)
	closed := newWorld(t, "https://asker.example")
	for _, target := range []string{"alice@" + d.host, d.url, "alice@169.254.169.254", "http://10.0.0.1/", "alice@[fd00::1]"} {
		closed.misses(t, target, wire.NotAllowed)
	}
	if d.asked.Load() != 0 {
		t.Error("it was reached")
	}
	for _, number := range []string{"alice@2130706433", "alice@0x7f.1"} {
		closed.misses(t, number, wire.BadRequest)
	}
}

// Documents that lead from one to the next, or in a circle, end.
func TestCHAN5_LoopsEnd(t *testing.T) {
	for what, body := range map[string]string{
		"to itself":         `{"links":[{"rel":"self","href":"acct:alice@HOST"}]}`,
		"to others":         `{"links":[{"rel":"self","href":"acct:aNEXT@HOST"}]}`,
		"by template":       `{"links":[{"rel":"lrdd","template":"URL/.well-known/host-meta.json?{uri}"},{"rel":"lrdd","template":"URL/.well-known/webfinger?resource={uri}"}]}`,
		"to many":           `{"links":[` + strings.Repeat(`{"rel":"self","href":"acct:bNEXT@HOST"},`, 200) + `{"rel":"self","href":"acct:a@HOST"}]}`,
		"by many templates": `{"links":[` + strings.Repeat(`{"rel":"lrdd","template":"URL/NEXT"},`, 200) + `{"rel":"self","href":"acct:a@HOST"}]}`,
	} {
		t.Run(what, func(t *testing.T) {
			var asked atomic.Int64
			var s *httptest.Server
			s = peer(t, func(w http.ResponseWriter, _ *http.Request) {
				said := strings.NewReplacer("HOST", hostOf(s.URL), "URL", s.URL).Replace(body)
				n := asked.Add(1)
				for strings.Contains(said, "NEXT") {
					n++
					said = strings.Replace(said, "NEXT", fmt.Sprint(asked.Load()*1000+n), 1)
				}
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, said)
			})
			_, err := asker(t).Resolve(t.Context(), "zoe", "alice@"+hostOf(s.URL))
			if c := code(err); c != wire.NotFound && c != wire.BadRequest || asked.Load() > MaxCalls {
				t.Errorf("%v after %d calls", err, asked.Load())
			}
		})
	}
}

// What a document calls a doorbell is one, and of whom is meant.
func TestCHAN6_LinksThatAreNoDoorbells(t *testing.T) {
	const fine = "https://x.example/sky/event/abcdefgh"
	of := func(app, ca string) map[string]any { return map[string]any{propApp: app, propCA: ca} }
	s := &search{Discovery: newWorld(t, "https://asker.example").Discovery}
	at := place{"https", "h.example"}
	for _, c := range []struct {
		target string
		link
		ok bool
	}{
		{"alice@h.example", link{Href: fine}, true},
		{"alice@h.example", link{Href: fine, Properties: of("cloud", "alice/home")}, true},
		{"cloud:alice@h.example", link{Href: fine, Properties: of("cloud", "alice/home")}, true},
		{"alice/home@h.example", link{Href: fine, Properties: of("cloud", "alice/home")}, true},
		{"tweetiot:alice@h.example", link{Href: fine, Properties: of("cloud", "alice/home")}, false},
		{"alice/attic@h.example", link{Href: fine, Properties: of("cloud", "alice/home")}, false},
		{"alice@h.example", link{Href: fine, Properties: map[string]any{propApp: 7, propCA: "\x00"}}, true},
		{"alice@h.example", link{Href: "http://x.example/sky/event/abcdefgh"}, false}, // others could read and change it
		{"alice@h.example", link{Href: "http://localhost:80/sky/event/abcdefgh"}, true},
		{"alice@h.example", link{Href: "https://a:b@x.example/sky/event/abcdefgh"}, false},
		{"alice@h.example", link{Href: "javascript:/sky/event/abcdefgh"}, false},
		{"alice@h.example", link{Href: "/sky/event/abcdefgh"}, false},
		{"alice@h.example", link{Href: "https://x.example/"}, false},
		{"alice@h.example", link{Href: "https://x.example/sky/event/"}, false},
		{"alice@h.example", link{Href: "https://x.example\\@y/sky/event/abcdefgh"}, false},
		{"alice@h.example", link{Template: fine}, false},
	} {
		tg, err := parseTarget(c.target)
		if err != nil {
			t.Fatal(err)
		}
		c.Rel = RelDoorbell
		if f, err := s.pick(tg, at, document{Links: []link{c.link}}); (err == nil) != c.ok {
			t.Errorf("%s %+v: %+v %v", c.target, c.link, f, err)
		}
	}
}

func TestCHAN6_PeersCardsAreFitToBeShown(t *testing.T) {
	of := map[string]any{propApp: "cloud", propCA: "alice/home", propAbout: "a\u202eb\x00\n" + strings.Repeat("ä", 600)}
	other := map[string]any{propApp: "cloud", propCA: "alice/attic"}
	bell := link{Rel: RelDoorbell, Titles: map[string]string{"und": "A\nB\x1b[31m" + strings.Repeat("x", 200)}, Properties: of}
	doc := document{Links: []link{
		bell, {Rel: relAvatar, Href: "javascript:x", Properties: of}, {Rel: relAvatar, Href: "https://a.example/other.png", Properties: other}, {Rel: relAvatar, Href: "https://a.example/me.png", Properties: of},
		{Rel: "me", Href: "javascript:x", Properties: of}, {Rel: "me", Href: "https://a.example/", Titles: map[string]string{"fr": "moi"}, Properties: of}, {Rel: "lrdd", Href: "https://a.example/", Properties: of},
	}}
	c := cardOf(&doc, &bell)
	c.Aliases = nil
	if err := c.Check("alice"); err != nil || c.Picture != "https://a.example/me.png" || len(c.Links) != 1 || !strings.HasPrefix(c.Name, "A B[31mx") || strings.ContainsAny(c.About, "\u202e\x00") {
		t.Errorf("%+v %v", c, err)
	}
}

func FuzzHostMeta(f *testing.F) {
	f.Add("application/jrd+json", []byte(`{"links":[{"rel":"lrdd","template":"https://a.example/{uri}"}],"properties":{"a":null}}`))
	f.Add("application/xrd+xml", []byte(`<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Subject>x</Subject><Link rel="lrdd" template="x"><Title xml:lang="en">t</Title><Property type="p">v</Property></Link></XRD>`))
	f.Add("text/plain", []byte("<!DOCTYPE x>"))
	s := &search{Discovery: newWorld(f, "https://asker.example").Discovery}
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		doc, err := parseDocument(kind, body)
		if err != nil {
			return
		}
		if again, err := parseDocument(typeJRD, toJSON(&doc)); err != nil && len(body) < maxDocument/8 {
			t.Errorf("%+v %+v %v", doc, again, err)
		}
		for _, l := range doc.Links {
			if f, ok := s.doorbell(target{}, place{"https", "h.example"}, &doc, &l); ok && (f.ECI == "" || f.Host == "" || f.Card.Name != "" && f.Card.Check("x") != nil) {
				t.Errorf("%+v", f)
			}
		}
	})
}

func FuzzTarget(f *testing.F) {
	for _, s := range []string{"alice@h.example", "acct:alice%2Fhome@127.0.0.1:8080", "app:alice/home@[::1]:80", "https://h.example/a?ca=b/c", "h.example/c/abcdefghijklmnopqrstuvwx", "alice", "localhost:8080"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		g, err := parseTarget(s)
		if err != nil {
			if code(err) != wire.BadRequest {
				t.Error(err)
			}
			return
		}
		switch {
		case g.local:
			if g.who.Check() != nil {
				t.Errorf("%q: %+v", s, g)
			}
		case g.resource == "" && g.eci == "":
			t.Errorf("%q: %+v", s, g)
		default:
			if _, at, ok := web(g.at.String()); !ok || at != g.at {
				t.Errorf("%q: %+v is %+v", s, g, at)
			}
		}
	})
}
