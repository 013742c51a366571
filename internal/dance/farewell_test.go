package dance

import (
	"slices"
	"testing"
)

func TestFarewellSaysWhatThePeerHasYetToHear(t *testing.T) {
	ended := Record{ID: "1", State: Ended, End: Over, ECI: "e"}
	for _, c := range []struct {
		name  string
		r     Record
		kinds []Kind
		bell  bool
	}{
		{"pending", Record{ID: "1", State: Pending, Outbound: true, Doorbell: "d", Owed: setOf(Request)}, []Kind{Withdraw}, true},
		{"waiting", Record{ID: "1", State: Waiting, ECI: "e"}, []Kind{Refuse}, false},
		{"confirming", Record{ID: "1", State: Confirming, ECI: "e", Owed: setOf(Confirm)}, []Kind{Remove, Refuse}, false},
		{"established", Record{ID: "1", State: Established, ECI: "e"}, []Kind{Remove}, false},
		{"ended and answered", ended, nil, false},
		{"ended, not answered", Record{ID: "1", State: Ended, End: Refused, ECI: "e", Owed: setOf(Refuse)}, []Kind{Refuse}, false},
		{"ended, resting", Record{ID: "1", State: Ended, End: Over, ECI: "e", Owed: setOf(Remove), Idle: setOf(Remove), Again: 5}, []Kind{Remove}, false},
	} {
		var kinds []Kind
		for _, s := range c.r.Farewell(1) {
			if kinds = append(kinds, s.Message.Kind); s.ToDoorbell != c.bell || s.Message.ID != "1" {
				t.Errorf("%s: %+v", c.name, s)
			}
		}
		if !slices.Equal(kinds, c.kinds) {
			t.Errorf("%s: %v, want %v", c.name, kinds, c.kinds)
		}
	}
}
