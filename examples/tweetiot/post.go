package tweetiot

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Post is what people read.
type Post struct {
	From string    `json:"from"`
	Text string    `json:"text"`
	At   time.Time `json:"at"` // when it takes place, UTC
}

// Command is a post that was understood, as topics carry it. Other apps may publish it, too.
type Command struct {
	Post
	Tags []string                   `json:"tags"`
	Pins map[string][]time.Duration `json:"pins"` // by device: how long after At its pin goes on, off, on, off, …
}

var (
	words   = regexp.MustCompile(`\S+`)
	tag     = regexp.MustCompile(`^#([a-z0-9]|[a-z0-9][a-z0-9-]{0,61}[a-z0-9])$`)
	soon    = regexp.MustCompile(`^now(?:\+(\d{1,11}))?$`)
	number  = regexp.MustCompile(`^\d{1,6}$`)
	devices = map[string]string{"buzz": "buzzer", "flash": "lamp"}

	// wants tells what has to follow some words, and what may follow all others. A post begins like what follows then.
	wants = map[string]string{
		"then":  "buzz or flash",
		"for":   "a number of milliseconds",
		"after": "a number of milliseconds",
		"at":    "NOW, NOW+1000, or a time within the coming year, in UTC like 2026-12-31T23:59:59Z",
		"":      "for, after, then, a #tag, NOW or at, in 280 bytes all told",
	}
)

// Parse understands a post that is made now; the package comment has the grammar. Errors tell where they are, and what should stand there.
func Parse(text string, now time.Time) (Command, error) {
	p := parser{Command: Command{Post: Post{Text: text, At: now.UTC()}, Pins: map[string][]time.Duration{}}, want: "then", said: map[string]int{}}
	for _, at := range append(words.FindAllStringIndex(text, -1), []int{len(text), len(text)}) {
		want := wants[p.want]
		if !p.accepts(strings.ToLower(text[at[0]:at[1]])) {
			return p.Command, fmt.Errorf("column %d: here should stand %s\n%s\n%*s", at[0]+1, want, text, at[0]+1, "^")
		}
	}
	return p.Command, nil
}

// parser has read a post up to a word.
type parser struct {
	Command
	want   string         // what the next word belongs to
	device string         // of the step, which the last of its pins are about
	end    time.Duration  // of the step before
	steps  int            // so far
	said   map[string]int // in which step a word came last
	timed  bool
}

// accepts takes the next word in, and tells whether it may stand there. After the last one comes "".
func (p *parser) accepts(word string) bool {
	ms, err := time.ParseDuration(number.FindString(word) + "ms")
	want, pins, last := p.want, p.Pins[p.device], len(p.Pins[p.device])-1
	switch p.want = ""; {
	case word == "":
		return want == "" && len(p.Tags) > 0 && len(p.Text) <= 280
	case tag.MatchString(word):
		p.Tags, p.want = append(p.Tags, word[1:]), want
		return true
	case want == "at", strings.HasPrefix(word, "now"):
		p.want = strings.TrimSuffix(want, "at")
		return p.moment(word)
	case want == "then":
		p.device, p.steps = devices[word], p.steps+1
		p.Pins[p.device] = append(p.Pins[p.device], p.end, p.end+200*time.Millisecond)
		return p.device != ""
	case want == "for":
		pins[last] = pins[last-1] + ms
		return err == nil
	case want == "after":
		pins[last-1], pins[last] = pins[last-1]+ms, pins[last]+ms
		return err == nil
	default:
		twice := p.said[word] == p.steps
		p.want, p.end, p.said[word] = word, pins[last], p.steps
		return wants[word] != "" && !twice
	}
}

func (p *parser) moment(word string) bool {
	at, err := time.Parse(time.RFC3339, strings.ToUpper(word))
	if m := soon.FindStringSubmatch(word); m != nil {
		ms, _ := time.ParseDuration("0" + m[1] + "ms")
		at, err = p.At.Add(ms), nil
	}
	_, east := at.Zone()
	ok := err == nil && east == 0 && !p.timed && !at.Before(p.At) && at.Before(p.At.AddDate(1, 0, 0))
	p.At, p.timed = at.UTC(), true
	return ok
}
