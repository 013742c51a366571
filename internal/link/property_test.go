package link

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/wire"
)

// TestOPS2_EveryRequestAnsweredOnceAndRunAtMostOnce plays random histories of requests, cuts, restarts, pauses of hours, overload and quotas.
func TestOPS2_EveryRequestAnsweredOnceAndRunAtMostOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, rapid.Uint64().Draw(t, "seed"))
		for range rapid.IntRange(10, 400).Draw(t, "steps") {
			step(t, w)
		}
		w.srv.busy = false
		w.settle()
		w.verify()
	})
}

func step(t *rapid.T, w *world) {
	switch a := rapid.IntRange(0, 99).Draw(t, "action"); {
	case a < 20:
		w.request(len(w.asked), deadline(t, w))
	case a < 40:
		w.connect()
		w.toServer()
	case a < 60:
		w.toClient()
	case a < 75:
		w.execute()
	case a < 80:
		w.cut()
	case a < 82:
		w.restart()
	case a < 84:
		w.srv.busy = !w.srv.busy
	case a < 86:
		w.srv.spent = !w.srv.spent
	case a < 89:
		w.note()
	case a < 97:
		w.pass(rapid.Int64Range(0, 3*second).Draw(t, "pause"))
	default:
		w.pass(rapid.Int64Range(0, 30*hour).Draw(t, "long pause"))
	}
}

func deadline(t *rapid.T, w *world) int64 {
	if rapid.IntRange(0, 3).Draw(t, "deadline?") > 0 {
		return 0
	}
	return w.now + rapid.Int64Range(1, 20*second).Draw(t, "deadline")
}

// TestFloorNeverPassesWhatIsUnanswered watches the floors of all requests in random histories.
func TestFloorNeverPassesWhatIsUnanswered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, rapid.Uint64().Draw(t, "seed"))
		for range 200 {
			step(t, w)
			for _, b := range w.up {
				if wire.Kind(b) != wire.KindRequest {
					continue
				}
				f, _ := wire.ParseRequest(b)
				if f.Floor > f.ID || f.Floor == 0 {
					t.Fatalf("request %d has floor %d", f.ID, f.Floor)
				}
			}
		}
	})
}
