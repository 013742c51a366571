package fetch_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/fetch"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"
)

// storm kills a world at random commits, before or after they are durable, and lets its host answer as it likes.
type storm struct {
	*world
	mu     sync.Mutex
	random *rand.Rand
	dead   atomic.Bool
	died   chan struct{} // closed by this life's end
	calm   atomic.Bool
	deaths int
}

func (s *storm) roll(of int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calm.Load() {
		return of
	}
	return s.random.IntN(of)
}

func newStorm(t *testing.T, seed uint64) *storm {
	s := &storm{world: newWorld(t), random: rand.New(rand.NewPCG(seed, 1)), died: make(chan struct{})}
	s.down()
	die := func([]store.Write) error {
		if s.dead.Load() {
			return actortest.ErrCrash
		}
		if s.roll(12) == 0 {
			if s.dead.CompareAndSwap(false, true) {
				close(s.died)
			}
			return actortest.ErrCrash
		}
		return nil
	}
	s.Store.Before, s.Store.After = die, die
	s.Options.Fatal = func(error) {}
	s.host.says = s.say
	s.carry = s.carried
	s.up()
	return s
}

// say answers, refuses for now, breaks off before or after the work is done.
func (s *storm) say(w http.ResponseWriter, _ *http.Request, _ int) {
	switch s.roll(6) {
	case 0:
		w.WriteHeader(503)
	case 1:
		w.Header().Set("Retry-After", "40")
		w.WriteHeader(429)
	case 2:
		panic(http.ErrAbortHandler)
	}
}

// carried notes a call to a carrier as one to the host, and answers as that does: at once, or by and by, or never.
func (s *storm) carried(_ name.Name, call outgoing.Call, done func(outgoing.Answer, *wire.Error)) func() {
	s.host.note(strings.TrimPrefix(call.URL, "carried:"), call.Header.Get("Idempotency-Key"))
	switch s.roll(6) {
	case 0:
		done(outgoing.Answer{Status: 503}, nil)
	case 1:
		done(outgoing.Answer{}, wire.Err(wire.Unavailable, "Not now."))
	case 2: // never
	case 3:
		s.soon(func() { done(outgoing.Answer{Status: 200}, nil) })
	default:
		done(outgoing.Answer{Status: 200}, nil)
		done(outgoing.Answer{Status: 400}, nil) // nobody hears it
	}
	return nil
}

func (s *storm) revive() {
	if !s.dead.Load() {
		return
	}
	s.deaths++
	s.down()
	s.dead.Store(false)
	s.died = make(chan struct{})
	s.up()
}

// ask returns whether the CA has promised to call a path.
func (s *storm) ask(ca, path string, way int) (promised bool) {
	method, url := "Fetch", path
	switch way {
	case 1:
		method = "Ask"
	case 2:
		method, url = "Ask", "carried:"+path
	}
	answer := s.Send(actortest.Name("app:"+ca).Owner, ca, method, args(url, "Got", 0, 0))
	return s.promised(answer)
}

// promised waits for an answer, or for the end of the node.
func (s *storm) promised(answer <-chan actortest.Reply) bool {
	select {
	case r := <-answer:
		return r.Err == nil
	case <-s.died:
	}
	s.revive()
	select {
	case r := <-answer:
		return r.Err == nil
	default:
		return false // nobody knows
	}
}

// Through crashes of the process at any commit, and a host that fails in every way: what was promised is called, at least once, always with the same key, and its answer is handled
// exactly once; so is that of what nobody knows, if it was called at all.
func TestCA3_FetchThroughCrashes(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { newStorm(t, seed).blow() })
	}
}

func (s *storm) blow() {
	const cas, least, deaths = 3, 25, 5
	promised := map[string]int{}
	rounds := 0
	for ; rounds < least || s.deaths < deaths; rounds++ {
		i := rounds
		for j := range cas {
			s.revive()
			if ca := fmt.Sprintf("o%d/home", j); s.ask(ca, fmt.Sprintf("/%d/%d", j, i), i%3) {
				promised[ca]++
			}
			s.Clock.Advance(time.Duration(s.roll(3000)) * time.Millisecond)
		}
	}
	s.calm.Store(true)
	s.revive()
	for j := range cas {
		ca := fmt.Sprintf("o%d/home", j)
		s.Until("all to be answered", func() bool {
			s.revive()
			s.pass(time.Second)
			return s.pending(ca) == 0 && s.Runtime.Quiet()
		})
		called := 0
		for i := range rounds {
			if s.host.one(s.T, fmt.Sprintf("/%d/%d", j, i)) > 0 {
				called++
			}
		}
		answers := s.log(ca)
		if len(answers) != called || called < promised[ca] || called == 0 {
			s.T.Errorf("%s: %d promised, %d called, %d answered", ca, promised[ca], called, len(answers))
		}
		if slices.ContainsFunc(answers, func(line string) bool { return line != "200 " }) {
			s.T.Errorf("%s has heard %q", ca, answers)
		}
	}
	s.Until("no answer to be on its way", func() bool { return s.coming.Load() == 0 })
	s.Until("no call to be left", s.client.Idle)
}

func FuzzOpen(f *testing.F) {
	whole := fetch.Seal("app:alice/home", 7, []byte("request"))
	f.Add(whole)
	f.Add(whole[:1])
	f.Add([]byte{0x84})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, stored []byte) {
		got, ok := fetch.Open("app:alice/home", 7, stored)
		if ok && stored[0] != 0x84 && !bytes.Equal(stored, whole) {
			t.Errorf("%x was taken for %x", stored, got)
		}
	})
}

// Whatever is stored is either taken or refused, and never believed by halves.
func FuzzLoad(f *testing.F) {
	b := cbor.AppendText(cbor.AppendArrayHeader(nil, 8), "Got")
	b = cbor.AppendInt(cbor.AppendInt(cbor.AppendInt(cbor.AppendText(b, "key"), 1), 2), 3)
	b = cbor.AppendInt(cbor.AppendText(cbor.AppendUint(b, 4), "last"), 5)
	f.Add(b)
	asked := cbor.AppendInt(cbor.AppendInt(append([]byte{0x8c}, b[1:]...), 6), 7)
	f.Add(cbor.AppendText(cbor.AppendText(asked, "lane"), "tag"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, value []byte) {
		w := newWorld(t)
		w.must("alice/home", "Touch")
		w.down()
		w.Memory.Commit([]store.Write{{CA: "app:alice/home", Expect: rev(t, w), Puts: []store.KV{{Key: []byte("hF\x00\x00\x00\x00\x00\x00\x00\x01"), Value: value}}}})
		w.up()
		if r := w.do("alice/home", "Touch"); r.Err != nil && r.Code() != wire.Internal {
			t.Error(r)
		}
	})
}

func rev(t *testing.T, w *world) store.Rev {
	r, err := w.Memory.Load("app:alice/home", nil, func([]byte, []byte) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return r
}
