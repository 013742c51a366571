package archtest

import (
	"strings"
	"testing"
)

// layers are the floors of the house, lowest first. A package stands where the longest entry that it lies within stands. It may
// import packages of lower floors, and of its own room: the one that it lies in, or that lies in it.
var layers = [][]string{
	{"internal/name", "internal/cbor"},
	{"internal/wire", "internal/due"},
	{"internal/policy", "internal/link", "internal/sharedmap", "internal/follow", "internal/clocksync", "internal/bundle", "internal/dial", "internal/timeline"},
	{"internal/cbor/jsoncbor", "internal/store", "internal/methods", "internal/clock", "internal/origin", "internal/outgoing", "internal/answer"},
	{"internal/actor", "internal/sky"},
	{"internal/bus", "internal/dance"},
	{"internal/session"},
	{"internal/replica", "internal/pubsub", "internal/fetch"},
	{"internal/account", "internal/channel", "internal/discovery", "internal/call", "internal/inspect"},
	{"web", "wasm"},
	{"server"},
	{"server/edge", "server/wabtest", "examples"},
	{"tools", "internal/archtest", "internal/browser", "internal/wabproc"},
}

// only narrows what some rooms may import of the module, below what their floor allows.
var only = map[string][]string{
	"internal/policy": {"internal/name", "internal/cbor", "internal/wire"},
	"internal/link":   {"internal/name", "internal/cbor", "internal/wire"},
}

// place is the floor of a package, and the room there.
func place(path string) (floor int, room string) {
	floor = -1
	for i, rooms := range layers {
		for _, r := range rooms {
			if within(path, r) && len(r) > len(room) {
				floor, room = i, r
			}
		}
	}
	return floor, room
}

func TestImportsGoDownOnly(t *testing.T) {
	for _, p := range load(t) {
		if floor, _ := place(p.path); floor < 0 {
			t.Errorf("%s has no place in the house: give it one in layers, and in the design", p.path)
			continue
		}
		for _, imported := range p.imports {
			if below, ok := strings.CutPrefix(imported, module+"/"); ok {
				if wrong := importFlaw(p.path, below); wrong != "" {
					t.Errorf("%s imports %s%s", p.path, below, wrong)
				}
			}
		}
	}
}

// importFlaw is what is wrong with an import within the module; empty if nothing is.
func importFlaw(path, imported string) string {
	floor, room := place(path)
	theirs, theirRoom := place(imported)
	switch {
	case theirs == floor && theirRoom == room:
		return ""
	case theirs >= floor || theirs < 0:
		return ", which is not below it: declare an interface where it is used, or move what both need down"
	case only[room] != nil && !listed(only[room], imported):
		return ", and may only import " + strings.Join(only[room], ", ")
	}
	return ""
}

func TestImportFlaws(t *testing.T) {
	for _, c := range []struct {
		path, imported string
		fine           bool
	}{
		{"internal/actor", "internal/store", true},
		{"internal/actor", "internal/bus", false},
		{"internal/store/pebblestore", "internal/store", true},
		{"internal/store", "internal/clock", false},
		{"internal/cbor", "internal/cbor/jsoncbor", false},
		{"internal/cbor/jsoncbor", "internal/wire", true},
		{"internal/policy", "internal/wire", true},
		{"internal/wire", "internal/policy", false},
		{"internal/actor", "internal/unheard", false},
		{"internal/names", "internal/name", false},
		{"server", "web/ui", true},
		{"web/ui", "web", true},
	} {
		if got := importFlaw(c.path, c.imported) == ""; got != c.fine {
			t.Errorf("%s imports %s: fine is %v", c.path, c.imported, got)
		}
	}
}

func listed(rooms []string, path string) bool {
	for _, room := range rooms {
		if within(path, room) {
			return true
		}
	}
	return false
}

func TestEachRoomHasOnePlace(t *testing.T) {
	seen := map[string]bool{}
	for _, rooms := range layers {
		for _, room := range rooms {
			if seen[room] {
				t.Errorf("%s stands on two floors", room)
			}
			seen[room] = true
		}
	}
}
