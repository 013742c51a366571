package discovery

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// street has alice with two doorbells, bob with one, and carol, whose CAs show nothing.
func street(t testing.TB, public string) *world {
	w := newWorld(t, public)
	w.shows("cloud:alice/home", Card{
		Name: "Alice", About: "I <garden> & read.", Picture: "data:image/png;base64,AAAA",
		Links: []Link{{"me", "https://alice.example/", "My page"}}, Aliases: []string{"alice@alice.example"},
	})
	w.shows("cloud:alice/attic", Card{Name: "Alice's attic", Picture: "data:image/png;base64,BBBB"})
	w.shows("tweetiot:alice/home", Card{Name: "Alice's lamp"})
	w.shows("cloud:bob/home", Card{Name: "Bob"})
	w.has("cloud:carol/home", "tweetiot:carol/home", "cloud:alice/shy", "cloud:alice/home/topic")
	return w
}

func doorbells(doc document) (out []string) {
	for _, l := range doc.all(RelDoorbell) {
		out = append(out, l.Href)
	}
	return out
}

func finger(resource string, rels ...string) string {
	q := url.Values{"resource": {resource}, "rel": rels}
	return "/.well-known/webfinger?" + q.Encode()
}

func TestCHAN6_WebFingerTellsOfDoorbellsAndCards(t *testing.T) {
	w := street(t, "https://wab.example")
	rec := w.asks(finger("acct:alice@wab.example"))
	for key, want := range map[string]string{
		"Content-Type": "application/jrd+json", "Access-Control-Allow-Origin": "*", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if got := rec.Header().Get(key); got != want {
			t.Errorf("%s: %q", key, got)
		}
	}
	doc := parsed(t, rec)
	const base = "https://wab.example/sky/event/eci-"
	if got := doorbells(doc); !slices.Equal(got, []string{base + "cloud-alice-home", base + "cloud-alice-attic", base + "tweetiot-alice-home"}) {
		t.Error(got)
	}
	first := doc.Links[0]
	if first.Titles["und"] != "Alice" || text(first.Properties, propApp) != "cloud" || text(first.Properties, propCA) != "alice/home" || text(first.Properties, propAbout) != "I <garden> & read." {
		t.Errorf("%+v", first)
	}
	if page := doc.all(relProfile)[2]; page.Href != "https://wab.example/tweetiot/?ca=alice/home" || page.Type != "text/html" {
		t.Errorf("%+v", page)
	}
	if a := doc.all(relAvatar); len(a) != 1 || a[0].Href != "data:image/png;base64,AAAA" {
		t.Errorf("%+v", a)
	}
	if me := doc.all("me"); len(me) != 1 || me[0].Href != "https://alice.example/" || me[0].title() != "My page" {
		t.Errorf("%+v", me)
	}
	if doc.Subject != "acct:alice@wab.example" || !slices.Contains(doc.Aliases, "acct:alice@alice.example") || !slices.Contains(doc.Aliases, "https://wab.example/cloud/?ca=alice/home") {
		t.Errorf("%s %s", doc.Subject, doc.Aliases)
	}
	if strings.Contains(rec.Body.String(), "shy") || strings.Contains(rec.Body.String(), "topic") {
		t.Errorf("%s", rec.Body)
	}
}

func TestCHAN6_FormsOfResources(t *testing.T) {
	const all, home, attic, lamp, none = 3, "cloud-alice-home", "cloud-alice-attic", "tweetiot-alice-home", ""
	for _, c := range []struct {
		public, resource string
		count            int
		first            string
	}{
		{"https://wab.example", "acct:alice@wab.example", all, home},
		{"https://wab.example", "ACCT:Alice@WAB.Example", all, home},
		{"https://wab.example", "acct:alice@wab.example.", all, home},
		{"https://wab.example", "acct:alice@wab.example:443", all, home},
		{"https://wab.example", "acct:%61lice@wab.example", all, home},
		{"https://wab.example", "alice@wab.example", all, home},
		{"https://wab.example", "acct:alice/attic@wab.example", 1, attic},
		{"https://wab.example", "acct:alice%2fattic@wab.example", 1, attic},
		{"https://wab.example", "acct:tweetiot%3Aalice%2Fhome@wab.example", 1, lamp},
		{"https://wab.example", "acct:tweetiot:alice/home@wab.example", 1, lamp},
		{"https://wab.example", "tweetiot:alice/home@wab.example", 1, lamp},
		{"https://wab.example", "acct:tweetiot:alice@wab.example", 1, lamp},
		{"https://wab.example", "acct:alice/home@wab.example", 2, home}, // in two apps
		{"https://wab.example", "https://wab.example/tweetiot/?ca=alice/home", 1, lamp},
		{"https://wab.example", "https://WAB.example:443/tweetiot?ca=alice/home#x", 1, lamp},
		{"https://wab.example", "https://wab.example/tweetiot/?ca=alice%2Fhome&x=y", 1, lamp},
		{"https://wab.example", "acct:alice@alice.example", 1, home}, // an alias
		{"https://wab.example", "acct:alice@Alice.Example", 1, home},
		{"https://wab.example/under/", "https://wab.example/under/tweetiot/?ca=alice/home", 1, lamp},
		{"http://127.0.0.1:8080", "acct:alice@127.0.0.1:8080", all, home},
		{"http://127.0.0.1:8080", "acct:alice@localhost:8080", all, home},
		{"http://127.0.0.1:8080", "acct:alice@[::1]:8080", all, home},
		{"http://127.0.0.1:8080", "http://localhost:8080/tweetiot/?ca=alice/home", 1, lamp},
		{"http://[2001:db8::1]:8080", "acct:alice@[2001:DB8:0::1]:8080", all, home},
		{"http://wab.example", "acct:alice@wab.example", all, home},
		{"http://wab.example", "acct:alice@wab.example:80", all, home},

		{"https://wab.example", "acct:carol@wab.example", 0, none},
		{"https://wab.example", "acct:dave@wab.example", 0, none},
		{"https://wab.example", "acct:alice/shy@wab.example", 0, none},
		{"https://wab.example", "acct:alice/home/topic@wab.example", 0, none},
		{"https://wab.example", "acct:other:alice@wab.example", 0, none},
		{"https://wab.example", "acct:alice@wab.example:8443", 0, none},
		{"https://wab.example", "acct:alice@other.example", 0, none},
		{"https://wab.example", "acct:bob@alice.example", 0, none},
		{"https://wab.example", "acct:alice/home@alice.example", 0, none},
		{"https://wab.example", "acct:alice@wab.example@wab.example", 0, none},
		{"https://wab.example", "acct:alice@wab.example/x", 0, none},
		{"https://wab.example", "acct:alice%@wab.example", 0, none},
		{"https://wab.example", "acct:alice%00@wab.example", 0, none},
		{"https://wab.example", "acct:alice%40wab.example@wab.example", 0, none},
		{"https://wab.example", "acct:al%252fice@wab.example", 0, none},
		{"https://wab.example", "acct:@wab.example", 0, none},
		{"https://wab.example", "acct:alice@", 0, none},
		{"https://wab.example", "acct:forum/party@wab.example", 0, none},
		{"https://wab.example", "acct:../alice@wab.example", 0, none},
		{"https://wab.example", "urn:x:alice", 0, none},
		{"https://wab.example", "alice", 0, none},
		{"https://wab.example", "https://wab.example/", 0, none},
		{"https://wab.example", "https://wab.example/tweetiot/", 0, none},
		{"https://wab.example", "https://wab.example/tweetiot/?ca=home", 0, none},
		{"https://wab.example", "https://wab.example/tweetiot/?ca=alice/home&ca=bob/home", 0, none},
		{"https://wab.example", "https://wab.example/tweetiot/?ca=cloud:alice/home", 0, none},
		{"https://wab.example", "https://wab.example/api/?ca=alice/home", 0, none},
		{"https://wab.example", "https://other.example/tweetiot/?ca=alice/home", 0, none},
		{"https://wab.example", "http://wab.example/tweetiot/?ca=alice/home", 0, none},
		{"https://wab.example", "https://x:y@wab.example/tweetiot/?ca=alice/home", 0, none},
		{"not a url", "acct:alice@wab.example", 0, none},
	} {
		rec := street(t, c.public).asks(finger(c.resource))
		if c.count == 0 {
			if rec.Code != 404 {
				t.Errorf("%s: %d %s", c.resource, rec.Code, rec.Body)
			}
			continue
		}
		if rec.Code != 200 {
			t.Errorf("%s at %s: %d %s", c.resource, c.public, rec.Code, rec.Body)
			continue
		}
		got := doorbells(parsed(t, rec))
		if want := strings.TrimRight(c.public, "/") + "/sky/event/eci-" + c.first; len(got) != c.count || got[0] != want {
			t.Errorf("%s: %s", c.resource, got)
		}
	}
}

// Whoever shows nothing can't be told from who is not there, from a CA that is hidden, or from another server's.
func TestCHAN6_WhoShowsNothingIsNotThere(t *testing.T) {
	w := street(t, "https://wab.example")
	same := ""
	for _, resource := range []string{"acct:carol@wab.example", "acct:nobody@wab.example", "acct:alice/shy@wab.example", "acct:alice@elsewhere.example", "urn:x", "https://wab.example/cloud/?ca=carol/home"} {
		rec := w.asks(finger(resource))
		said := fmt.Sprint(rec.Code, rec.Header(), rec.Body)
		if same == "" {
			same = said
		}
		if said != same || rec.Code != 404 || rec.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %s, others: %s", resource, said, same)
		}
	}
}

func TestCHAN6_RelationsAreFiltered(t *testing.T) {
	w := street(t, "https://wab.example")
	doc := parsed(t, w.asks(finger("acct:alice@wab.example", RelDoorbell)))
	if len(doc.Links) != 3 || doc.Subject == "" || len(doc.Aliases) == 0 {
		t.Errorf("%+v", doc)
	}
	doc = parsed(t, w.asks(finger("acct:alice@wab.example", "me", relAvatar)))
	if len(doc.Links) != 2 {
		t.Errorf("%+v", doc)
	}
	if doc = parsed(t, w.asks(finger("acct:alice@wab.example", "unheard"))); len(doc.Links) != 0 {
		t.Errorf("%+v", doc)
	}
}

func TestCHAN6_MalformedQueries(t *testing.T) {
	w := street(t, "https://wab.example")
	for _, query := range []string{
		"", "?", "?resource=", "?resource", "?rel=x", "?resource=acct:a@b&resource=acct:a@b", "?resource=acct:a%zz@b", "?resource=a;b", "?resource=acct:a%00@b", "?resource=acct:a@b%0d%0aX:y",
		"?resource=%ff", "?Resource=acct:alice@wab.example", "?resource=acct:" + strings.Repeat("a", maxQuery) + "@wab.example",
	} {
		if rec := w.asks("/.well-known/webfinger" + query); rec.Code != 400 || !strings.Contains(rec.Body.String(), "bad_request") || rec.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%.80s: %d %s", query, rec.Code, rec.Body)
		}
	}
	for method, status := range map[string]int{"POST": 405, "DELETE": 405, "OPTIONS": 204, "HEAD": 200} {
		rec := httptest.NewRecorder()
		w.Handler().ServeHTTP(rec, httptest.NewRequest(method, finger("acct:alice@wab.example"), nil))
		if rec.Code != status || rec.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d", method, rec.Code)
		}
	}
	w.broken = true
	if rec := w.asks(finger("acct:alice@wab.example")); rec.Code != 503 {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

// An owner with a great many CAs, all with the largest cards, gets an answer that peers take.
func TestCHAN6_AnAnswerIsNeverTooLarge(t *testing.T) {
	w := newWorld(t, "https://wab.example")
	card := Card{Name: strings.Repeat("&", MaxName), About: strings.Repeat("\n", MaxAbout), Picture: "data:image/png;base64," + strings.Repeat("A", MaxPicture-22)}
	for range MaxLinks {
		card.Links = append(card.Links, Link{strings.Repeat("r", MaxRel), "https://a.example/" + strings.Repeat("x", MaxHref-18), strings.Repeat("ä", MaxTitle)})
	}
	for i := range MaxAliases {
		card.Aliases = append(card.Aliases, fmt.Sprintf("alice@%d%s.example", i, strings.Repeat(".a", 120)))
	}
	if err := card.Check("alice"); err != nil {
		t.Fatal(err)
	}
	for i := range 2 * maxShown {
		w.shows(fmt.Sprintf("cloud:alice/%063d", i), card)
		w.shows(fmt.Sprintf("tweetiot:alice/%063d", i), card)
	}
	rec := w.asks(finger("acct:alice@wab.example"))
	if got := doorbells(parsed(t, rec)); len(got) != maxShown || rec.Body.Len() > maxDocument {
		t.Errorf("%d doorbells in %d bytes", len(got), rec.Body.Len())
	}
}

// Who waits for a turn, and is no longer asked for an answer, waits no longer.
func TestWhoHasGoneWaitsForNoTurn(t *testing.T) {
	w := street(t, "https://wab.example")
	for range maxTurns {
		w.turns <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	rec := httptest.NewRecorder()
	w.Handler().ServeHTTP(rec, httptest.NewRequestWithContext(ctx, "GET", finger("acct:alice@wab.example"), nil))
	if rec.Code != 503 {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

func TestCHAN6_HostMeta(t *testing.T) {
	w := street(t, "https://wab.example/under")
	const template = "https://wab.example/.well-known/webfinger?resource={uri}"
	for path, accept := range map[string]string{"/.well-known/host-meta.json": "", "/.well-known/host-meta": "application/json"} {
		rec := w.asks(path, "Accept", accept)
		doc := parsed(t, rec)
		if len(doc.Links) != 1 || doc.Links[0].Rel != "lrdd" || doc.Links[0].Template != template || doc.Links[0].Type != typeJRD || text(doc.Properties, propVouch) == "" || doc.Subject != "" {
			t.Errorf("%+v", doc)
		}
		if rec.Header().Get("Content-Type") != typeJRD || rec.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Error(rec.Header())
		}
	}
	rec := w.asks("/.well-known/host-meta", "Accept", "application/xrd+xml, application/json")
	if rec.Header().Get("Content-Type") != "application/xrd+xml; charset=utf-8" || rec.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Error(rec.Header())
	}
	var x xrd
	if err := xml.Unmarshal(rec.Body.Bytes(), &x); err != nil || x.Links[0].Template != template {
		t.Errorf("%v %+v", err, x)
	}
	got, err := parseDocument("application/xrd+xml", rec.Body.Bytes())
	if err != nil || !reflect.DeepEqual(got, parsed(t, w.asks("/.well-known/host-meta.json"))) {
		t.Errorf("%+v %v", got, err)
	}
}

func FuzzWebFingerQuery(f *testing.F) {
	for _, q := range []string{"resource=acct:alice@wab.example", "resource=acct%3Atweetiot%253Aalice%252Fhome%40wab.example&rel=x", "resource=https://wab.example/cloud/?ca=alice/home", "resource=%", "resource=alice@[::1]:80"} {
		f.Add(q)
	}
	w := street(f, "https://wab.example")
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest("GET", "/.well-known/webfinger", nil)
		r.URL.RawQuery = query
		rec := httptest.NewRecorder()
		w.Handler().ServeHTTP(rec, r)
		if rec.Code != 200 && rec.Code != 400 && rec.Code != 404 || !utf8.Valid(rec.Body.Bytes()) {
			t.Errorf("%q: %d %s", query, rec.Code, rec.Body)
		}
		if s := rec.Body.String(); strings.Contains(s, "carol") || strings.Contains(s, "shy") {
			t.Errorf("%q tells of who shows nothing: %s", query, s)
		}
	})
}
