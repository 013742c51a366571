package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
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

func (g *group) Has(key string) bool {
	v, ok := g.entries[key]
	return ok && Counts(v)
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
