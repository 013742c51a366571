package personalcloud

import (
	"slices"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/channel/enginetest"
)

// TestEnginesAreContactsToo links a cloud with picos of both generations, as a tool would that knows the methods only.
func TestEnginesAreContactsToo(t *testing.T) {
	for _, gen := range []enginetest.Generation{enginetest.V048, enginetest.V1} {
		t.Run(gen.String(), func(t *testing.T) {
			a, them := newSite(t).cloud("alice"), enginetest.New(t, gen)

			// we ask, they approve
			id := ask[string](a, "Connect", map[string]any{"host": them.URL, "eci": them.Doorbell}, allowing("ping:*"))
			them.Await("the request", func() bool { _, ok := them.Bus(id); return ok })
			if _, err := them.Approve(id); err != nil {
				t.Fatal(err)
			}
			a.waitState(id, "established")
			them.Raise(id, "ping", "sent", enginetest.Attributes{{Name: "n", Value: "1"}})
			a.until("the event", func() bool { return slices.Equal(a.events(), []string{"ping:sent 1"}) })
			if x, _ := them.Raise(id, "message", "text", nil); !strings.Contains(x.String(), "does not take") {
				t.Errorf("what alice does not take is answered by %v", x)
			}
			a.do("RaiseOn", id, "pong", "sent", map[string]any{"n": 2})
			them.Await("the event", func() bool {
				return slices.ContainsFunc(them.Received(), func(e enginetest.Event) bool { return e.Domain == "pong" && textOf(e.Attributes["n"]) == "2" })
			})
			a.do("End", id)
			them.Await("the end", func() bool { b, ok := them.Bus(id); return !ok || b.State == "" })

			// they ask, we refuse; they ask again, we approve; they end it
			bell := ask[Bell](a, "Doorbell")
			refused, _ := them.Ask(bell.URL, bell.ECI, enginetest.Relation{Name: "sensor", RxRole: "house", TxRole: "sensor"})
			if r := a.waitRequest(); r.ID != refused || r.Name != "sensor" || r.Verified || r.From == "" {
				t.Errorf("the request is %+v", r)
			}
			a.do("Refuse", refused)
			them.Await("the refusal", func() bool { _, ok := them.Bus(refused); return !ok })
			second, _ := them.Ask(bell.URL, bell.ECI, enginetest.Relation{Name: "sensor", RxRole: "house", TxRole: "sensor"})
			a.waitRequest()
			a.do("Approve", second, allowing("climate:*"))
			a.waitState(second, "established")
			them.Raise(second, "climate", "measured", enginetest.Attributes{{Name: "n", Value: "21"}})
			a.until("the climate", func() bool { return slices.Contains(a.events(), "climate:measured 21") })
			them.Cancel(second)
			a.until("the end", func() bool { return a.state(second) == "" })
		})
	}
}
