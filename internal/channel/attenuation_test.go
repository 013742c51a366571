package channel

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

var words = []string{"test", "chat", "said", "system", "wrangler", "cloudos", "SYSTEM", "systems", "a"}

func genPattern() *rapid.Generator[sky.Pattern] {
	return rapid.Custom(func(t *rapid.T) sky.Pattern {
		part := rapid.SampledFrom(append([]string{sky.Any, sky.Any}, words...))
		return sky.Pattern{Domain: part.Draw(t, "domain"), Type: part.Draw(t, "type")}
	})
}

func genAttenuation() *rapid.Generator[Attenuation] {
	return rapid.Custom(func(t *rapid.T) Attenuation {
		a := Attenuation{
			Events: rapid.SliceOfN(genPattern(), 0, 4).Draw(t, "events"), Queries: rapid.SliceOfN(genPattern(), 0, 4).Draw(t, "queries"),
			MaxAttributes: rapid.IntRange(0, 300).Draw(t, "max"), MaxBytes: rapid.IntRange(0, 1<<20).Draw(t, "bytes"),
			Only: rapid.SliceOfN(rapid.StringN(1, 20, 256), 0, 4).Draw(t, "only"), Expires: rapid.Int64Range(0, 1<<60).Draw(t, "expires"),
		}
		if rapid.Bool().Draw(t, "rated") {
			a.Rate, a.Per = rapid.IntRange(1, 1000).Draw(t, "rate"), rapid.Int64Range(1, 1<<50).Draw(t, "per")
		}
		return a
	})
}

func visit(domain, typ string, query bool, names ...string) *Visit {
	a := sky.Attributes{}
	for _, n := range names {
		a.Set(n, "x")
	}
	v := &Visit{Form: sky.SkyEvent, Domain: domain, Type: typ, Attributes: a, size: len(a.Encode())}
	if query {
		v.Form = sky.CQuery
	}
	return v
}

func TestCHAN1_NewChannelsAllowNothing(t *testing.T) {
	var none Attenuation
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom(words)
		if flaw := none.permits(visit(word.Draw(t, "domain"), word.Draw(t, "type"), rapid.Bool().Draw(t, "query"))); flaw == nil || flaw.Code != wire.NotAllowed {
			t.Fatal(flaw)
		}
	})
}

// What is let through is what some pattern of its own kind means, and the protocol's domains only by name.
func TestCHAN1_PatternsLetThroughWhatTheyMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Attenuation{Events: rapid.SliceOfN(genPattern(), 0, 3).Draw(t, "events"), Queries: rapid.SliceOfN(genPattern(), 0, 3).Draw(t, "queries")}
		word := rapid.SampledFrom(words)
		domain, typ, query := word.Draw(t, "domain"), word.Draw(t, "type"), rapid.Bool().Draw(t, "query")
		all := a.Events
		if query {
			all = a.Queries
		}
		want := false
		for _, p := range all {
			anyDomain := p.Domain == "*" && domain != "system" && domain != "wrangler" && domain != "cloudos"
			want = want || (p.Domain == domain || anyDomain) && (p.Type == typ || p.Type == "*")
		}
		if got := a.permits(visit(domain, typ, query)); (got == nil) != want {
			t.Fatalf("%s:%s by %v: %v", domain, typ, all, got)
		}
	})
}

func TestCHAN1_AttributesAreLimited(t *testing.T) {
	all := []sky.Pattern{{Domain: "*", Type: "*"}}
	for _, c := range []struct {
		a    Attenuation
		v    *Visit
		code wire.Code
	}{
		{Attenuation{MaxAttributes: 2}, visit("t", "x", false, "a", "b"), ""},
		{Attenuation{MaxAttributes: 2}, visit("t", "x", false, "a", "b", "c"), wire.TooLarge},
		{Attenuation{MaxAttributes: 2}, visit("t", "x", true, "a", "b", "c"), wire.TooLarge},
		{Attenuation{MaxBytes: 5}, visit("t", "x", false, "a"), ""},
		{Attenuation{MaxBytes: 4}, visit("t", "x", false, "a"), wire.TooLarge},
		{Attenuation{Only: []string{"a", "b"}}, visit("t", "x", false, "b", "a"), ""},
		{Attenuation{Only: []string{"a", "b"}}, visit("t", "x", false), ""},
		{Attenuation{Only: []string{"a", "b"}}, visit("t", "x", false, "a", "A"), wire.NotAllowed},
	} {
		c.a.Events, c.a.Queries = all, all
		var got wire.Code
		if flaw := c.a.permits(c.v); flaw != nil {
			got = flaw.Code
		}
		if got != c.code {
			t.Errorf("%+v, %d attributes of %d bytes: %q", c.a, len(c.v.Attributes), c.v.size, got)
		}
	}
}

func TestAttenuationsThatMakeNoSenseAreRefused(t *testing.T) {
	many := make([]sky.Pattern, MaxPatterns+1)
	for i := range many {
		many[i] = sky.Pattern{Domain: "a", Type: "b"}
	}
	for _, a := range []Attenuation{
		{Events: many}, {Queries: many}, {Only: make([]string, MaxPatterns+1)}, {MaxAttributes: -1}, {MaxBytes: -1}, {Rate: -1, Per: 1}, {Rate: 1, Per: -1}, {Expires: -1}, {Rate: 1}, {Per: 1},
		{Events: []sky.Pattern{{}}}, {Events: []sky.Pattern{{Domain: "a"}}}, {Events: []sky.Pattern{{Domain: "a/b", Type: "c"}}}, {Queries: []sky.Pattern{{Domain: "a b", Type: "c"}}},
		{Events: []sky.Pattern{{Domain: "ä", Type: "c"}}}, {Events: []sky.Pattern{{Domain: strings.Repeat("x", 129), Type: "c"}}},
		{Only: []string{""}}, {Only: []string{"\xff"}}, {Only: []string{strings.Repeat("x", 257)}},
	} {
		if flaw := a.Check(); flaw == nil || flaw.Code != wire.BadRequest {
			t.Errorf("%+v: %v", a, flaw)
		}
	}
}

func TestAttenuationsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := genAttenuation().Draw(t, "a")
		if flaw := a.Check(); flaw != nil {
			t.Fatal(flaw)
		}
		r := cbor.NewReader(a.append(nil))
		got := readAttenuation(&r)
		if r.Done() != nil || !same(a, got) {
			t.Fatalf("%+v, then %+v: %v", a, got, r.Err())
		}
	})
}

func same(a, b Attenuation) bool {
	return slices.Equal(a.Events, b.Events) && slices.Equal(a.Queries, b.Queries) && slices.Equal(a.Only, b.Only) && a.MaxAttributes == b.MaxAttributes && a.MaxBytes == b.MaxBytes &&
		a.Rate == b.Rate && a.Per == b.Per && a.Expires == b.Expires
}

// However events come, no time of a rate's length sees more than twice as many as the rate says, the first time exactly as many, and who waits as told gets through.
func TestCHAN1_RatesHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Attenuation{Rate: rapid.IntRange(1, 20).Draw(t, "rate"), Per: rapid.Int64Range(1, 1_000_000).Draw(t, "per")}
		now, spent := int64(1_900_000_000_000_000), int64(0)
		var taken []int64
		for range 100 {
			now += rapid.Int64Range(0, 2*a.Per/int64(a.Rate)).Draw(t, "pause")
			after, refused := a.spend(spent, now)
			if refused != nil {
				if after != spent || refused.Code != wire.Quota || refused.RetryAfter <= 0 {
					t.Fatalf("%d, %d: %+v", spent, after, refused)
				}
				if _, again := a.spend(spent, now+1000*refused.RetryAfter); again != nil {
					t.Fatal("not even after", refused.RetryAfter, "ms")
				}
				continue
			}
			spent = after
			taken = append(taken, now)
		}
		first := 0
		for i, at := range taken {
			if at < taken[0]+a.Per/int64(a.Rate) {
				first++
			}
			n := 0
			for _, other := range taken[i:] {
				if other < at+a.Per {
					n++
				}
			}
			if each := a.Per / int64(a.Rate); each > 0 && n > 2*a.Rate+int(a.Per%int64(a.Rate)) {
				t.Fatal(n, "within the time for", a.Rate)
			}
		}
		if a.Per >= int64(a.Rate) && first > a.Rate {
			t.Fatal(first, "at once")
		}
	})
}

func TestCHAN1_ARateLetsItsNumberThroughAtOnceAndThenOneByOne(t *testing.T) {
	a := Attenuation{Rate: 3, Per: 60_000_000}
	now, spent := int64(1_900_000_000_000_000), int64(0)
	take := func() bool {
		after, refused := a.spend(spent, now)
		spent = after
		return refused == nil
	}
	for _, c := range []struct {
		wait int64
		ok   bool
	}{{0, true}, {0, true}, {0, true}, {0, false}, {19_999_999, false}, {1, true}, {0, false}, {60_000_000, true}, {0, true}, {0, true}, {0, false}} {
		if now += c.wait; take() != c.ok {
			t.Fatalf("%+v", c)
		}
	}
}

// What was spent of one rate bars nobody for longer than another one would that takes its place.
func TestCHAN1_ARateThatIsChangedForgivesWhatItWouldNotHaveAsked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(what string) Attenuation {
			return Attenuation{Rate: rapid.IntRange(1, 1000).Draw(t, what), Per: rapid.Int64Range(1000, 86_400_000_000).Draw(t, what+" per")}
		}
		old, new, now := draw("old"), draw("new"), int64(1_900_000_000_000_000)
		spent, n := int64(0), 0
		for ; n < 2000; n++ {
			after, refused := old.spend(spent, now)
			if refused != nil {
				break
			}
			spent = after
		}
		if n < old.Rate {
			t.Fatal(n)
		}
		if _, refused := old.spend(spent, now); refused == nil {
			t.Fatal("saying the same again has reset it")
		}
		each := max(1, new.Per/int64(new.Rate))
		after, refused := new.spend(spent, now)
		if refused == nil {
			return
		}
		if refused.RetryAfter > (each+999)/1000 {
			t.Fatalf("%v has to wait %d ms", new, refused.RetryAfter)
		}
		if _, refused := new.spend(after, now+1000*refused.RetryAfter); refused != nil {
			t.Fatalf("%v is refused again after what it was told to wait", new)
		}
	})
}

func TestCHAN1_AClockThatWasPutBackBarsNobodyForLong(t *testing.T) {
	a := Attenuation{Rate: 10, Per: 10_000_000}
	spent, _ := a.spend(0, 2_000_000_000_000_000)
	if _, refused := a.spend(spent, 1_900_000_000_000_000); refused != nil && refused.RetryAfter > 1000 {
		t.Error(refused.RetryAfter)
	}
	if _, refused := a.spend(math.MaxInt64, 1_900_000_000_000_000); refused == nil || refused.RetryAfter > 1000 {
		t.Error(refused)
	}
}
