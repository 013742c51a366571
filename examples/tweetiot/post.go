package tweetiot

import (
	"cmp"
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
		"then": "buzz or flash", "for": "a number of milliseconds, up to 999999", "after": "a number of milliseconds, up to 999999",
		"at": "NOW, NOW+1000, or a time within the coming year, in UTC like 2026-12-31T23:59:59Z",
		"":   "for, after, then, a #tag, NOW or at; a step has one for and one after, a post one time, a tag or more, and up to 280 bytes",
	}
)

// Parse understands a post that is made now; the package comment has the grammar. Errors tell where they are, and what should stand there.
func Parse(text string, now time.Time) (Command, error) {
	c := Command{Post{Text: text, At: now.UTC()}, nil, map[string][]time.Duration{}}
	device, end, want, when, step, said := "", time.Duration(0), "then", "", 0, map[string]int{} // when: at, until its time comes; said: in which step a word came last
	for _, at := range append(words.FindAllStringIndex(text, -1), []int{len(text), len(text)}) {
		word, wanted, pins, ok := strings.ToLower(text[at[0]:at[1]]), cmp.Or(when, want), c.Pins[device], true
		ms, err := time.ParseDuration(number.FindString(word) + "ms")
		switch last := len(pins) - 1; { // the last two are those of this step
		case word == "":
			ok = wanted == "" && len(c.Tags) > 0 && len(text) <= 280
		case tag.MatchString(word):
			c.Tags = append(c.Tags, word[1:])
		case when != "", strings.HasPrefix(word, "now"):
			c.At, ok = instant(word, now)
			ok, said["NOW"], when = ok && said["NOW"] == 0, 1, ""
		case word == "at":
			when, ok = word, said["NOW"] == 0
		case want == "then":
			device, step, want = devices[word], step+1, ""
			c.Pins[device], ok = append(c.Pins[device], end, end+200*time.Millisecond), device != ""
		case want == "for":
			pins[last], ok, want = pins[last-1]+ms, err == nil, ""
		case want == "after":
			pins[last-1], pins[last], ok, want = pins[last-1]+ms, pins[last]+ms, err == nil, ""
		default:
			ok = wants[word] != "" && said[word] < step
			want, end, said[word] = word, pins[last], step
		}
		if !ok {
			return c, fmt.Errorf("column %d: here should stand %s\n%s\n%*s", at[0]+1, wants[wanted], text, at[0]+1, "^")
		}
	}
	return c, nil
}

// instant is the one that a word means, if it can be a post's.
func instant(word string, now time.Time) (at time.Time, ok bool) {
	at, err := time.Parse(time.RFC3339, strings.ToUpper(word))
	if m := soon.FindStringSubmatch(word); m != nil {
		ms, _ := time.ParseDuration("0" + m[1] + "ms")
		at, err = now.UTC().Add(ms), nil
	}
	return at.UTC(), err == nil && at.Format("Z07:00") == "Z" && !at.Before(now) && at.Before(now.AddDate(1, 0, 0))
}
