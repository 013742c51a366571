package session

import (
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/name"
)

// Whatever is opened, withdrawn and decided: few are undecided, of one CA in particular, each CA is asked in order, and nothing waits for nothing.
func TestOPS1_FewOpeningsOfAConnectionAreUndecided(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := openingsModel{t: t, asked: map[int][]int{}}
		m.openings = NewOpenings(func(f func()) { m.spawned = append(m.spawned, f) })
		t.Repeat(map[string]func(*rapid.T){
			"open":     func(t *rapid.T) { m.open(rapid.IntRange(0, 9).Draw(t, "at"), rapid.IntRange(1, 40).Draw(t, "n")) },
			"withdraw": func(t *rapid.T) { m.withdraw(rapid.IntRange(0, 100).Draw(t, "n")) },
			"decide":   func(t *rapid.T) { m.decide(rapid.IntRange(0, 99).Draw(t, "which"), rapid.IntRange(1, 40).Draw(t, "n")) },
			"move":     func(*rapid.T) { m.move() },
			"":         func(t *rapid.T) { m.check(t) },
		})
		for len(m.undecided)+len(m.spawned) > 0 {
			m.move()
			m.decide(0, 1)
		}
		if len(m.waits) > 0 {
			t.Fatalf("%v were never asked", m.waits)
		}
	})
}

// openingsModel is who waits, and who is undecided, in the order of their coming.
type openingsModel struct {
	t         *rapid.T
	openings  *Openings
	spawned   []func()
	last      int
	waits     []asked
	undecided []asked
	asked     map[int][]int // all that were, by CA
}

type asked struct {
	at, n   int
	decided func()
}

func (m *openingsModel) open(at, times int) {
	for range times {
		m.last++
		a := asked{at: at, n: m.last}
		m.waits = append(m.waits, a)
		m.openings.Open(a.n, name.Name{Local: string(rune('a' + at))}, func(decided func()) {
			m.waits = slices.DeleteFunc(m.waits, func(w asked) bool { return w.n == a.n })
			m.asked[at] = append(m.asked[at], a.n)
			if a.n%7 == 0 { // refused on arrival
				decided()
				return
			}
			a.decided = decided
			m.undecided = append(m.undecided, a)
		})
	}
}

// withdraw gives up the last ones, whether they wait or not.
func (m *openingsModel) withdraw(n int) {
	for i := m.last; i > m.last-n; i-- {
		m.openings.Withdraw(i)
		m.waits = slices.DeleteFunc(m.waits, func(w asked) bool { return w.n == i })
	}
}

func (m *openingsModel) decide(which, times int) {
	for range min(times, len(m.undecided)) {
		i := which % len(m.undecided)
		a := m.undecided[i]
		m.undecided = slices.Delete(m.undecided, i, i+1)
		a.decided()
	}
}

func (m *openingsModel) move() {
	all := m.spawned
	m.spawned = nil
	for _, f := range all {
		f()
	}
}

func (m *openingsModel) check(t *rapid.T) {
	of := map[int]int{}
	for _, a := range m.undecided {
		of[a.at]++
	}
	for at, n := range of {
		if n > MaxOpeningOf {
			t.Fatalf("%d are undecided at %d", n, at)
		}
	}
	if len(m.undecided) > MaxOpening {
		t.Fatalf("%d are undecided", len(m.undecided))
	}
	for at, all := range m.asked {
		if !slices.IsSorted(all) {
			t.Fatalf("%d was asked out of order: %v", at, all)
		}
	}
	if len(m.spawned) > 0 {
		return
	}
	for _, w := range m.waits {
		if len(m.undecided) < MaxOpening && of[w.at] < MaxOpeningOf {
			t.Fatalf("%d waits for nothing", w.n)
		}
	}
}

func TestOpeningsFromManyGoroutinesAllGo(t *testing.T) {
	var all, moves sync.WaitGroup
	o := NewOpenings(func(f func()) { moves.Go(f) })
	at := name.Name{Local: "a"}
	for i := range 2000 {
		all.Add(1)
		o.Open(i, at, func(decided func()) {
			moves.Go(func() {
				decided()
				all.Done()
			})
		})
	}
	all.Wait()
	moves.Wait()
	if o.asked != 0 || len(o.askedOf) != 0 || len(o.waiting) != 0 || o.moving {
		t.Errorf("%d are left, %d wait", o.asked, len(o.waiting))
	}
}

func TestOpeningsOfAConnectionThatIsGoneAreForgotten(t *testing.T) {
	o := NewOpenings(func(f func()) { f() })
	var decide []func()
	asks := 0
	open := func() {
		o.Open(asks, name.Name{Local: "a"}, func(decided func()) {
			asks++
			decide = append(decide, decided)
		})
	}
	for range MaxOpeningOf + 5 {
		open()
	}
	o.Close()
	open()
	for _, decided := range decide {
		decided()
	}
	if asks != MaxOpeningOf {
		t.Errorf("%d were asked", asks)
	}
}
