package whitepages

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wabgo/wab/server"
)

// index holds the entries in the order of their owners, each with what is searched. It is of one version of the map: what a message changes is in it at once, as
// the version that its commit makes. A message that fails leaves an index of a version that never was, and the next one makes another.
type index struct {
	version uint64
	rows    []row
}

type row struct {
	Entry
	owner, name, about string // in small letters
}

func rowOf(e Entry) row {
	return row{e, e.Owner, strings.ToLower(e.Name), strings.ToLower(e.About)}
}

func read(m server.Map) *index {
	x := &index{version: m.Version()}
	for _, value := range m.All() {
		var e Entry
		if value.Decode(&e) == nil {
			x.rows = append(x.rows, rowOf(e))
		}
	}
	slices.SortFunc(x.rows, func(a, b row) int { return cmp.Compare(a.owner, b.owner) })
	return x
}

func (x *index) find(owner string) (at int, found bool) {
	return slices.BinarySearchFunc(x.rows, owner, func(r row, owner string) int { return cmp.Compare(r.owner, owner) })
}

func (x *index) put(e Entry) {
	x.version++
	at, found := x.find(e.Owner)
	if found {
		x.rows[at] = rowOf(e)
		return
	}
	x.rows = slices.Insert(x.rows, at, rowOf(e))
}

func (x *index) remove(owner string) {
	x.version++
	if at, found := x.find(owner); found {
		x.rows = slices.Delete(x.rows, at, at+1)
	}
}

func (x *index) after(owner string, limit int) (out []Entry) {
	at, found := x.find(owner)
	if found {
		at++
	}
	for _, r := range x.rows[at:min(len(x.rows), at+limit)] {
		out = append(out, r.Entry)
	}
	return out
}

const (
	maxText  = 100 // characters
	maxWords = 8
)

var errText = errors.New("a search has at most 100 characters and 8 words")

func wordsOf(text string) ([]string, error) {
	words := strings.Fields(strings.ToLower(text))
	if utf8.RuneCountInString(text) > maxText || len(words) > maxWords {
		return nil, errText
	}
	return words, nil
}

// search finds the rows that have each word; those that begin with them come first.
func (x *index) search(words []string, limit int) []Entry {
	type hit struct {
		score int
		at    int
	}
	var hits []hit
	for i := range x.rows {
		if score := x.rows[i].score(words); score > 0 {
			hits = append(hits, hit{score, i})
		}
	}
	slices.SortFunc(hits, func(a, b hit) int { return cmp.Or(b.score-a.score, a.at-b.at) })
	out := make([]Entry, 0, min(limit, len(hits)))
	for _, h := range hits[:min(limit, len(hits))] {
		out = append(out, x.rows[h.at].Entry)
	}
	return out
}

// score is how well a row fits, 0 for not at all. Without words all fit.
func (r *row) score(words []string) int {
	score := 1
	for _, word := range words {
		s := max(8*match(r.owner, word), 4*match(r.name, word), match(r.about, word))
		if s == 0 {
			return 0
		}
		score += s
	}
	return score
}

// match is 3 for a text that is the word, 2 for one with a word that begins with it, 1 for one that has it, 0 for none.
func match(text, word string) int {
	at := strings.Index(text, word)
	switch {
	case at < 0:
		return 0
	case text == word:
		return 3
	case at == 0 || strings.Contains(text, " "+word):
		return 2
	}
	return 1
}
