package whitepages

import (
	"errors"
	"time"

	"github.com/wabgo/wab/server"
)

// Local is the name of the one book: its CA is whitepages:commons/pages.
const Local = "pages"

const (
	entriesMap = "entries"
	maxEntries = 100_000
	maxChanges = 20 // of an owner's entry in changesIn
	changesIn  = time.Hour
)

// Pages is the book's assistant. All that it keeps is in its map.
type Pages struct {
	index   *index             // of the map, made when it is needed
	changes map[string][]int64 // instants of each owner's latest changes, µs; lost when the book is not in memory
}

// Card is what somebody says of themselves.
type Card struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

// Entry is a line of the book.
type Entry struct {
	Owner   string    `json:"owner"`
	Name    string    `json:"name"`
	About   string    `json:"about"`
	Address string    `json:"address,omitempty"` // owner@host; not in the map: the server may come to be reached otherwise
	Since   time.Time `json:"since"`
}

// Init lets in everybody who is signed in.
func (p *Pages) Init(tx *server.Tx) error {
	return tx.Allow(server.Anyone(), "List", "Unlist", "Search", "All", entriesMap)
}

var (
	errFull = errors.New("the white pages are full; ask the operator of this server")
	errFast = errors.New("this entry has changed often lately; try again in an hour")
)

// List puts the caller's owner into the book, or changes what stands there.
func (p *Pages) List(tx *server.Tx, card Card) (Entry, error) {
	owner, entries := tx.Caller().Owner, tx.Map(entriesMap)
	if err := card.check(); err != nil {
		return Entry{}, err
	}
	e := Entry{Owner: owner, Name: card.Name, About: card.About, Since: tx.Now()}
	var old Entry
	was, err := entries.Get(owner, &old)
	switch {
	case err != nil:
		return Entry{}, err
	case was:
		e.Since = old.Since
	case entries.Len() >= maxEntries:
		return Entry{}, errFull
	}
	if was && old == e {
		return e.at(tx), nil
	}
	if !p.mayChange(owner, tx.Now()) {
		return Entry{}, errFast
	}
	book := p.book(tx)
	if err := entries.Set(owner, e); err != nil {
		return Entry{}, err
	}
	book.put(e)
	return e.at(tx), nil
}

// Unlist takes the caller's owner out of the book, and tells whether they were in it.
func (p *Pages) Unlist(tx *server.Tx) (was bool, err error) {
	owner, book := tx.Caller().Owner, p.book(tx)
	if was, err = tx.Map(entriesMap).Delete(owner); was && err == nil {
		book.remove(owner)
	}
	return was, err
}

// Search finds the entries in whose owner, name or line each word is found, the best first: up to limit of them, 20 if it is 0, 50 at most.
func (p *Pages) Search(tx *server.Tx, text string, limit int) ([]Entry, error) {
	words, err := wordsOf(text)
	if err != nil {
		return nil, err
	}
	return located(tx, p.book(tx).search(words, bound(limit))), nil
}

// All are the entries after an owner's, in the order of owners: up to limit of them, 20 if it is 0, 50 at most. An empty after begins at the beginning.
func (p *Pages) All(tx *server.Tx, after string, limit int) ([]Entry, error) {
	return located(tx, p.book(tx).after(after, bound(limit))), nil
}

func bound(limit int) int {
	if limit <= 0 {
		return 20
	}
	return min(limit, 50)
}

// mayChange counts a change, unless there have been too many.
func (p *Pages) mayChange(owner string, now time.Time) bool {
	if p.changes == nil || len(p.changes) > maxEntries {
		p.changes = map[string][]int64{}
	}
	recent := p.changes[owner]
	for len(recent) > 0 && recent[0] <= now.Add(-changesIn).UnixMicro() {
		recent = recent[1:]
	}
	if len(recent) >= maxChanges {
		return false
	}
	p.changes[owner] = append(recent, now.UnixMicro())
	return true
}

// book is the index of the map as this message finds it.
func (p *Pages) book(tx *server.Tx) *index {
	m := tx.Map(entriesMap)
	if p.index == nil || p.index.version != m.Version() {
		p.index = read(m)
	}
	return p.index
}
