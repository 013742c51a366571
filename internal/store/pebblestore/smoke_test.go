package pebblestore

import (
	"testing"

	"github.com/wabgo/wab/internal/store"
)

func TestSmoke(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := s.Commit([]store.Write{{CA: "a:b/c", Puts: []store.KV{{Key: []byte("k"), Value: []byte("v")}}, Due: 7}})
	t.Log(r)
	rev, err := s.Load("a:b/c", nil, func(k, v []byte) error { t.Logf("%s %s", k, v); return nil })
	t.Log(rev, err)
	t.Log(s.DueBefore(7, 10))
	t.Log(s.DueBefore(6, 10))
	s.Close()
	s, err = Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(s.Commit([]store.Write{{CA: "a:b/c", Expect: rev}, {CA: "a:b/d", Expect: 3}}))
	t.Log(s.CAs("", 10, func(ca string) error { t.Log(ca); return nil }))
	t.Log(Open(dir, Options{}))
	s.Close()
}
