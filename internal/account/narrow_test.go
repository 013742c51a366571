package account

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

var (
	someApps    = []string{"", "counter", "board"}
	someCAs     = []string{"", "alice/home", "bob/home"}
	someMethods = []string{"Add", "Get", "Fail"}
)

func drawScope(t *rapid.T, now time.Time, label string) policy.Scope {
	s := policy.Scope{
		App:     rapid.SampledFrom(someApps).Draw(t, label+"App"),
		CA:      rapid.SampledFrom(someCAs).Draw(t, label+"CA"),
		Methods: rapid.SliceOfNDistinct(rapid.SampledFrom(someMethods), 0, 3, rapid.ID[string]).Draw(t, label+"Methods"),
	}
	if rapid.Bool().Draw(t, label+"Ends") {
		s.Expires = now.Add(time.Duration(rapid.IntRange(1, 100).Draw(t, label+"After")) * time.Second).UnixMicro()
	}
	return s
}

func TestBUS6_NarrowingNeverWidens(t *testing.T) {
	c := newClock()
	a := open(t, t.TempDir(), c)
	rapid.Check(t, func(t *rapid.T) {
		parent := drawScope(t, c.Now(), "parent")
		asked := drawScope(t, c.Now(), "asked")
		ttl := time.Duration(rapid.IntRange(0, 100).Draw(t, "ttl")) * time.Second
		token, err := a.Mint("alice", parent, 0)
		if err != nil {
			t.Fatal(err)
		}
		narrowed, err := a.Narrow(token, asked, ttl)
		if err != nil {
			return
		}
		owner, child, err := a.Verify(narrowed)
		if err != nil || owner != "alice" {
			t.Fatal(owner, err)
		}
		checkWithin(t, c.Now(), child, parent, "its parent")
		checkWithin(t, c.Now(), child, asked, "the wish")
	})
}

// checkWithin tries everything that could be asked for at any time of interest.
func checkWithin(t *rapid.T, now time.Time, child, limit policy.Scope, what string) {
	for _, app := range someApps[1:] {
		for _, ca := range []string{"home", "other"} {
			for _, owner := range []string{"alice", "bob"} {
				for _, method := range append(someMethods, "Other") {
					for s := range 110 {
						to := name.Name{App: app, Owner: owner, Local: ca}
						at := now.Add(time.Duration(s) * time.Second).UnixMicro()
						if child.Permits(to, method, at) == nil && limit.Permits(to, method, at) != nil {
							t.Fatalf("%+v reaches further than %s %+v: %v %s at +%ds", child, what, limit, to, method, s)
						}
					}
				}
			}
		}
	}
}

func TestBUS6_WideningIsRefused(t *testing.T) {
	c := newClock()
	a := open(t, t.TempDir(), c)
	parent := mint(t, a, "alice", policy.Scope{App: "counter", CA: "alice/home", Methods: []string{"Get"}}, time.Hour)
	for name, asked := range map[string]policy.Scope{
		"app":     {App: "board"},
		"ca":      {CA: "alice/work"},
		"method":  {Methods: []string{"Add"}},
		"methods": {Methods: []string{"Get", "Add"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := a.Narrow(parent, asked, 0)
			wantCode(t, err, wire.NotAllowed)
		})
	}
	child, err := a.Narrow(parent, policy.Scope{Expires: c.Now().Add(24 * time.Hour).UnixMicro()}, 48*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, s, _ := a.Verify(child); s.Expires != c.Now().Add(time.Hour).UnixMicro() || s.App != "counter" || len(s.Methods) != 1 {
		t.Errorf("got %+v", s)
	}
}

func TestBUS6_OnlyGoodTokensAreNarrowed(t *testing.T) {
	c := newClock()
	a := open(t, t.TempDir(), c)
	token := mint(t, a, "alice", policy.Scope{}, time.Minute)
	c.advance(time.Minute)
	_, err := a.Narrow(token, policy.Scope{}, time.Hour)
	wantCode(t, err, wire.Unauthenticated)
}

func TestNarrowDepthIsLimited(t *testing.T) {
	a := open(t, t.TempDir(), newClock())
	token := mint(t, a, "alice", policy.Scope{}, time.Hour)
	var err error
	for range maxParents {
		if token, err = a.Narrow(token, policy.Scope{}, 0); err != nil {
			t.Fatal(err)
		}
	}
	_, err = a.Narrow(token, policy.Scope{}, 0)
	wantCode(t, err, wire.BadRequest)
}
