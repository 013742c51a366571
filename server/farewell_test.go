package server

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/store/pebblestore"
)

// rewrite replaces a text in all that a CA has stored with another one of the same length, as if an earlier version had stored that.
func (k *kit) rewrite(ca, old, with string) {
	k.t.Helper()
	k.stop()
	defer k.start()
	disk, err := pebblestore.Open("store", pebblestore.Options{FS: k.disk})
	if err != nil {
		k.t.Fatal(err)
	}
	defer disk.Close()
	w := store.Write{CA: ca}
	w.Expect, err = disk.Load(ca, nil, func(key, value []byte) error {
		if bytes.Contains(value, []byte(old)) {
			w.Puts = append(w.Puts, store.KV{Key: bytes.Clone(key), Value: bytes.ReplaceAll(value, []byte(old), []byte(with))})
		}
		return nil
	})
	if err != nil || len(w.Puts) == 0 || len(old) != len(with) {
		k.t.Fatal(err, len(w.Puts), "values to rewrite")
	}
	if r := disk.Commit([]store.Write{w}); r[0].Err != nil {
		k.t.Fatal(r[0].Err)
	}
}

// One goodbye can't be sent at all, and others are refused by whom they are for: the rest, of the same courier, arrive.
func TestCHAN3_AFarewellThatIsRefusedTakesNoOtherAlong(t *testing.T) {
	a, b, c := newSite(t, cloudApp()), newSite(t, cloudApp()), newSite(t, cloudApp())
	nowhere := newOutsider(t, nil)
	refuses := func(status int) *outsider {
		return newOutsider(t, func(w http.ResponseWriter, r *http.Request, nth int) {
			if nth > 1 {
				w.Header().Set("Location", "http://127.0.0.1/")
				w.WriteHeader(status)
			}
		})
	}
	first := befriended(t, a, b, "first")
	asked(t, a, nowhere, Relationship{Name: "nowhere"})
	refusing := []*outsider{refuses(http.StatusForbidden), refuses(http.StatusFound), refuses(http.StatusNotFound), refuses(http.StatusRequestEntityTooLarge)}
	for _, o := range refusing {
		asked(t, a, o, Relationship{Name: "refuses"})
	}
	last := befriended(t, a, c, "last")
	host := nowhere.URL[:strings.LastIndexByte(nowhere.URL, ':')]
	a.rewrite("cloud:alice/home", nowhere.URL, host+":"+strings.Repeat("9", len(nowhere.URL)-len(host)-1)) // no port of anybody's
	a.want("alice", "cloud/alice/home/Die", `[]`, "null")
	until(t, "the end", func() bool {
		return state(b.kit, "bob", first) == "ended over" && state(c.kit, "bob", last) == "ended over"
	}, a.kit, b.kit, c.kit)
	for i, o := range refusing {
		until(t, "a farewell", func() bool { return len(o.letters("withdrawSubscription")) > 0 }, a.kit)
		if n := len(o.letters("withdrawSubscription")); n != 1 {
			t.Errorf("the answer of outsider %d is final, and it was called %d times", i, n)
		}
	}
	if n := len(nowhere.letters("withdrawSubscription")); n != 0 {
		t.Error(n)
	}
	until(t, "the courier's end", func() bool { return a.runtime.Quiet() && len(a.pendingOf(couriers(t, a))) == 0 }, a.kit)
}

// pendingOf are the stored calls of CAs.
func (k *kit) pendingOf(cas []string) (all []string) {
	k.t.Helper()
	for _, ca := range cas {
		_, err := k.store.Load(ca, nil, func(key, _ []byte) error {
			if len(key) > 1 && key[1] == 'F' {
				all = append(all, ca)
			}
			return nil
		})
		if err != nil {
			k.t.Fatal(err)
		}
	}
	return all
}
