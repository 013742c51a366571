package main

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/store"
)

func TestEachTurnsToEveryOneOnce(t *testing.T) {
	for _, inFlight := range []int{1, 7, 64, 1000} {
		var mu sync.Mutex
		seen := map[int]int{}
		l := load{inFlight, func(client int, done func(error)) func(int) {
			return func(n int) {
				mu.Lock()
				seen[client+n*inFlight]++
				mu.Unlock()
				go done(nil)
			}
		}}
		if err := l.each(context.Background(), 500); err != nil {
			t.Fatal(err)
		}
		for i := range 500 {
			if seen[i] != 1 {
				t.Fatalf("%d in flight: %d came %d times", inFlight, i, seen[i])
			}
		}
		if len(seen) != 500 {
			t.Fatalf("%d in flight: %d operations", inFlight, len(seen))
		}
	}
}

func TestALoadEndsByItsFirstError(t *testing.T) {
	broken := errors.New("broken")
	l := load{8, func(client int, done func(error)) func(int) {
		return func(n int) {
			if n == 3 && client == 5 {
				done(broken)
				return
			}
			done(nil)
		}
	}}
	if _, err := l.until(context.Background()); err != broken {
		t.Fatal(err)
	}
}

func TestALoadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	l := load{1, func(_ int, done func(error)) func(int) {
		return func(n int) {
			if n == 9 {
				cancel()
			}
			done(nil)
		}
	}}
	if n, err := l.until(ctx); n != 10 || err != nil {
		t.Fatalf("%d operations, %v", n, err)
	}
}

func TestTheRecorderKeepsTheLastWriteOfEach(t *testing.T) {
	r := &recorder{Store: accepting{}}
	value := []byte("old")
	write := func(ca string) {
		r.Commit([]store.Write{{CA: ca, Puts: []store.KV{{Key: []byte("k"), Value: value}}}})
	}
	write("a:b/before")
	r.start()
	write("a:b/2")
	write("a:b/1")
	copy(value, "new")
	write("a:b/2")
	copy(value, "xxx") // the store's caller may do so
	got := r.stop()
	if len(got) != 2 || got[0].CA != "a:b/1" || string(got[0].Puts[0].Value) != "old" || string(got[1].Puts[0].Value) != "new" {
		t.Fatalf("%v", got)
	}
}

type accepting struct{ store.Store }

func (accepting) Commit(writes []store.Write) []store.Result {
	return make([]store.Result, len(writes))
}

func TestPhysicalHasTheHeadAndEverySideKey(t *testing.T) {
	got := physical(store.Write{CA: "a:b/c", Puts: []store.KV{{Key: []byte("k"), Value: []byte("v")}}})
	if len(got) != 2 || string(got[0].Key) != "ca:b/c\x00" || len(got[0].Value) != 16 || string(got[1].Key) != "ca:b/c\x01k" || string(got[1].Value) != "v" {
		t.Fatalf("%q", got)
	}
}
