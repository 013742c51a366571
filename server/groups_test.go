package server

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// linked has alice let in who is in her acl, which links to carol's friends, which link to dan's team.
func linked(t *testing.T) guilds {
	g := newGuilds(t)
	g.of("dan", "Put", "team", "bob", true)
	g.of("dan", "Open", "alice/home", things("team"))
	g.of("carol", "Put", "friends", "dan/home/team", true)
	g.of("carol", "Open", "alice/home", things("friends"))
	g.of("alice", "Put", "acl", "carol/home/friends", true)
	return g
}

const threeLong = "guild:alice/home/acl guild:carol/home/friends guild:dan/home/team"

func TestBUS4_DelegationOverThreeOwnersGroups(t *testing.T) {
	g := linked(t)
	g.enters("bob", "not_allowed")
	g.of("alice", "Admit", "acl", 0, things("Enter"))
	g.enters("bob", threeLong)
	g.enters("eve", "not_allowed")
	want := "guild:bob may call Enter of guild:alice/home: rule 1 allows the method Enter to the group guild:alice/home/acl, through " +
		strings.ReplaceAll(threeLong, " ", " → ") + "."
	if why := g.of("alice", "Why", "bob", "Enter"); why != want {
		t.Errorf("got  %s\nwant %s", why, want)
	}
	g.of("dan", "Drop", "team", "bob") // at once: the reply is all that is waited for
	g.enters("bob", "not_allowed")
	g.of("dan", "Put", "team", "bob", false)
	g.enters("bob", "not_allowed")
	g.of("dan", "Put", "team", "bob", "whatever")
	g.enters("bob", threeLong)
	g.of("carol", "Put", "friends", "dan/home/team", nil)
	g.enters("bob", "not_allowed")
	g.of("carol", "Put", "friends", "dan/home/team", map[string]any{"since": 2030})
	g.enters("bob", threeLong)
	g.of("alice", "Put", "acl", "bob", true)
	g.enters("bob", "guild:alice/home/acl") // the shortest chain
	g.of("alice", "Dismiss", "acl", 0, things("Enter"))
	g.enters("bob", "not_allowed")
}

func TestBUS4_DepthIsTheRulesOwn(t *testing.T) {
	g := linked(t)
	for depth, want := range map[int]string{1: "not_allowed", 2: "not_allowed", 3: threeLong, 8: threeLong} {
		g.of("alice", "Admit", "acl", depth, things("Enter"))
		g.enters("bob", want)
		g.of("alice", "Dismiss", "acl", depth, things("Enter"))
	}
	for _, depth := range []int{-1, 9, 1 << 40} {
		g.refused("alice", "guild/alice/home/Admit", pack([]any{"acl", depth, things("Enter")}), "failed")
	}
	for _, group := range []string{"", "Acl", "carol/home", "carol/home/friends@far", "a/b/c/d"} {
		g.refused("alice", "guild/alice/home/Admit", pack([]any{group, 0, things("Enter")}), "failed")
	}
}

func TestBUS4_CyclesAreHarmless(t *testing.T) {
	g := linked(t)
	g.of("alice", "Admit", "acl", 8, things("Enter"))
	g.of("dan", "Put", "team", "alice/home/acl", true)
	g.of("dan", "Put", "team", "dan/home/team", true)
	g.of("carol", "Put", "friends", "carol/home/friends", true)
	g.enters("bob", threeLong)
	g.enters("eve", "not_allowed")
}

// Two owners whose rules rest on each other's groups don't wait for each other.
func TestBUS4_GroupsThatGuardEachOther(t *testing.T) {
	g := newGuilds(t)
	g.of("carol", "Put", "friends", "alice/home", true)
	g.of("carol", "Put", "friends", "bob", true)
	g.of("carol", "Admit", "friends", 0, things("friends", "Enter"))
	g.of("alice", "Put", "acl", "carol/home/friends", true)
	g.of("alice", "Put", "acl", "carol/home", true)
	g.of("alice", "Admit", "acl", 0, things("acl", "Enter"))
	g.enters("bob", "guild:alice/home/acl guild:carol/home/friends")
	g.of("carol", "Put", "friends", "alice/home/acl", true)
	g.of("alice", "Put", "acl", "dora", true)
	g.enters("bob", "guild:alice/home/acl guild:carol/home/friends")
	if a := g.do("dora", "guild/carol/home/Enter", "[]"); a.Error.Code != "" {
		t.Error(a.Error)
	}
	a := g.do("eve", "guild/carol/home/Enter", "[]")
	if a.Error.Code != "not_allowed" && a.Error.Code != "unavailable" {
		t.Error(a.Error)
	}
}

func TestBUS4_AClosedGroupHasNoMembersAndLeavesDeniesOpen(t *testing.T) {
	g := linked(t)
	g.of("alice", "Admit", "acl", 0, things("Enter"))
	g.of("carol", "Shut", "alice/home", things("friends"))
	g.enters("bob", "not_allowed")
	want := "; the group guild:carol/home/friends could not be read, for its owner does not let guild:alice/home."
	if why := g.of("alice", "Why", "bob", "Enter"); !strings.HasSuffix(why, want) {
		t.Error(why)
	}
	a := g.do("bob", "guild/alice/home/Enter", "[]")
	if m := a.Error.Message; strings.Contains(m, "carol") || strings.Contains(m, "friends") || strings.Contains(m, "acl") {
		t.Error("the refusal tells of groups:", m)
	}
	g.of("alice", "OpenToAll", things("Enter"))
	g.enters("bob", "")
	g.of("alice", "Ban", "acl", 0, things("Enter"))
	g.enters("bob", "unavailable")
	g.of("carol", "Open", "alice/home", things("friends"))
	g.enters("bob", "not_allowed")
	g.enters("eve", "")
}

func TestBUS4_ADenyByGroupWinsOverAnyAllow(t *testing.T) {
	g := linked(t)
	g.of("alice", "Put", "guests", "bob", true)
	g.of("alice", "Admit", "guests", 0, nil)
	g.of("alice", "Open", "bob", things("Enter"))
	g.enters("bob", "guild:alice/home/guests")
	g.of("alice", "Ban", "acl", 0, things("Enter"))
	g.enters("bob", "not_allowed")
	want := "guild:bob may not call Enter of guild:alice/home: rule 3 denies the method Enter to the group guild:alice/home/acl, through " +
		strings.ReplaceAll(threeLong, " ", " → ") + "."
	if why := g.of("alice", "Why", "bob", "Enter"); why != want {
		t.Error(why)
	}
	if why := g.of("alice", "Why", "bob", "guests"); !strings.HasPrefix(why, "guild:bob may read the map guests of guild:alice/home: rule 1 ") {
		t.Error(why)
	}
	g.of("alice", "Ban", "carol/home/friends", 1, things("guests")) // bob is in it by a link only
	if why := g.of("alice", "Why", "bob", "guests"); !strings.Contains(why, " may read ") {
		t.Error(why)
	}
}

func TestBUS4_MembersOfOtherApps(t *testing.T) {
	g := newGuilds(t)
	g.of("alice", "Admit", "acl", 0, things("Enter"))
	visit := func(app, owner, want string) {
		t.Helper()
		g.do(owner, app+"/"+owner+"/home/Visit", `["guild:alice/home"]`)
		g.eventually(owner, app+"/"+owner+"/home/Last", "[]", `"`+want+`"`)
	}
	own := "guild:alice/home/acl"
	g.of("alice", "Put", "acl", "zoe", true)
	visit("guild", "zoe", own)
	visit("other", "zoe", "not_allowed")
	g.of("alice", "Put", "acl", "other:zoe/home", true)
	visit("other", "zoe", own)
	g.of("alice", "Drop", "acl", "other:zoe/home")
	visit("other", "zoe", "not_allowed")
	g.of("alice", "Put", "acl", "other:zoe", true)
	visit("other", "zoe", own)
	g.do("max", "other/max/home/Put", `["crew","yan/home",true]`)
	g.do("max", "other/max/home/Open", `["guild:alice/home",["crew"]]`)
	g.of("alice", "Put", "acl", "other:max/home/crew", true)
	visit("other", "yan", own+" other:max/home/crew")
	visit("guild", "yan", "not_allowed")
	g.enters("yan", "not_allowed")
}

func TestBUS4_GroupsHoldThroughARestart(t *testing.T) {
	g := linked(t)
	g.of("alice", "Admit", "acl", 0, things("Enter"))
	g.restart()
	g.enters("bob", threeLong)
	g.of("dan", "Drop", "team", "bob")
	g.restart()
	g.enters("bob", "not_allowed")
}

// Owners whose rules rest on each other's groups can't make others decide without an end: what is asked for in their name is bounded by what one decision may take.
func TestBUS4_GroupsThatRestOnGroupsTakeNoTimeWithoutEnd(t *testing.T) {
	g := newGuilds(t)
	const puppets = 40 // 40 × 40 × 40 × 40 × 40 groups, were nobody counting
	var names []string
	for i := range puppets {
		names = append(names, fmt.Sprint("puppet", i))
	}
	for _, owner := range names {
		for _, other := range names {
			g.of(owner, "Put", "group", other+"/home/group", true)
		}
		g.of(owner, "Admit", "group", 8, things("group"))
	}
	g.of("alice", "Put", "acl", "bob", true)
	g.of("alice", "Put", "acl", "puppet0/home/group", true)
	g.of("alice", "Admit", "acl", 8, things("Enter"))
	g.enters("bob", "guild:alice/home/acl")
	g.enters("eve", "unavailable")
	g.of("alice", "Put", "acl", "puppet0/home/group", false)
	g.enters("eve", "not_allowed")
}

// town is what a naive model knows of the groups of a few owners.
type town struct {
	entries map[string]map[string]bool // by owner: the keys of their group
	open    map[string]bool            // who lets alice read
}

var townsfolk = []string{"alice", "carol", "dan", "erin", "fay"}

// holds is a breadth-first walk over sets. It tells the length of the chain, 0 for none.
func (w town) holds(who string, depth int) int {
	level, seen := map[string]bool{"alice": true}, map[string]bool{}
	for length := 1; length <= depth; length++ {
		next := map[string]bool{}
		for owner := range level {
			seen[owner] = true
			if owner != "alice" && !w.open[owner] {
				continue
			}
			if w.entries[owner][who] {
				return length
			}
			for key := range w.entries[owner] {
				if to, ok := strings.CutSuffix(key, "/home/group"); ok {
					next[to] = true
				}
			}
		}
		for owner := range seen {
			delete(next, owner)
		}
		level = next
	}
	return 0
}

func TestBUS4_ARandomTownAgreesWithANaiveModel(t *testing.T) {
	const seed, steps, depth = 7, 250, 4
	random := rand.New(rand.NewPCG(seed, seed))
	g := newGuilds(t)
	w := town{map[string]map[string]bool{}, map[string]bool{}}
	for _, owner := range townsfolk {
		w.entries[owner] = map[string]bool{}
		g.of(owner, "Put", "other", "x", 1)
	}
	g.of("alice", "Admit", "group", depth, things("Enter"))
	people := []string{"bob", "gil", "hal"}
	keys := append(slices.Clone(people), "bob/home")
	for _, owner := range townsfolk {
		keys = append(keys, owner+"/home/group")
	}
	for step := range steps {
		owner, key := townsfolk[random.IntN(len(townsfolk))], keys[random.IntN(len(keys))]
		switch random.IntN(8) {
		case 0, 1, 2, 3:
			g.of(owner, "Put", "group", key, true)
			w.entries[owner][key] = true
		case 4:
			g.of(owner, "Put", "group", key, false)
			delete(w.entries[owner], key)
		case 5:
			g.of(owner, "Drop", "group", key)
			delete(w.entries[owner], key)
		case 6, 7:
			if owner == "alice" {
				continue
			}
			method := "Open"
			if w.open[owner] {
				method = "Shut"
			}
			g.of(owner, method, "alice/home", things("group"))
			w.open[owner] = !w.open[owner]
		}
		for _, who := range people {
			a := g.do(who, "guild/alice/home/Enter", "[]")
			want := w.holds(who, depth)
			got := 0
			if a.Error.Code == "" {
				got = len(strings.Fields(strings.Trim(string(a.Result), `"`)))
			}
			if got != want || got == 0 && a.Error.Code != "not_allowed" {
				t.Fatalf("seed %d, step %d: %s comes in through %d groups (%s), want %d; %v", seed, step, who, got, a.Error.Code, want, w)
			}
		}
	}
}

func TestMAP10_GroupsAndDeniesDecideWhoReplicates(t *testing.T) {
	g := newGuilds(t)
	g.of("alice", "Put", "board", "a", 1)
	g.of("alice", "Admit", "acl", 0, things("Enter", "board"))
	g.of("alice", "Put", "acl", "bob", true)
	bob, eve := g.connect(g.token("bob", policy.Scope{})), g.connect(g.token("eve", policy.Scope{}))
	for sub, c := range []struct {
		who         *reader
		label, want string
	}{
		{bob, "board", ""}, {bob, "acl", "not_allowed"}, {bob, "none", "not_allowed"}, {bob, "Enter", "bad_request"},
		{eve, "board", "not_allowed"}, {eve, "acl", "not_allowed"},
	} {
		if got := c.who.subscribe(uint32(sub+1), full("alice", c.label)); got != c.want {
			t.Errorf("%d, %s: %q, want %q", sub, c.label, got, c.want)
		}
	}
	g.of("alice", "Ban", "acl", 0, things("board"))
	if code := bob.ended(); code != "not_allowed" {
		t.Error(code)
	}
}

func TestMAP10_SubscriptionsEndWhenTheirGroundIsGone(t *testing.T) {
	for name, remove := range map[string]func(guilds){
		"the rule":                      func(g guilds) { g.of("alice", "Dismiss", "acl", 0, things("board")) },
		"the member":                    func(g guilds) { g.of("dan", "Drop", "team", "bob") },
		"a link":                        func(g guilds) { g.of("carol", "Put", "friends", "dan/home/team", false) },
		"the right to read a group":     func(g guilds) { g.of("dan", "Shut", "alice/home", things("team")) },
		"the right to read the nearest": func(g guilds) { g.of("carol", "Shut", "alice/home", things("friends")) },
	} {
		t.Run(name, func(t *testing.T) {
			g := linked(t)
			g.of("alice", "Put", "board", "a", 1)
			g.of("alice", "Admit", "acl", 0, things("board"))
			bob := g.connect(g.token("bob", policy.Scope{}))
			if code := bob.subscribe(1, full("alice", "board")); code != "" {
				t.Fatal(code)
			}
			remove(g)
			if code := bob.ended(); code != "not_allowed" {
				t.Error(code)
			}
			if code := bob.subscribe(2, full("alice", "board")); code != "not_allowed" {
				t.Error(code)
			}
		})
	}
}

func TestMAP10_TokensNameMaps(t *testing.T) {
	g := newGuilds(t)
	g.of("alice", "Put", "board", "a", 1)
	g.of("alice", "Put", "notes", "a", 1)
	for names, want := range map[string]map[string]string{
		"":            {"board": "", "notes": ""},
		"board":       {"board": "", "notes": "not_allowed"},
		"Enter":       {"board": "not_allowed", "notes": "not_allowed"},
		"Enter board": {"board": "", "notes": "not_allowed"},
	} {
		token := g.tokenFor("alice", strings.Fields(names)...)
		alice := g.connect(token)
		for sub, label := range []string{"board", "notes"} {
			want := want[label]
			if got := alice.subscribe(uint32(sub+1), full("alice", label)); got != want {
				t.Errorf("a token for %q opens %s: %q, want %q", names, label, got, want)
			}
			_, status := g.entriesAs(token, "guild/alice/home/maps/"+label)
			if (status == http.StatusOK) != (want == "") {
				t.Errorf("a token for %q, %s over HTTP: %d", names, label, status)
			}
		}
	}
	if a := g.as(g.tokenFor("alice", "board"), "guild/alice/home/Enter", "[]"); a.Error.Code != "not_allowed" {
		t.Error(a.Error)
	}
}

func TestMAP10_ARevokedTokenReadsNoMore(t *testing.T) {
	g := newGuilds(t)
	g.of("alice", "Put", "board", "a", 1)
	g.of("alice", "Open", "bob", things("board"))
	token := g.token("bob", policy.Scope{})
	bob := g.connect(token)
	if code := bob.subscribe(1, full("alice", "board")); code != "" {
		t.Fatal(code)
	}
	if err := g.accounts.Revoke(token); err != nil {
		t.Fatal(err)
	}
	bob.await(wire.KindBye)
	if _, status := g.entriesAs(token, "guild/alice/home/maps/board"); status != http.StatusUnauthorized {
		t.Error(status)
	}
}

// A request by a map's label reaches nothing.
func TestMAP10_AMapIsNoMethod(t *testing.T) {
	g := newGuilds(t)
	g.of("alice", "Put", "board", "a", 1)
	g.refused("alice", "guild/alice/home/board", "[]", "bad_request")
	g.refused("bob", "guild/alice/home/board", "[]", "not_allowed")
}
