package server

import (
	"fmt"
	"testing"
)

func TestMAP10_AMillionEntriesWork(t *testing.T) {
	if testing.Short() {
		t.Skip("the run without the race detector has them: with it they take minutes")
	}
	k := newKit(t, keeperApp())
	const part, parts = 100_000, 10
	for i := range parts {
		k.want("alice", "keeper/alice/home/Fill", fmt.Sprintf(`["m",%d,%d]`, i*part, part), "null")
	}
	k.restart()
	k.want("alice", "keeper/alice/home/Size", `["m"]`, fmt.Sprint(part*parts))
	k.want("alice", "keeper/alice/home/Set", `["m","key-0123456","here"]`, "null")
	k.do("alice", "keeper/alice/home/Let", `["bob",["m"]]`)
	k.do("bob", "keeper/bob/home/Set", `["x","y",1]`)
	k.want("bob", "keeper/bob/home/Look", `["alice/home/m","key-0123456"]`, `"here"`)
	k.want("bob", "keeper/bob/home/Look", `["alice/home/m","key-0999999"]`, "999999")
	if st := k.maps.Stats(); st.Entries != part*parts+1 {
		t.Errorf("%d entries are held for two readers, not one copy of them", st.Entries)
	}
}
