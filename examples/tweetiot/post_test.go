package tweetiot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// noon is when the posts of the tests are made.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func ms(all ...int) (out []time.Duration) {
	for _, n := range all {
		out = append(out, time.Duration(n)*time.Millisecond)
	}
	return out
}

type pins = map[string][]time.Duration

var understood = map[string]struct {
	after time.Duration
	tags  []string
	pins  pins
}{
	"buzz #friends at NOW+1000 for 340":     {time.Second, []string{"friends"}, pins{"buzzer": ms(0, 340)}},
	"flash #a":                              {0, []string{"a"}, pins{"lamp": ms(0, 200)}},
	"FLASH #A At now+5 FOR 10":              {5 * time.Millisecond, []string{"a"}, pins{"lamp": ms(0, 10)}},
	"NOW #a flash #b":                       {0, []string{"a", "b"}, pins{"lamp": ms(0, 200)}},
	"#a buzz for #b 10 now then #c buzz":    {0, []string{"a", "b", "c"}, pins{"buzzer": ms(0, 10, 10, 210)}},
	"buzz at #a NOW+1":                      {time.Millisecond, []string{"a"}, pins{"buzzer": ms(0, 200)}},
	"buzz for NOW+7 10 #a":                  {7 * time.Millisecond, []string{"a"}, pins{"buzzer": ms(0, 10)}},
	"at NOW+3 buzz #a":                      {3 * time.Millisecond, []string{"a"}, pins{"buzzer": ms(0, 200)}},
	"#a at #b 2026-11-22T12:00:01Z buzz":    {time.Second, []string{"a", "b"}, pins{"buzzer": ms(0, 200)}},
	"buzz #a then at NOW+3 flash":           {3 * time.Millisecond, []string{"a"}, pins{"buzzer": ms(0, 200), "lamp": ms(200, 400)}},
	"buzz for at NOW+3 10 #a":               {3 * time.Millisecond, []string{"a"}, pins{"buzzer": ms(0, 10)}},
	"buzz after 50 for 10 #a":               {0, []string{"a"}, pins{"buzzer": ms(50, 60)}},
	"buzz for 10 after 50 #a":               {0, []string{"a"}, pins{"buzzer": ms(50, 60)}},
	"buzz for 10 then flash after 5 #a":     {0, []string{"a"}, pins{"buzzer": ms(0, 10), "lamp": ms(15, 215)}},
	"flash then buzz then flash for 1 #a":   {0, []string{"a"}, pins{"lamp": ms(0, 200, 400, 401), "buzzer": ms(200, 400)}},
	"flash #a at 2026-11-22T12:00:00.25Z":   {250 * time.Millisecond, []string{"a"}, pins{"lamp": ms(0, 200)}},
	"flash #a at 2026-11-23t12:00:00z":      {24 * time.Hour, []string{"a"}, pins{"lamp": ms(0, 200)}},
	"flash #a at 2026-11-22T12:00:01-00:00": {time.Second, []string{"a"}, pins{"lamp": ms(0, 200)}},
	" \tflash\n#x-1 \r":                     {0, []string{"x-1"}, pins{"lamp": ms(0, 200)}},
	"flash for 0 #a":                        {0, []string{"a"}, pins{"lamp": ms(0, 0)}},
	"flash for 999999 #a":                   {0, []string{"a"}, pins{"lamp": ms(0, 999_999)}},
}

func TestPostsThatAreUnderstood(t *testing.T) {
	for text, want := range understood {
		c, err := Parse(text, noon)
		if err != nil || !c.At.Equal(noon.Add(want.after)) || !slices.Equal(c.Tags, want.tags) || !reflect.DeepEqual(c.Pins, want.pins) || c.Text != text {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	}
}

const aVerb, aNumber, more, aTime = "buzz or flash", "a number of milliseconds", "for, after, then", "NOW, NOW+1000"

// misplaced are what should stand at the caret; nothing where there are several reasons.
var misplaced = map[string]string{
	"^":                                          aVerb,
	"  ^":                                        aVerb,
	"^friends buzz #a":                           aVerb,
	"#a^":                                        aVerb,
	"#a NOW ^then buzz":                          aVerb,
	"buzz then ^buzzer #a":                       aVerb,
	"buzz #a then^":                              aVerb,
	"buzz #a then ^for 10":                       aVerb,
	"buzz for ^soon #a":                          aNumber,
	"buzz for ^-1 #a":                            aNumber,
	"buzz for ^1.5 #a":                           aNumber,
	"buzz for ^1000000 #a":                       aNumber,
	"buzz for ^١٢ #a":                            aNumber,
	"buzz #a for^":                               aNumber,
	"buzz after ^then buzz":                      aNumber,
	"buzz^":                                      more,
	"buzz NOW^":                                  more,
	"buzz ^friends":                              more,
	"buzz ^#":                                    more,
	"buzz ^#a_b":                                 more,
	"buzz ^#-a":                                  more,
	"buzz ^#é":                                   more,
	"buzz ^flash #a":                             more,
	"buzz for 1 ^for 2 #a":                       more,
	"buzz after 1 for 2 ^after 3 #a":             more,
	"buzz #a NOW ^NOW":                           more,
	"buzz #a ^nowhere":                           more,
	"buzz #a ^NOW+":                              more,
	"buzz #a ^NOW-5":                             more,
	"buzz #a ^NOW+1s":                            more,
	"buzz #a ^NOW+99999999999":                   more, // more than a year
	"buzz #a at NOW ^at NOW+1":                   more,
	"buzz #a at NOW ^at":                         more,
	"#a at NOW ^at NOW buzz":                     aVerb,
	"#a at ^at NOW buzz":                         aTime,
	"buzz #a for at NOW^":                        aNumber,
	"#a buzz then at^":                           aTime,
	"buzz #a at^":                                aTime,
	"buzz #a at ^noon":                           aTime,
	"buzz #a at ^2026-11-22":                     aTime,
	"buzz #a at ^2026-11-22T11:59:59Z":           aTime, // over
	"buzz #a at ^2026-13-22T11:59:59Z":           aTime,
	"buzz #a at ^2027-11-22T12:00:00Z":           aTime, // a year away
	"buzz #a at ^2026-11-22T14:00:00+01:00":      aTime,
	"buzz #a ^2026-11-23T12:00:00Z":              more,
	"buzz #a ^\u00a0NOW":                         more,
	"buzz #" + strings.Repeat("a", 275) + "^":    "", // 281 bytes, and a label of more than 63
	"buzz #a" + strings.Repeat(" ", 274) + "^":   "",
	"buzz #a" + strings.Repeat(" NOW", 80) + "^": "",
}

func TestErrorsPointAtTheirPlace(t *testing.T) {
	for text, want := range misplaced {
		place := strings.Index(text, "^")
		text = strings.Replace(text, "^", "", 1)
		_, err := Parse(text, noon)
		if err == nil {
			t.Errorf("%q is understood", text)
			continue
		}
		if want == "" {
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		if len(lines) != 3 || !strings.HasPrefix(lines[0], fmt.Sprintf("column %d: here should stand %s", place+1, want)) || lines[1] != text || lines[2] != strings.Repeat(" ", place)+"^" {
			t.Errorf("%q, column %d:\n%v", text, place+1, err)
		}
	}
}

// TestWordsOfAnyOrder makes posts as the grammar says, and knows what they mean.
func TestWordsOfAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var words, tags []string
		pins, end := map[string][]time.Duration{}, 0
		for i := range rapid.IntRange(1, 4).Draw(t, "steps") {
			verb := rapid.SampledFrom([]string{"buzz", "flash"}).Draw(t, "verb")
			if i > 0 {
				words = append(words, "then")
			}
			words = append(words, verb)
			length, pause := 200, 0
			options := rapid.Permutation([]string{"for", "after"}).Draw(t, "options")
			for _, o := range options[:rapid.IntRange(0, 2).Draw(t, "said")] {
				n := rapid.IntRange(0, 999).Draw(t, o)
				words = append(words, o, strconv.Itoa(n))
				if o == "for" {
					length = n
				} else {
					pause = n
				}
			}
			start := end + pause
			end = start + length
			pins[devices[verb]] = append(pins[devices[verb]], ms(start, end)...)
		}
		insert := func(w ...string) { words = slices.Insert(words, rapid.IntRange(0, len(words)).Draw(t, "place"), w...) }
		at := noon
		if rapid.Bool().Draw(t, "timed") {
			n := rapid.IntRange(0, 100_000).Draw(t, "in")
			at = noon.Add(time.Duration(n) * time.Millisecond)
			insert([]string{"at", "NOW+" + strconv.Itoa(n)}[rapid.IntRange(0, 1).Draw(t, "said at"):]...)
		}
		for range rapid.IntRange(1, 3).Draw(t, "tags") {
			tag := rapid.StringMatching(`[a-z0-9]{1,5}`).Draw(t, "tag")
			tags = append(tags, tag)
			insert("#" + tag)
		}
		text := strings.Join(words, " ")
		if rapid.Bool().Draw(t, "capitals") {
			text = strings.ToUpper(text)
		}
		c, err := Parse(text, noon)
		slices.Sort(tags)
		slices.Sort(c.Tags)
		if err != nil || !c.At.Equal(at) || !slices.Equal(c.Tags, tags) || !reflect.DeepEqual(c.Pins, pins) {
			t.Fatalf("%q: %+v, %v", text, c, err)
		}
	})
}

// TestPagesUnderstandTheSame keeps what the page's parser is held to (page/parts/post.test.ts) as this one has it. UPDATE=1 writes it anew.
func TestPagesUnderstandTheSame(t *testing.T) {
	var vectors []vector
	for _, text := range slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Keys(understood)), slices.Collect(maps.Keys(misplaced))))) {
		vectors = append(vectors, newVector(strings.Replace(text, "^", "", 1)))
	}
	want, err := json.MarshalIndent(vectors, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const file = "testdata/posts.json"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, append(want, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(bytes.TrimSpace(got)) != string(want) {
		t.Errorf("%s is not what post.go says (%v): run with UPDATE=1", file, err)
	}
}

// vector is a post, and what it means at noon, in ms, or the column of its error.
type vector struct {
	Text   string             `json:"text"`
	Column int                `json:"column,omitempty"`
	In     *int64             `json:"in,omitempty"`
	Tags   []string           `json:"tags,omitempty"`
	Pins   map[string][]int64 `json:"pins,omitempty"`
}

func newVector(text string) vector {
	c, err := Parse(text, noon)
	v := vector{Text: text}
	if err != nil {
		fmt.Sscanf(err.Error(), "column %d", &v.Column)
		return v
	}
	in := c.At.Sub(noon).Milliseconds()
	v.In, v.Tags, v.Pins = &in, c.Tags, map[string][]int64{}
	for device, pins := range c.Pins {
		for _, p := range pins {
			v.Pins[device] = append(v.Pins[device], p.Milliseconds())
		}
	}
	return v
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"buzz #friends at NOW+1000 for 340", "flash #a then buzz after 5 at 2026-11-23T12:00:00Z", "buzz for #", "K\u212a #\u212a now", "\xff #a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(text, noon)
		if again, wrong := Parse(strings.ToUpper(text), noon); strings.IndexFunc(text, func(r rune) bool { return r > 127 }) < 0 &&
			((wrong == nil) != (err == nil) || err == nil && !reflect.DeepEqual(again.Pins, c.Pins)) {
			t.Fatalf("capitals matter: %v, %v", err, wrong)
		}
		if err != nil {
			if !strings.HasSuffix(err.Error(), "^") {
				t.Fatalf("no place: %v", err)
			}
			return
		}
		if c.At.Before(noon) || len(c.Tags) == 0 || len(c.Pins) == 0 || len(text) > 280 {
			t.Fatalf("%+v", c)
		}
		for device, pins := range c.Pins {
			if !slices.IsSorted(pins) || len(pins)%2 != 0 || !slices.Contains(slices.Collect(maps.Values(devices)), device) {
				t.Fatalf("%s: %v", device, pins)
			}
		}
	})
}
