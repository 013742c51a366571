package store_test

import (
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/store"
)

func TestCheck(t *testing.T) {
	bytes := func(n int) []byte { return make([]byte, n) }
	put := func(key, value int) store.Write {
		return store.Write{CA: "a:b/c", Puts: []store.KV{{Key: bytes(key), Value: bytes(value)}}}
	}
	for name, test := range map[string]struct {
		w    store.Write
		want error
	}{
		"plain":       {put(1, 1), nil},
		"longest key": {put(store.MaxKey, 0), nil},
		"long key":    {put(store.MaxKey+1, 0), store.ErrTooLarge},
		"long delete": {store.Write{CA: "a:b/c", Deletes: [][]byte{bytes(store.MaxKey + 1)}}, store.ErrTooLarge},
		"largest":     {put(1, store.MaxWrite-6), nil},
		"too large":   {put(1, store.MaxWrite-5), store.ErrTooLarge},
		"no name":     {store.Write{}, store.ErrName},
		"long name":   {store.Write{CA: strings.Repeat("a", store.MaxName+1)}, store.ErrName},
		"separator":   {store.Write{CA: "a:b/c\x00"}, store.ErrName},
		"beyond":      {store.Write{CA: "a:b/c\x7f"}, store.ErrName},
	} {
		if got := test.w.Check(); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
