package pebblestore

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/store"
)

// The workload of the crash tests: what a CA's n-th commit writes depends on n alone, so that what a crash leaves tells how far the CA
// had come, and whether a commit is there by halves. Odd commits leave something in an outbox, with a due time; even ones clear it;
// every 17th destroys the CA.

func workName(i int) string { return fmt.Sprintf("app:crash/n%d", i) }

func isGone(n int) bool { return n%17 == 0 }

func step(ca string, n int, expect store.Rev) store.Write {
	if isGone(n) {
		return store.Write{CA: ca, Expect: expect, Destroy: true}
	}
	w := store.Write{CA: ca, Expect: expect}
	for _, key := range []string{"a", "b"} {
		w.Puts = append(w.Puts, store.KV{Key: []byte(key), Value: strconv.AppendInt(nil, int64(n), 10)})
	}
	w.Puts = append(w.Puts, store.KV{Key: []byte("payload"), Value: payload(n)})
	if n%2 == 0 {
		w.Deletes = [][]byte{[]byte("outbox")}
		return w
	}
	w.Puts = append(w.Puts, store.KV{Key: []byte("outbox"), Value: w.Puts[0].Value})
	w.Due = int64(n)
	return w
}

func payload(n int) []byte { return bytes.Repeat([]byte{byte(n)}, n*37%1500) }

// stateAfter is what Load shows after a CA's n-th commit.
func stateAfter(n int) []string {
	if isGone(n) {
		return nil
	}
	state := []string{fmt.Sprintf("a=%d", n), fmt.Sprintf("b=%d", n)}
	if n%2 == 1 {
		state = append(state, fmt.Sprintf("outbox=%d", n))
	}
	return append(state, "payload="+string(payload(n)))
}

func stateOf(s *Store, ca string) (store.Rev, []string, error) {
	var state []string
	rev, err := s.Load(ca, nil, func(key, value []byte) error {
		state = append(state, string(key)+"="+string(value))
		return nil
	})
	return rev, state, err
}

// verify finds out after which commit each CA is: one from what was acknowledged up to what was submitted, and as a whole.
// What is due must be exactly what those commits left to do.
func verify(t *testing.T, s *Store, acked, submitted []int) []int {
	t.Helper()
	found := make([]int, len(acked))
	var due []store.Due
	for i := range acked {
		_, state, err := stateOf(s, workName(i))
		if err != nil {
			t.Fatal(err)
		}
		n := acked[i]
		for !slices.Equal(state, stateAfter(n)) {
			if n++; n > submitted[i] {
				t.Fatalf("%s was acknowledged up to %d, submitted up to %d, and holds %.60q", workName(i), acked[i], submitted[i], state)
			}
		}
		found[i] = n
		if n%2 == 1 && !isGone(n) {
			due = append(due, store.Due{CA: workName(i), At: int64(n)})
		}
	}
	verifyDue(t, s, due)
	return found
}

func verifyDue(t *testing.T, s *Store, want []store.Due) {
	t.Helper()
	got, err := s.DueBefore(math.MaxInt64, store.Due{}, math.MaxInt)
	if err != nil {
		t.Fatal(err)
	}
	byName := func(a, b store.Due) int { return bytes.Compare([]byte(a.CA), []byte(b.CA)) }
	slices.SortFunc(got, byName)
	slices.SortFunc(want, byName)
	if !slices.Equal(got, want) {
		t.Fatalf("due are %v, want %v", got, want)
	}
}

// driver keeps one commit of each CA in flight.
type driver struct {
	c     *store.Committer
	acked func(i, n int) // called on the finisher, before the CA's next commit is submitted

	mu        sync.Mutex // guards what follows
	stopped   bool
	submitted []int
}

// drive begins after the given commits of each CA.
func drive(s *Store, c *store.Committer, at []int, acked func(i, n int)) (*driver, error) {
	d := &driver{c: c, acked: acked, submitted: slices.Clone(at)}
	revs := make([]store.Rev, len(at))
	for i := range at {
		var err error
		if revs[i], _, err = stateOf(s, workName(i)); err != nil {
			return nil, err
		}
	}
	for i := range at {
		d.next(i, revs[i])
	}
	return d, nil
}

func (d *driver) next(i int, rev store.Rev) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		return
	}
	d.submitted[i]++
	n := d.submitted[i]
	d.c.Submit(step(workName(i), n, rev), func(r store.Result) {
		if r.Err != nil {
			panic(fmt.Sprintf("%s at %d: %v", workName(i), n, r.Err))
		}
		d.acked(i, n)
		d.next(i, r.Rev)
	})
}

func (d *driver) stop() {
	d.mu.Lock()
	d.stopped = true
	d.mu.Unlock()
}

func (d *driver) soFar() []int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.submitted)
}
