package pebblestore

import (
	"errors"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/wabgo/wab/internal/store"
)

func TestCAs(t *testing.T) {
	s, err := Open("data/store", Options{FS: vfs.NewMem(), Fatal: neverFatal(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	names := []string{"app:alice/a", "app:alice/a-b", "app:alice/ab", "app:bob/a", "tweet:alice/a"}
	for _, ca := range append(names, "app:alice/gone") {
		if r := s.Commit([]store.Write{step(ca, 3, 0)})[0]; r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	rev, _, _ := stateOf(s, "app:alice/gone")
	s.Commit([]store.Write{{CA: "app:alice/gone", Expect: rev, Destroy: true}})
	for _, test := range []struct {
		prefix string
		limit  int
		want   []string
	}{
		{"", 100, names},
		{"", 2, names[:2]},
		{"", 0, nil},
		{"app:", 100, names[:4]},
		{"app:alice/", 100, names[:3]},
		{"app:alice/a", 100, names[:3]},
		{"app:alice/a", 1, names[:1]},
		{"app:alice/ab", 100, names[2:3]},
		{"zzz", 100, nil},
		{"\xff", 100, nil},
	} {
		var got []string
		err := s.CAs(test.prefix, test.limit, func(ca string) error { got = append(got, ca); return nil })
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%q, at most %d: %q, %v", test.prefix, test.limit, got, err)
		}
	}
	stop := errors.New("stop")
	if err := s.CAs("", 100, func(string) error { return stop }); err != stop {
		t.Errorf("a visitor's error: %v", err)
	}
}
