package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// facts are a graph, as Decide asks for it.
type facts struct{ graph }

func (facts) Accepted(name.Name) (uint64, bool) { return 0, true }

func (f facts) Member(group, p name.Name, depth int) Membership {
	return Walk(f.graph, group, p, depth)
}

func TestBUS4_DecisionsOverGroups(t *testing.T) {
	g := facts{graphOf("t:alice/home/acl bob c/h/f", "t:c/h/f carol", "#t:shut/h/f dan", "t:half/h/f shut/h/f bob")}
	for _, c := range []struct {
		caller, method, rules string
		want                  wire.Code
		says                  string
	}{
		{"t:bob", "Add", "+ #alice/home/acl Add", "", "t:bob may call Add of t:alice/home: rule 1 allows the method Add to the group alice/home/acl, through t:alice/home/acl."},
		{"t:carol/x", "board", "+ #alice/home/acl Add board", "", "t:carol/x may read the map board of t:alice/home: rule 1 allows the method Add and the map board to the group alice/home/acl, through t:alice/home/acl → t:c/h/f."},
		{"t:bob", "board", "+ #alice/home/acl Add", wire.NotAllowed, "t:bob may not read the map board of t:alice/home: no rule allows it, and by default only its owner may."},
		{"t:bob", "board", "+ *;- #alice/home/acl board notes", wire.NotAllowed, "t:bob may not read the map board of t:alice/home: rule 2 denies the maps board, notes to the group alice/home/acl, through t:alice/home/acl."},
		{"t:dan", "Add", "+ #shut/h/f", wire.NotAllowed, "t:dan may not call Add of t:alice/home: no rule allows it, as far as can be told; the group t:shut/h/f could not be read, for its owner does not let t:alice/home."},
		{"t:dan", "Add", "+ #half/h/f;+ dan", "", "t:dan may call Add of t:alice/home: rule 2 allows all methods and maps to dan."},
		{"t:bob", "Add", "+ #half/h/f", "", "t:bob may call Add of t:alice/home: rule 1 allows all methods and maps to the group half/h/f, through t:half/h/f."},
		{"t:dan", "Add", "+ dan;- #half/h/f", wire.Unavailable, "t:dan may, for now, not call Add of t:alice/home: rule 2 denies all methods and maps to the group half/h/f; the group t:shut/h/f could not be read, for its owner does not let t:alice/home."},
		{"t:dan", "Add", "+ #no/h/f", wire.Unavailable, "t:dan may, for now, not call Add of t:alice/home: rule 1 allows all methods and maps to the group no/h/f; the group t:no/h/f has not arrived, or is cut off."},
		{"t:dan", "Add", "+ #no/h/f;+ #shut/h/f", wire.Unavailable, "t:dan may, for now, not call Add of t:alice/home: rule 1 allows all methods and maps to the group no/h/f; the group t:no/h/f has not arrived, or is cut off."},
		{"t:alice", "Add", "- #alice/home/acl", "", "t:alice may call Add of t:alice/home: it is their own, and no rule denies it."},
	} {
		d := Decide(self, must(c.caller), c.method, rulesOf(strings.Split(c.rules, ";")...), g)
		if d.Code != c.want || d.Explain() != c.says {
			t.Errorf("%q\ngot  %s\nwant %s", d.Code, d.Explain(), c.says)
		}
		if r := d.Refusal(); r != nil && (strings.Contains(r.Message, "/h/f") || strings.Contains(r.Message, "acl") || strings.Contains(r.Message, "rule")) {
			t.Error("it tells of groups:", r)
		}
	}
}

func TestMAP10_RefusalsSpeakOfMaps(t *testing.T) {
	r := Decide(self, must("t:bob"), "board", Rules{}, nil).Refusal()
	if want := "You may not read the map board of t:alice/home. Its owner, alice, decides who may."; r.Message != want {
		t.Error(r.Message)
	}
}

// crowd is a group of n members, and a link.
func crowd(full string, n int, link string) *group {
	g := &group{name: full, entries: make(map[string][]byte, n)}
	for i := range n {
		g.put(fmt.Sprint("member-", i))
	}
	if link != "" {
		g.put(link)
	}
	return g
}

func crowds(n int) facts {
	g := graph{}
	for i := range MaxDepth {
		full := fmt.Sprintf("t:o%d/h/f", i)
		g[full] = crowd(full, n, fmt.Sprintf("o%d/h/f", i+1))
	}
	g["t:o0/h/f"].put("bob")
	g["t:o3/h/f"].put("carol")
	return facts{g}
}

func TestBUS4_DecisionsNeedNoMemory(t *testing.T) {
	g := byName(crowds(10))
	rules := rulesOf("+ #o0/h/f")
	rules.list[0].Who.N = 4
	for _, who := range []string{"t:bob", "t:bob/home"} {
		who := must(who)
		if n := testing.AllocsPerRun(100, func() { mustAllow(t, rules, who, g) }); n != 0 {
			t.Errorf("%s: %v allocations", who, n)
		}
	}
	carol := must("t:carol")
	if n := testing.AllocsPerRun(100, func() { mustAllow(t, rules, carol, g) }); n > 1 {
		t.Errorf("%v allocations over three links", n)
	}
}

func mustAllow(t testing.TB, rules Rules, who name.Name, g Facts) {
	if d := Decide(self, who, "Add", rules, g); !d.Allowed {
		t.Fatal(d.Explain())
	}
}

// named is a graph that spells no names.
type named struct{ groups map[name.Name]*group }

func byName(f facts) named {
	out := named{map[name.Name]*group{}}
	for full, g := range f.graph {
		out.groups[must(full)] = g
	}
	return out
}

func (n named) Group(of name.Name) (GroupView, State) {
	if g := n.groups[of]; g != nil {
		return g, Ready
	}
	return nil, Missing
}

func (named) Accepted(name.Name) (uint64, bool) { return 0, true }

func (n named) Member(group, p name.Name, depth int) Membership { return Walk(n, group, p, depth) }

func BenchmarkGroup(b *testing.B) {
	g := byName(crowds(100_000))
	rules := rulesOf("+ #o0/h/f")
	rules.list[0].Who.N = 4
	for _, who := range []string{"t:bob", "t:carol", "t:carol/home"} {
		b.Run(who, func(b *testing.B) {
			b.ReportAllocs()
			who := must(who)
			for b.Loop() {
				mustAllow(b, rules, who, g)
			}
		})
	}
}
