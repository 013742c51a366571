package fetch_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/fetch"
	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/store"
)

// secret stands where a request bears what lets others act: in its URL, its header and its body.
const secret = "BC3dTz0x9QmYq1"

func (w *world) confide(tx *actor.Tx, _ *actortest.State, _ *actor.Message) ([]byte, error) {
	call := outgoing.Call{Method: "POST", URL: w.host.URL + "/sky/event/" + secret, Header: http.Header{"Authorization": {secret}}, Body: []byte(secret)}
	_, err := w.live.Load().Ask(tx, fetch.Request{Call: call, Forever: true}, "Got")
	if err == nil {
		_, err = w.live.Load().Fetch(tx, fetch.Request{Call: call}, "Got")
	}
	return nil, err
}

// What is stored of a request shows nothing of it: before its first try, between tries, and when its time is over; nor do the log and the reasons.
func TestCHAN1_RequestsAreSealedWhereTheyAreStored(t *testing.T) {
	w := newWorld(t)
	w.Class.Methods["Confide"] = w.confide
	w.host.says = func(rw http.ResponseWriter, r *http.Request, nth int) {
		if r.Header.Get("Authorization") != secret {
			t.Error("the host didn't hear the secret")
		}
		if nth < 12 {
			rw.WriteHeader(503)
		}
	}
	w.down()
	var all []byte
	w.Store.Before = func(writes []store.Write) error {
		for _, x := range writes {
			for _, kv := range x.Puts {
				all = append(append(all, kv.Key...), kv.Value...)
			}
		}
		return nil
	}
	w.up()
	w.must("alice/home", "Confide")
	w.hears("alice/home", "200 ", "200 ")
	w.gone("alice/home")
	if bytes.Contains(all, []byte(secret)) || w.Log.Has(secret) {
		t.Errorf("the secret is written down: %q", all)
	}
	if !bytes.Contains(all, []byte("Got")) {
		t.Error("this test has looked in the wrong place")
	}
}

// edit changes stored values while the node is down.
func (w *world) edit(ca string, change func(key string, value []byte) []byte) {
	w.T.Helper()
	w.down()
	write := store.Write{CA: "app:" + ca}
	write.Expect, _ = w.Memory.Load(write.CA, nil, func(key, value []byte) error {
		if changed := change(string(key), value); changed != nil {
			write.Puts = append(write.Puts, store.KV{Key: bytes.Clone(key), Value: changed})
		}
		return nil
	})
	if r := w.Memory.Commit([]store.Write{write}); r[0].Err != nil || len(write.Puts) == 0 {
		w.T.Fatal(r, write)
	}
	w.up()
	w.must(ca, "Touch") // what is due is not in the store's index any more
}

// What was stored before requests were sealed is called as ever.
func TestCHAN1_RequestsOfEarlierVersionsAreRead(t *testing.T) {
	w := newWorld(t)
	w.client.Close() // nothing leaves
	w.must("alice/home", "Fetch", "/never", "Got", 0, 0)
	w.edit("alice/home", func(key string, _ []byte) []byte {
		if key[0] != 'F' {
			return nil
		}
		return fetch.Pack(&outgoing.Call{URL: w.host.URL + "/a", Body: []byte("as it was")})
	})
	w.hears("alice/home", "200 ")
	if w.host.one(t, "/a") != 1 || w.host.one(t, "/never") != 0 {
		t.Error(w.host.calls)
	}
}

// A request that can't be read has its outcome: once, at once, even if it was to be tried forever.
func TestCHAN1_RequestsThatCannotBeRead(t *testing.T) {
	for what, change := range map[string]func(w *world, value []byte) []byte{
		"another key":  func(w *world, value []byte) []byte { w.key = bytes.Repeat([]byte{8}, 32); return value },
		"a bit":        func(_ *world, value []byte) []byte { value[len(value)/2] ^= 1; return value },
		"cut":          func(_ *world, value []byte) []byte { return value[:len(value)-1] },
		"nothing":      func(*world, []byte) []byte { return []byte{} },
		"a version":    func(_ *world, value []byte) []byte { value[0] = 2; return value },
		"no call":      func(*world, []byte) []byte { return []byte{0x84} },
		"a namesake's": func(*world, []byte) []byte { return fetch.Seal("app:alice/home", 1, []byte{0x80}) },
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			w.client.Close()
			w.must("alice/home", "Ask", "/never", "Got", 0, 0)
			w.edit("alice/home", func(key string, value []byte) []byte {
				if key[0] != 'F' {
					return nil
				}
				return change(w, bytes.Clone(value))
			})
			w.hears("alice/home", "internal")
			w.gone("alice/home")
			if w.host.one(t, "/never") != 0 {
				t.Error("it was called")
			}
		})
	}
}

// What is sealed for a place opens there only.
func TestCHAN1_RequestsAreBoundToTheirPlace(t *testing.T) {
	value := fetch.Seal("app:alice/home", 7, []byte("x"))
	if got, ok := fetch.Open("app:alice/home", 7, value); !ok || string(got) != "x" {
		t.Errorf("%q, %v", got, ok)
	}
	for _, place := range []string{"app:alice/home 8", "app:bob/home 7", "app:alice/hom 7"} {
		var ca string
		var id uint64
		_, _ = fmt.Sscan(place, &ca, &id)
		if _, ok := fetch.Open(ca, id, value); ok {
			t.Error("it opens for ", place)
		}
	}
	if slices.Equal(value, fetch.Seal("app:alice/home", 8, []byte("x"))) {
		t.Error("places don't matter")
	}
}
