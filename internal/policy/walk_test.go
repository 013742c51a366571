package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
	"pgregory.net/rapid"
)

// graph holds groups by their full names. One that is not there has not arrived.
type graph map[string]*group

type group struct {
	name    string
	entries map[string][]byte
	links   []name.Name
	locked  bool
}

func (g graph) Group(n name.Name) (GroupView, State) {
	found := g[n.String()]
	switch {
	case found == nil:
		return nil, Missing
	case found.locked:
		return nil, Locked
	}
	return found, Ready
}

func (g *group) Name() string { return g.name }

func (g *group) Get(key string) ([]byte, bool) {
	v, ok := g.entries[key]
	return v, ok
}

func (g *group) Links() []name.Name { return g.links }

// graphOf reads lines "group key key …"; a key after ! has the value false, one after ? null. A group after # may not be read.
func graphOf(lines ...string) graph {
	g := graph{}
	for _, line := range lines {
		words := strings.Fields(line)
		full, locked := strings.CutPrefix(words[0], "#")
		made := &group{name: full, entries: map[string][]byte{}, locked: locked}
		for _, w := range words[1:] {
			made.put(w)
		}
		g[full] = made
	}
	return g
}

func (g *group) put(word string) {
	key, value := word, cbor.AppendBool(nil, true)
	switch word[0] {
	case '!':
		key, value = word[1:], cbor.AppendBool(nil, false)
	case '?':
		key, value = word[1:], cbor.AppendNull(nil)
	}
	g.entries[key] = value
	if to, ok := Link(key); ok && Counts(value) {
		g.links = append(g.links, to)
	}
}

func TestBUS4_Walk(t *testing.T) {
	for _, c := range []struct {
		about, who string
		depth      int
		want       Answer
		chain      string
		groups     []string
	}{
		{"owner", "t:bob", 1, Yes, "t:a/h/g", []string{"t:a/h/g bob"}},
		{"a CA by its owner", "t:bob/home", 1, Yes, "t:a/h/g", []string{"t:a/h/g bob"}},
		{"a CA", "t:bob/home", 1, Yes, "t:a/h/g", []string{"t:a/h/g bob/home"}},
		{"an owner is not one of their CAs", "t:bob", 1, No, "", []string{"t:a/h/g bob/home t:bob/home"}},
		{"another CA", "t:bob/work", 1, No, "", []string{"t:a/h/g bob/home"}},
		{"by a full name", "t:bob/home", 1, Yes, "t:a/h/g", []string{"t:a/h/g t:bob/home"}},
		{"by a full name of the owner", "t:bob/home", 1, Yes, "t:a/h/g", []string{"t:a/h/g t:bob"}},
		{"the same name in another app", "u:bob", 1, No, "", []string{"t:a/h/g bob t:bob bob/home"}},
		{"another app's owner", "u:bob/home", 1, Yes, "t:a/h/g", []string{"t:a/h/g u:bob"}},
		{"another app's CA", "u:bob/home", 1, Yes, "t:a/h/g", []string{"t:a/h/g u:bob/home"}},
		{"without an app", "bob", 1, No, "", []string{"t:a/h/g bob"}},
		{"nobody", "", 1, No, "", []string{"t:a/h/g bob"}},
		{"another server's", "t:bob@far", 1, No, "", []string{"t:a/h/g bob t:bob"}},
		{"another server's by name", "t:bob/home@far", 1, Yes, "t:a/h/g", []string{"t:a/h/g bob@far"}},
		{"another server's by full name", "t:bob/home@far", 1, Yes, "t:a/h/g", []string{"t:a/h/g t:bob/home@far"}},
		{"false", "t:bob", 1, No, "", []string{"t:a/h/g !bob"}},
		{"null", "t:bob", 1, No, "", []string{"t:a/h/g ?bob"}},
		{"false is as if absent", "t:bob/home", 1, Yes, "t:a/h/g", []string{"t:a/h/g bob !bob/home"}},
		{"a link is followed", "t:bob", 2, Yes, "t:a/h/g t:c/h/f", []string{"t:a/h/g c/h/f", "t:c/h/f bob"}},
		{"a false link is not", "t:bob", 2, No, "", []string{"t:a/h/g !c/h/f", "t:c/h/f bob"}},
		{"own members only", "t:bob", 1, No, "", []string{"t:a/h/g c/h/f", "t:c/h/f bob"}},
		{"as deep as said", "t:bob", 2, No, "", []string{"t:a/h/g c/h/f", "t:c/h/f d/h/f", "t:d/h/f bob"}},
		{"over three owners", "t:bob", 3, Yes, "t:a/h/g t:c/h/f t:d/h/f", []string{"t:a/h/g c/h/f", "t:c/h/f d/h/f", "t:d/h/f bob"}},
		{"the shortest chain", "t:bob", 8, Yes, "t:a/h/g t:e/h/f", []string{"t:a/h/g c/h/f e/h/f", "t:c/h/f d/h/f", "t:d/h/f bob", "t:e/h/f bob"}},
		{"into another app, where names mean its own", "u:bob", 2, Yes, "t:a/h/g u:c/h/f", []string{"t:a/h/g u:c/h/f", "u:c/h/f bob"}},
		{"names there don't mean ours", "t:bob", 2, No, "", []string{"t:a/h/g u:c/h/f", "u:c/h/f bob"}},
		{"a cycle", "t:bob", 8, No, "", []string{"t:a/h/g c/h/f a/h/g", "t:c/h/f a/h/g c/h/f"}},
		{"within a cycle", "t:bob", 8, Yes, "t:a/h/g t:c/h/f", []string{"t:a/h/g c/h/f", "t:c/h/f a/h/g bob"}},
		{"has not arrived", "t:bob", 1, Unknown, "t:a/h/g", nil},
		{"a link has not", "t:bob", 2, Unknown, "t:c/h/f", []string{"t:a/h/g c/h/f"}},
		{"too deep to matter", "t:bob", 1, No, "", []string{"t:a/h/g c/h/f"}},
		{"another branch says yes", "t:bob", 2, Yes, "t:a/h/g t:d/h/f", []string{"t:a/h/g c/h/f d/h/f", "t:d/h/f bob"}},
		{"closed", "t:bob", 1, Closed, "t:a/h/g", []string{"#t:a/h/g bob"}},
		{"a closed link", "t:bob", 2, Closed, "t:c/h/f", []string{"t:a/h/g c/h/f d/h/f", "#t:c/h/f bob", "t:d/h/f"}},
		{"a closed link beside one that has not arrived", "t:bob", 2, Unknown, "t:d/h/f", []string{"t:a/h/g c/h/f d/h/f", "#t:c/h/f bob"}},
		{"a closed link beside a yes", "t:bob", 2, Yes, "t:a/h/g t:d/h/f", []string{"t:a/h/g c/h/f d/h/f", "#t:c/h/f", "t:d/h/f bob"}},
	} {
		t.Run(c.about, func(t *testing.T) {
			var who name.Name
			if c.who != "" {
				who = must(c.who)
			}
			m := Walk(graphOf(c.groups...), must("t:a/h/g"), who, c.depth)
			told := strings.Join(m.Chain.Names(), " ")
			if m.Answer != Yes {
				told = m.About
			}
			if m.Answer != c.want || told != c.chain || (m.Doubt == NoDoubt) != (m.Answer == No || m.Answer == Yes) {
				t.Errorf("%v %v %q, want %v %q", m.Answer, m.Doubt, told, c.want, c.chain)
			}
		})
	}
}

func TestBUS4_KeysThatAreLinks(t *testing.T) {
	for key, want := range map[string]string{
		"a/b/c": "a/b/c", "t:a/b/c": "t:a/b/c",
		"a": "", "a/b": "", "t:a/b": "", "a/b/c/d": "", "a/b/c@far": "", "A/b/c": "", "a//c": "", "a/b/": "", "//": "", "forum/b/c": "", "\x00F": "", "a/b/c ": "",
	} {
		got, ok := Link(key)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%q: %v %v", key, got, ok)
		}
	}
}

// A crowd of groups ends the walk, and says so; who is found before that is found.
func TestBUS4_WalksAreBounded(t *testing.T) {
	hub := &group{name: "t:a/h/g", entries: map[string][]byte{}}
	g := graph{"t:a/h/g": hub}
	for i := range 2 * MaxGroups {
		full := fmt.Sprintf("t:o%d/h/f", i)
		hub.put(full)
		g[full] = graphOf(full + " a/h/g").get(full)
	}
	looked := 0
	counted := counting{g, &looked}
	m := Walk(counted, must("t:a/h/g"), must("t:bob"), MaxDepth)
	if m.Answer != Unknown || m.Doubt != TooMany || m.About != "t:a/h/g" || looked != MaxGroups {
		t.Error(m, looked)
	}
	g["t:o7/h/f"].put("bob")
	if m := Walk(counted, must("t:a/h/g"), must("t:bob"), MaxDepth); m.Answer != Yes {
		t.Error(m)
	}
}

func (g graph) get(full string) *group { return g[full] }

type counting struct {
	Groups
	n *int
}

func (c counting) Group(n name.Name) (GroupView, State) {
	*c.n++
	return c.Groups.Group(n)
}

// However deep a rule asks, no chain is longer than MaxDepth.
func TestBUS4_DepthHasAnEnd(t *testing.T) {
	var lines []string
	for i := range 12 {
		lines = append(lines, fmt.Sprintf("t:o%d/h/f o%d/h/f", i, i+1))
	}
	g := graphOf(append(lines, "t:o12/h/f")...)
	g["t:o7/h/f"].put("bob")
	g["t:o8/h/f"].put("carol")
	if m := Walk(g, must("t:o0/h/f"), must("t:bob"), 1000); m.Answer != Yes || m.Chain.Len() != MaxDepth {
		t.Error(m)
	}
	if m := Walk(g, must("t:o0/h/f"), must("t:carol"), 1000); m.Answer != No {
		t.Error(m)
	}
}

// naive answers by level, from sets: what Walk has to agree with.
func (g graph) naive(first, who name.Name, depth int) (want Answer, length int) {
	level, seen := map[string]bool{first.String(): true}, map[string]bool{}
	away, shut := false, false
	for length = 1; length <= depth; length++ {
		next := map[string]bool{}
		for full := range level {
			seen[full] = true
			found := g[full]
			switch {
			case found == nil:
				away = true
				continue
			case found.locked:
				shut = true
				continue
			}
			app := must(full).App
			for key, value := range found.entries {
				if n := must(key).In(app); !Counts(value) {
					continue
				} else if n.Covers(who) {
					want = Yes
				} else if n.Item != "" {
					next[n.String()] = true
				}
			}
		}
		if want == Yes {
			return Yes, length
		}
		level = next
		for full := range seen {
			delete(level, full)
		}
	}
	switch {
	case away:
		return Unknown, 0
	case shut:
		return Closed, 0
	}
	return No, 0
}

func anyGraph(t *rapid.T) graph {
	names := []string{"t:a/h/g", "t:b/h/g", "t:c/h/g", "t:d/h/g", "u:e/h/g", "u:f/h/g"}
	keys := []string{"bob", "bob/home", "t:bob", "u:bob/home", "carol", "a/h/g", "b/h/g", "c/h/g", "t:d/h/g", "e/h/g", "u:e/h/g", "f/h/g"}
	var lines []string
	for _, n := range names {
		if rapid.IntRange(0, 9).Draw(t, "absent") == 0 {
			continue
		}
		if rapid.IntRange(0, 9).Draw(t, "locked") == 0 {
			n = "#" + n
		}
		for _, k := range rapid.SliceOfNDistinct(rapid.SampledFrom(keys), 0, 4, rapid.ID).Draw(t, "keys") {
			n += " " + rapid.SampledFrom([]string{"", "", "", "", "!", "?"}).Draw(t, "value") + k
		}
		lines = append(lines, n)
	}
	return graphOf(lines...)
}

func TestBUS4_WalkAgreesWithSets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := anyGraph(t)
		who := must(rapid.SampledFrom([]string{"t:bob", "t:bob/home", "t:bob/x", "u:bob/home", "u:bob", "t:carol", "u:carol"}).Draw(t, "who"))
		depth := rapid.IntRange(1, 6).Draw(t, "depth")
		first := must("t:a/h/g")
		want, length := g.naive(first, who, depth)
		m := Walk(g, first, who, depth)
		if m.Answer != want || m.Chain.Len() != length {
			t.Fatalf("%v over %v, want %v over %d", m.Answer, m.Chain.Names(), want, length)
		}
		g.checkChain(t, m.Chain.Names(), first, who)
	})
}

// checkChain follows a chain by hand.
func (g graph) checkChain(t *rapid.T, chain []string, first, who name.Name) {
	for i, full := range chain {
		if i == 0 && full != first.String() {
			t.Fatal("it begins elsewhere:", chain)
		}
		reaches := func(n name.Name) bool { return n.Covers(who) }
		if i < len(chain)-1 {
			reaches = func(n name.Name) bool { return n.String() == chain[i+1] }
		}
		leads := false
		for key, value := range g[full].entries {
			leads = leads || Counts(value) && reaches(must(key).In(must(full).App))
		}
		if !leads {
			t.Fatalf("%s does not lead on in %v", full, chain)
		}
	}
}

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

func TestScopesNameMaps(t *testing.T) {
	s := Scope{Methods: []string{"board", "Add"}}
	to := must("t:alice/home")
	if s.Permits(to, "board", 0) != nil || s.Permits(to, "", 0) != nil || codeOf(s.Permits(to, "notes", 0)) != wire.NotAllowed {
		t.Error("the scope's maps don't count")
	}
	if err := s.Permits(to, "notes", 0); !strings.Contains(err.Error(), "narrowed to the method Add and the map board. Use one that opens the map notes of t:alice/home.") {
		t.Error(err)
	}
	if _, err := s.Narrow(Scope{Methods: []string{"notes"}}); err == nil || !strings.Contains(err.Error(), "the map notes lies outside") {
		t.Error(err)
	}
	if n, err := s.Narrow(Scope{Methods: []string{"board"}}); err != nil || !slices.Equal(n.Methods, []string{"board"}) {
		t.Error(n, err)
	}
}

func TestRulesNameMaps(t *testing.T) {
	for label, ok := range map[string]bool{"board": true, "my-board-2": true, "0": true, "Board-x": false, "my_board": false, "-x": false, "x-": false, "é": false, strings.Repeat("a", 64): false} {
		_, err := Rules{}.Add(Rule{Who: Anyone(), Methods: []string{label}})
		if (err == nil) != ok {
			t.Errorf("%q: %v", label, err)
		}
	}
}
