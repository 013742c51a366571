package actor_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/store/pebblestore"
)

// powered is a runtime on a disk that forgets what was not synced when its power is cut. Clients call its senders, one each, and every accepted call
// also sends a message to a receiver.
type powered struct {
	*actortest.World
	store  *pebblestore.Store
	method string // that the clients call

	mu               sync.Mutex // guards what follows
	stopped          bool
	submitted, acked []int64
	total            int
	clients          sync.WaitGroup
}

const (
	powerSenders   = 6
	powerReceivers = 2
)

func sender(i int) string   { return fmt.Sprintf("alice/sender%d", i) }
func receiver(i int) string { return fmt.Sprintf("alice/receiver%d", i%powerReceivers) }

func powerUp(t *testing.T, disk vfs.FS, at []int64) *powered {
	s, err := pebblestore.Open("data/store", pebblestore.Options{FS: disk, Fatal: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	m := counter()
	m["send"] = func(tx *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
		s.N++
		_, err := tx.Post(actortest.Name("app:"+text(m.Args)), "add", nil)
		return nil, err
	}
	mortals(m)
	p := &powered{World: actortest.NewWorld(t, m), store: s, method: "send", submitted: slices.Clone(at), acked: slices.Clone(at)}
	p.Store.Store = s
	p.Boot()
	return p
}

func (p *powered) down() {
	p.mu.Lock()
	p.stopped = true
	p.mu.Unlock()
	p.clients.Wait()
	p.Runtime.Close()
	if err := p.store.Close(); err != nil {
		p.T.Fatal(err)
	}
}

// run has the clients call until the power goes.
func (p *powered) run() {
	for i := range powerSenders {
		p.clients.Go(func() {
			for p.submit(i) {
				r := p.Call(sender(i), p.method, arg(receiver(i)))
				if r.Err != nil {
					p.T.Error(r.Err)
					return
				}
				p.mu.Lock()
				p.acked[i]++
				p.total++
				p.mu.Unlock()
			}
		})
	}
}

func (p *powered) submit(i int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.stopped {
		p.submitted[i]++
	}
	return !p.stopped
}

func (p *powered) so(far []int64) []int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(far)
}

func (p *powered) done() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.total
}

// settle waits until every message has arrived, and been acknowledged.
func (p *powered) settle() {
	p.Until("all messages to arrive", func() bool {
		p.Clock.Advance(time.Second)
		p.Until("quiet", p.Runtime.Quiet)
		left := 0
		for i := range powerSenders + powerReceivers {
			ca := sender(i)
			if i >= powerSenders {
				ca = receiver(i)
			}
			if _, err := p.store.Load("app:"+ca, []byte("hC"), func(_, _ []byte) error { left++; return nil }); err != nil {
				p.T.Fatal(err)
			}
		}
		return left == 0
	})
}

// TestCA3_PowerCutUnderRunningCAs: what was acknowledged is there, what was not is there as a whole or not at all, and each committed change's message
// has had its effect once.
func TestCA3_PowerCutUnderRunningCAs(t *testing.T) {
	seeds := 12
	if testing.Short() {
		seeds = 4
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(seed), 7))
			disk, at := vfs.NewCrashableMem(), make([]int64, powerSenders)
			for range 3 {
				disk, at = cutPower(t, rng, disk, at)
			}
		})
	}
}

// runUntilCut has the clients call for a while, and returns what a cut leaves of the disk.
func (p *powered) runUntilCut(rng *rand.Rand, disk *vfs.MemFS) (left *vfs.MemFS, acked, submitted []int64) {
	p.run()
	enough := 1 + rng.IntN(400)
	p.Until("enough calls", func() bool { return p.done() >= enough })
	acked = p.so(p.acked)
	left = disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(2) * rng.IntN(101), RNG: rng})
	submitted = p.so(p.submitted)
	p.down()
	return left, acked, submitted
}

// cutPower runs the clients for a while, cuts the power and returns what is left of the disk, and in the CAs.
func cutPower(t *testing.T, rng *rand.Rand, disk *vfs.MemFS, at []int64) (*vfs.MemFS, []int64) {
	left, acked, submitted := powerUp(t, disk, at).runUntilCut(rng, disk)
	q := powerUp(t, left, at)
	defer q.down()

	q.settle()
	found, sent, arrived := make([]int64, powerSenders), int64(0), int64(0)
	for i := range found {
		found[i] = number(q.Call(sender(i), "get", nil))
		sent += found[i]
		if found[i] < acked[i] || found[i] > submitted[i] {
			t.Fatalf("sender %d: acknowledged %d, submitted %d, found %d", i, acked[i], submitted[i], found[i])
		}
	}
	for i := range powerReceivers {
		arrived += number(q.Call(receiver(i), "get", nil))
	}
	if sent != arrived {
		t.Fatalf("%d changes, %d messages", sent, arrived)
	}
	return left, found
}
