package main

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

// subject is a feature whose scripts are played on one link that comes and goes, by a server that answers what was asked.
type subject struct {
	begin func(now int64) []op
	asked func(frame []byte) (number uint32, ok bool) // tells by which number a frame asks
	draw  func(r *rand.Rand, o *op, conn int32, number uint32)
	shows []string // what comes about
}

// compareScripts plays a subject's scripts on the module and natively.
func compareScripts(t *testing.T, s subject) {
	t.Helper()
	wasm, support := buildModule(t)
	shown := map[string]int{}
	for seed := range uint64(10) {
		script, want := s.script(t, rand.New(rand.NewPCG(seed, 2)), 400)
		got := playModule(t, wasm, support, script)
		for i := range max(len(want), len(got)) {
			if line(want, i) != line(got, i) {
				t.Fatalf("script %d, line %d:\nnative %.300s\nmodule %.300s", seed, i, line(want, i), line(got, i))
			}
		}
		for _, l := range want {
			shown[told(t, l)[0].(string)]++
		}
	}
	for _, what := range s.shows {
		if shown[what] < 20 {
			t.Errorf("%s comes about %d times", what, shown[what])
		}
	}
}

func told(t *testing.T, line string) (l []any) {
	if err := json.Unmarshal([]byte(line), &l); err != nil {
		t.Fatal(err)
	}
	return l
}

// script draws a script as it is played, and returns with it what is to be told.
func (s subject) script(t *testing.T, r *rand.Rand, steps int) (script []op, want []string) {
	p := &native{links: map[int32]*nativeLink{}, wakes: map[int32]int64{}}
	now, conn, number, seen := int64(1_700_000_000_000_000), int32(0), uint32(1), 0
	play := func(o op) {
		o.Link, o.Now = 1, now
		script = append(script, o)
		p.play(o)
		for ; seen < len(p.lines); seen++ { // which connection is wanted, and by which number something is asked for
			switch l := told(t, p.lines[seen]); l[0] {
			case "dial":
				conn = int32(l[2].(float64))
			case "send":
				if n, ok := s.asked(unhex(t, l[3])); ok {
					number = n
				}
			}
		}
	}
	play(op{Op: "start", A: "token", B: "client"})
	for _, o := range s.begin(now) {
		play(o)
	}
	for range steps {
		now += int64(r.ExpFloat64() * 200_000)
		switch k := r.IntN(40); {
		case k == 0:
			play(op{Op: "disconnected", N: conn})
		case k < 4:
			play(op{Op: "retryNow"})
			play(op{Op: "connected", N: conn})
			welcome := wire.Welcome{Version: 1, Owner: "alice", Now: now, MaxFrame: 1 << 20, MaxInflight: 1}
			play(op{Op: "received", N: conn, Frame: welcome.Append(nil)})
		case k < 8:
			play(op{Op: "tick"})
		default:
			o := op{}
			s.draw(r, &o, conn, number-uint32(r.IntN(2)))
			play(o)
		}
	}
	return script, p.lines
}
