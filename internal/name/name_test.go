package name

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseAccepts(t *testing.T) {
	long := strings.Repeat("a", MaxLabel)
	for s, want := range map[string]Name{
		"alice":                           {Owner: "alice"},
		"0":                               {Owner: "0"},
		"a--b":                            {Owner: "a--b"},
		long:                              {Owner: long},
		"alice/home":                      {Owner: "alice", Local: "home"},
		"alice/forum":                     {Owner: "alice", Local: "forum"},
		"alice/home/board":                {Owner: "alice", Local: "home", Item: "board"},
		"tweetiot:bob":                    {App: "tweetiot", Owner: "bob"},
		"bob@host":                        {Owner: "bob", Host: "host"},
		"bob@h.example:1":                 {Owner: "bob", Host: "h.example:1"},
		"t:alice/home/board@wab.dev:8080": {App: "t", Owner: "alice", Local: "home", Item: "board", Host: "wab.dev:8080"},
		"api/account":                     {Owner: "api", Local: "account"},
	} {
		got, err := Parse(s)
		if err != nil || got != want {
			t.Errorf("Parse(%q) = %+v, %v", s, got, err)
		}
		if got.String() != s {
			t.Errorf("%q is spelled %q", s, got)
		}
	}
}

func TestParseRefusesAndPoints(t *testing.T) {
	for s, at := range map[string]int{
		"":                                     0,
		"/":                                    0,
		":alice":                               0,
		"app:":                                 4,
		"alice/":                               6,
		"alice//x":                             6,
		"alice/home/":                          11,
		"a/b/c/d":                              5,
		"a/b/c/":                               5,
		"Alice":                                0,
		"al_ice":                               2,
		"al ice":                               2,
		"-a":                                   0,
		"a-":                                   1,
		"a/-":                                  2,
		"forum":                                0,
		"forum/party":                          0,
		"t:forum/party":                        2,
		"api:alice":                            0,
		"c:alice":                              0,
		"a:b:c":                                3,
		"alice@":                               6,
		"alice@a..b":                           8,
		"alice@a.":                             8,
		"alice@h:":                             8,
		"alice@h:0":                            8,
		"alice@h:01":                           8,
		"alice@h:65536":                        12,
		"alice@h:1:2":                          9,
		"alice@H":                              6,
		"alice@h@i":                            7,
		"alice@h/x":                            7,
		"al\x00ice":                            2,
		"älice":                                0,
		strings.Repeat("a", 64):                63,
		"x/" + strings.Repeat("a", 80):         65,
		"x@" + strings.Repeat("a.", 130) + "a": 255,
	} {
		_, err := Parse(s)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("Parse(%q) accepted it", s)
		} else if e.At != at {
			t.Errorf("Parse(%q) points at %d, want %d: %v", s, e.At, at, err)
		}
	}
}

func TestParseCA(t *testing.T) {
	for _, c := range []struct{ in, app, want string }{
		{"alice/home", "counter", "counter:alice/home"},
		{"t:alice/home", "counter", "t:alice/home"},
		{"t:alice/home", "", "t:alice/home"},
		{"alice/home@h", "t", "t:alice/home@h"},
		{"alice/home", "", ""},
		{"alice/home", "api", ""},
		{"alice", "t", ""},
		{"alice/home/board", "t", ""},
		{"forum/party", "t", ""},
	} {
		got, err := ParseCA(c.in, c.app)
		if got.String() != c.want || (err == nil) != (c.want != "") {
			t.Errorf("ParseCA(%q, %q) = %q, %v; want %q", c.in, c.app, got, err, c.want)
		}
	}
}

func TestParseTopic(t *testing.T) {
	for s, ok := range map[string]bool{
		"forum/party": true, "t:forum/party@h": true, "alice/home/news": true,
		"forum": false, "forum/party/x": false, "alice/home": false, "alice": false, "": false, "forum/": false,
	} {
		n, err := ParseTopic(s)
		if (err == nil) != ok || (ok && n.String() != s) {
			t.Errorf("ParseTopic(%q) = %v, %v", s, n, err)
		}
	}
}

func TestReserved(t *testing.T) {
	for _, app := range []string{"api", "account", "sky", "c", "wab", "docs", "inspect", "call"} {
		if CheckApp(app) == nil {
			t.Errorf("app %q is reserved", app)
		}
		if err := CheckLabel(app); err != nil {
			t.Error(err)
		}
	}
	for _, owner := range []string{CommonsOwner, ChannelOwner} {
		if n, err := Parse("app:" + owner + "/pages"); err != nil || n.Owner != owner || n.Check() != nil || CheckOwner(owner) == nil {
			t.Errorf("owner %q: %v, %v", owner, n, err)
		}
	}
	if CheckOwner("forum") == nil || CheckOwner("bob") != nil || CheckApp("counter") != nil {
		t.Error("reserved names are wrong")
	}
}

func TestErrorQuotesLittle(t *testing.T) {
	hostile := strings.Repeat("\"\x1b[31m", 1<<16)
	_, err := Parse(strings.Repeat("a", 1000) + hostile)
	if msg := err.Error(); len(msg) > 4*quoted+200 || strings.ContainsRune(msg, '\x1b') {
		t.Errorf("message of %d bytes: %s", len(msg), msg)
	}
	if got := CheckLabel("Bob").Error(); got != `name "Bob": a label is in lower case (at byte 0)` {
		t.Error(got)
	}
}

func TestParts(t *testing.T) {
	n, _ := Parse("t:alice/home/board@h")
	if n.CA().String() != "t:alice/home@h" || n.AsOwner().String() != "t:alice@h" || n.In("x") != n {
		t.Error(n.CA(), n.AsOwner(), n.In("x"))
	}
	for k, s := range map[Kind]string{Owner: "a", CA: "a/b", Item: "a/b/c"} {
		if n, _ := Parse(s); n.Kind() != k {
			t.Errorf("%s is of kind %d", s, n.Kind())
		}
	}
	if (Name{}).Kind() != 0 {
		t.Error("the zero name names nothing")
	}
}

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		pattern, principal string
		want               bool
	}{
		{"t:bob", "t:bob", true},
		{"t:bob", "t:bob/home", true},
		{"t:bob/home", "t:bob/home", true},
		{"t:bob/home", "t:bob/work", false},
		{"t:bob/home", "t:bob", false},
		{"t:bob", "u:bob/home", false},
		{"bob", "t:bob", false},
		{"t:bob", "t:bobby", false},
		{"t:bob", "t:bob/home@h", false},
		{"t:bob@h", "t:bob/home@h", true},
		{"t:bob/home/x", "t:bob/home/x", false},
		{"t:bob", "t:bob/home/x", false},
	} {
		pattern, _ := Parse(c.pattern)
		principal, _ := Parse(c.principal)
		if pattern.Covers(principal) != c.want {
			t.Errorf("%s covers %s is not %v", pattern, principal, c.want)
		}
	}
	if (Name{}).Covers(Name{}) {
		t.Error("the zero name covers nothing")
	}
}

// anyName draws names that follow the grammar.
func anyName(t *rapid.T) Name {
	label := rapid.StringMatching(`[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?`).Filter(func(s string) bool { return ownerFlaw(s).reason == "" && appFlaw(s).reason == "" })
	maybe := func(g *rapid.Generator[string]) *rapid.Generator[string] { return rapid.OneOf(rapid.Just(""), g) }
	n := Name{
		App:   maybe(label).Draw(t, "app"),
		Owner: label.Draw(t, "owner"),
		Local: maybe(label).Draw(t, "local"),
		Host:  maybe(rapid.StringMatching(`[a-z0-9]{1,5}(\.[a-z0-9]{1,5}){0,3}(:[1-9][0-9]{0,3})?`)).Draw(t, "host"),
	}
	if n.Local != "" {
		n.Item = maybe(label).Draw(t, "item")
	}
	return n
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := anyName(t)
		if got, err := Parse(n.String()); err != nil || got != n {
			t.Fatalf("%+v came back as %+v, %v", n, got, err)
		}
		if err := n.Check(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestCheckRefusesSmuggledParts(t *testing.T) {
	for _, n := range []Name{{}, {Owner: "a/b"}, {Owner: "a", Item: "c"}, {Owner: "x:a"}, {App: "t", Owner: "a", Local: "b@h"}, {Owner: "forum", Local: "x"}} {
		if n.Check() == nil {
			t.Errorf("%#v passed", n)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"alice", "t:alice/home/board@wab.dev:8080", "forum/party", "a@h:0", "::", "@@", "a/b/c/d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Parse(s)
		if err == nil && (n.String() != s || n.Kind() == 0) {
			t.Errorf("%q became %q", s, n)
		}
		if err != nil && len(err.Error()) > 4*quoted+200 {
			t.Errorf("long message: %v", err)
		}
		if topic, err := ParseTopic(s); err == nil && topic.String() != s {
			t.Errorf("topic %q became %q", s, topic)
		}
	})
}

func TestParseAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { _, _ = ParseCA("t:alice/home@wab.dev:8080", "t") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _ = Parse("tweetiot:alice/home/board@wab.dev:8080")
	}
}
