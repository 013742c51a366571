package actor_test

import (
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
)

const clerk = "alice/clerk"

// mortals adds methods of CAs that die of some of the messages that they pass on to a clerk, who notes each. Their senders note what they hear.
func mortals(m methods) {
	m["tell"] = func(tx *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
		s.N++
		n, err := tx.Post(actortest.Name("app:"+text(m.Args)), "pass", arg(fmt.Sprint(tx.Self().Local, ".", s.N)))
		tx.Then(n, "heard")
		return nil, err
	}
	m["pass"] = func(tx *actor.Tx, _ *state, m *actor.Message) ([]byte, error) {
		_, err := tx.Post(actortest.Name("app:"+clerk), "note", m.Args)
		if crc32.ChecksumIEEE(m.Args)%3 == 0 {
			tx.Destroy()
		}
		return nil, err
	}
	m["note"] = func(_ *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
		s.Log = append(s.Log, text(m.Args))
		return nil, nil
	}
	m["heard"] = func(_ *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
		word := "done"
		if err := m.Failure(); err != nil {
			word = string(err.Code)
		}
		s.Log = append(s.Log, word)
		return nil, nil
	}
	m["log"] = showLog
}

// TestCA3_PowerCutUnderMortalCAs: receivers are destroyed by messages and made anew by the next ones. Each message has its effect once, or its sender hears once
// that it had none.
func TestCA3_PowerCutUnderMortalCAs(t *testing.T) {
	seeds := 8
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(seed), 11))
			disk, at := vfs.NewCrashableMem(), make([]int64, powerSenders)
			for range 2 {
				disk, at = cutMortals(t, rng, disk, at)
			}
		})
	}
}

func cutMortals(t *testing.T, rng *rand.Rand, disk *vfs.MemFS, at []int64) (*vfs.MemFS, []int64) {
	p := powerUp(t, disk, at)
	p.method = "tell"
	left, acked, submitted := p.runUntilCut(rng, disk)
	q := powerUp(t, left, at)
	defer q.down()
	q.settle()
	noted := map[string]int{}
	for _, id := range words(q, clerk) {
		if noted[id]++; noted[id] > 1 {
			t.Errorf("%s took effect %d times", id, noted[id])
		}
	}
	found := make([]int64, powerSenders)
	for i := range found {
		found[i] = number(q.Call(sender(i), "get", nil))
		if found[i] < acked[i] || found[i] > submitted[i] {
			t.Fatalf("sender %d: acknowledged %d, submitted %d, found %d", i, acked[i], submitted[i], found[i])
		}
		done, effects := 0, 0
		heard := words(q, sender(i))
		for _, word := range heard {
			if word == "done" {
				done++
			}
		}
		for n := range found[i] {
			effects += noted[fmt.Sprint("sender", i, ".", n+1)]
		}
		if len(heard) != int(found[i]) || effects != done {
			t.Errorf("sender %d sent %d messages, heard of %d; %d were done, %d had an effect", i, found[i], len(heard), done, effects)
		}
	}
	return left, found
}

func words(p *powered, ca string) []string {
	return strings.Fields(strings.Trim(talk{}.log(p.World, ca), "[]"))
}
