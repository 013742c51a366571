package replica_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/actor/actortest"
)

func TestMAP5_AThousandFirstOpensAndAMassResumeEndOnTheLatest(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Fill", "m", 0, 10)
	w.must("alice/home", "Allow", "anyone", "m", "Look")
	w.crash() // the maps have to be loaded
	const n = 200
	peers := make([]*peer, n)
	var all sync.WaitGroup
	for i := range peers {
		peers[i] = w.peer(fmt.Sprint("p", i))
		all.Go(func() { peers[i].connect().open("app:alice/home/m") })
	}
	const readers = 1000
	looks := make([]<-chan actortest.Reply, readers)
	for i := range looks {
		who := fmt.Sprint("r", i)
		looks[i] = w.Send(who, who+"/home", "Look", args("app:alice/home/m"))
	}
	w.must("alice/home", "Set", "m", "n", 7)
	all.Wait()
	for _, l := range looks {
		w.Must(w.Await(l))
	}
	for _, p := range peers {
		p.holds("app:alice/home/m")
	}
	for i := range readers { // in Caf.js 19 of 20 stayed behind for ever
		if got := w.must(fmt.Sprint("r", i, "/home"), "Look", "app:alice/home/m"); string(got) != "\x81\x07" {
			t.Fatalf("reader %d sees %x", i, got)
		}
	}
	for _, p := range peers {
		p.cut()
	}
	w.must("alice/home", "Set", "m", "n", 8)
	for _, p := range peers {
		all.Go(func() { p.connect() })
	}
	w.must("alice/home", "Set", "m", "n", 9)
	all.Wait()
	for _, p := range peers {
		p.holds("app:alice/home/m")
	}
}

// Many writers, readers that crash, resume and fall behind: each ends equal to its writer.
func TestMAP5_WhateverHappensAllEndOnTheLatest(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { storm(t, seed) })
	}
}

func storm(t *testing.T, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	w := newWorld(t)
	writers := []string{"alice/home", "bob/home", "carol/home"}
	maps := []string{"a", "b", "c"}
	for _, ca := range writers {
		w.must(ca, "Allow", "anyone", "a", "b", "c")
	}
	peers := make([]*peer, 8)
	for i := range peers {
		peers[i] = w.peer(fmt.Sprint("p", i)).connect()
	}
	for step := range 400 {
		ca := writers[rnd.IntN(len(writers))]
		m := maps[rnd.IntN(len(maps))]
		p := peers[rnd.IntN(len(peers))]
		switch k := rnd.IntN(40); {
		case k < 16:
			w.must(ca, "Set", m, fmt.Sprint("k", rnd.IntN(30)), step)
		case k < 20:
			w.must(ca, "Del", m, fmt.Sprint("k", rnd.IntN(30)))
		case k < 22:
			from := rnd.IntN(50) * 100
			w.must(ca, "Fill", m, from, from+rnd.IntN(2000))
		case k < 23:
			w.do(ca, "Fail", m, "k1", step)
		case k < 29:
			p.open("app:" + ca + "/" + m)
		case k < 32:
			p.pause(true)
		case k < 36:
			p.pause(false)
		case k < 39:
			p.cut()
			p.connect()
		case rnd.IntN(3) == 0:
			for _, p := range peers {
				p.cut()
			}
			w.crash()
			for _, p := range peers {
				p.connect()
			}
		case rnd.IntN(4) == 0:
			w.must(ca, "End")
			w.must(ca, "Allow", "anyone", "a", "b", "c")
		}
	}
	for _, p := range peers {
		p.pause(false)
		for full := range p.subs {
			want, err := w.hub.Newest(actortest.Name(full))
			if err != nil {
				t.Fatal(err)
			}
			w.Until(p.owner+" to have "+full, func() bool {
				if p.end(p.subs[full]) != "" { // the CA was destroyed in between; the word of it may come late
					p.open(full)
				}
				return p.isAt(full, want)
			})
			p.holds(full)
		}
	}
}
