package bus

import (
	"errors"
	"slices"
	"strings"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
)

// MaxPrincipals is how many principals a CA's ledger tells apart; the rest share one row, others.
const MaxPrincipals = 10_000

// others is the row of all principals beyond MaxPrincipals.
var others = name.Name{Owner: "others", Item: "*"}

const cachedRows = 64

// Entry is what the ledger of a CA says about one principal.
type Entry struct {
	First    int64  // µs UTC of the first interaction
	Last     int64  // µs UTC of the last one
	Accepted uint64 // messages that policy let in
	Denied   uint64 // messages that it refused
	Changes  uint64 // accepted messages that changed something; exact, the rest is flushed every 10 s
}

type row struct {
	Entry
	principal name.Name
	key       []byte
	dirty     bool
}

// ledger counts who did what with a CA. A row joins the commit of each change; what changes nothing is counted in memory and written every 10 s.
type ledger struct {
	ca       *actor.CA
	rows     []*row // read or made lately, the last used one first: a map would cost a CA with one principal 800 bytes
	dirty    []*row // counted since they were last written
	flushing bool
	flushAt  int64 // when they are to be written, µs UTC; 0 while there is nothing
	counted  bool  // size includes what was stored before this activation
	size     int   // principals
}

func ledgerKey(p name.Name) []byte {
	return actor.ColdKey(letter, append([]byte{keyLedger}, p.String()...)...)
}

// row reads a principal's row, a new one if there is none yet.
func (l *ledger) row(p name.Name) (*row, error) {
	if r := l.cached(p); r != nil {
		return r, nil
	}
	r := &row{principal: p, key: ledgerKey(p)}
	value, err := l.ca.Get(r.key)
	if err == nil && value != nil {
		r.Entry, err = parseEntry(value)
	}
	if err != nil {
		return r, err
	}
	l.cache(r)
	return r, nil
}

func (l *ledger) cached(p name.Name) *row {
	for i, r := range l.rows {
		if r.principal == p {
			l.rows[0], l.rows[i] = r, l.rows[0]
			return r
		}
	}
	return nil
}

// cache makes room by forgetting all rows that are written.
func (l *ledger) cache(r *row) {
	if len(l.rows) >= cachedRows {
		l.rows = slices.DeleteFunc(l.rows, func(old *row) bool { return !old.dirty })
	}
	l.rows = append(l.rows, r)
}

// count notes one message and returns the row that a change has to join.
func (l *ledger) count(p name.Name, denied bool, now int64) *row {
	r := l.find(p, now)
	if r == nil {
		return nil
	}
	if denied {
		r.Denied++
	} else {
		r.Accepted++
	}
	l.touch(r, now)
	return r
}

// deny notes messages that were refused on arrival.
func (l *ledger) deny(p name.Name, n uint64, now int64) {
	if r := l.find(p, now); r != nil {
		r.Denied += n
		l.touch(r, now)
	}
}

// find returns the row to count in; nil where it can't be read, so that nothing wrong is written over it.
func (l *ledger) find(p name.Name, now int64) *row {
	r, err := l.row(p)
	if err == nil && r.First == 0 && p != others && l.full() {
		r, err = l.row(others)
	}
	if err != nil {
		return nil
	}
	if r.First == 0 {
		r.First = now
		l.size++
	}
	return r
}

// full tells whether there is no room for another principal. It counts the stored rows once an activation, when a new principal comes.
func (l *ledger) full() bool {
	if !l.counted {
		l.counted = true
		_ = l.each(func(name.Name, Entry) error { l.size++; return nil })
	}
	return l.size >= MaxPrincipals
}

func (l *ledger) touch(r *row, now int64) {
	r.Last = now
	if r.dirty {
		return
	}
	r.dirty = true
	l.dirty = append(l.dirty, r)
	if l.flushAt == 0 {
		l.flushAt = now + ledgerFlush
		l.ca.WakeAt(l.flushAt)
	}
}

// encode writes a row with the change it counted.
func (l *ledger) encode(c *actor.Commit, r *row) {
	c.Put(r.key, r.Entry.encode())
	r.dirty = false
	if n := len(l.dirty); n > 0 && l.dirty[n-1] == r {
		l.dirty = l.dirty[:n-1]
	}
}

// flush has the next Encode write all that was counted, when it is time.
func (l *ledger) flush(now int64) {
	if l.flushAt != 0 && (now >= l.flushAt || l.ca.Draining()) {
		l.flushing, l.flushAt = true, 0
	}
}

func (l *ledger) encodeFlush(c *actor.Commit) {
	if !l.flushing {
		return
	}
	for _, r := range l.dirty {
		if r.dirty {
			c.Put(r.key, r.Entry.encode())
			r.dirty = false
		}
	}
	l.dirty, l.flushing = nil, false
}

var errEntry = errors.New("bus: a ledger row is damaged")

func (e Entry) encode() []byte {
	b := cbor.AppendArrayHeader(make([]byte, 0, 40), 5)
	b = cbor.AppendInt(b, e.First)
	b = cbor.AppendInt(b, e.Last)
	b = cbor.AppendUint(b, e.Accepted)
	b = cbor.AppendUint(b, e.Denied)
	return cbor.AppendUint(b, e.Changes)
}

func parseEntry(b []byte) (e Entry, err error) {
	r := cbor.NewReader(b)
	if r.Array() != 5 {
		return e, errEntry
	}
	e = Entry{First: r.Int(), Last: r.Int(), Accepted: r.Uint(), Denied: r.Uint(), Changes: r.Uint()}
	if r.Done() != nil {
		return e, errEntry
	}
	return e, nil
}

// each visits every row, with what was counted in memory.
func (l *ledger) each(visit func(name.Name, Entry) error) error {
	prefix := actor.ColdKey(letter, keyLedger)
	seen := map[name.Name]bool{}
	err := l.ca.Scan(prefix, func(key, value []byte) error {
		p := principalOf(string(key[len(prefix):]))
		seen[p] = true
		if r := l.cached(p); r != nil {
			return visit(p, r.Entry)
		}
		e, err := parseEntry(value)
		if err != nil {
			return err
		}
		return visit(p, e)
	})
	for _, r := range l.rows {
		if p := r.principal; err == nil && !seen[p] && r.First != 0 {
			err = visit(p, r.Entry)
		}
	}
	return err
}

func principalOf(s string) name.Name {
	if p, err := name.Parse(s); err == nil {
		return p
	}
	if strings.HasPrefix(s, others.Owner) {
		return others
	}
	return name.Name{Owner: s}
}
