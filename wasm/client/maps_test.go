package client_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/wasm/client"
)

// open opens the board, and has its changes and states sent to channels.
func (b *boards) openMap(c *client.Client) (m *client.Map, changes chan client.MapChange, states chan client.MapState) {
	b.t.Helper()
	changes, states = make(chan client.MapChange, 1000), make(chan client.MapState, 1000)
	m, err := c.Map(b.t.Context(), boardName, client.MapOptions{
		OnChange: func(ch client.MapChange) { changes <- ch }, OnState: func(s client.MapState) { states <- s },
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return m, changes, states
}

// until reads changes up to a version.
func until(t *testing.T, changes <-chan client.MapChange, version uint64) (all []client.MapChange) {
	t.Helper()
	for {
		ch := <-changes
		all = append(all, ch)
		if ch.Version == version {
			return all
		}
	}
}

func number(t *testing.T, m interface {
	Get(string, any) (bool, error)
}, key string) int {
	t.Helper()
	n := -1
	if _, err := m.Get(key, &n); err != nil {
		t.Error(err)
	}
	return n
}

func TestAMapFollowsItsWriter(t *testing.T) {
	b := startBoards(t)
	b.write(map[string]int64{"a": 1, "b": 2, "\x00Label": 3})
	m, changes, _ := b.openMap(b.dial("bob"))
	if n := number(t, m, "a"); n != 1 || m.Len() != 2 || m.Version() != 1 || m.Epoch() != 7 || m.Name() != boardName {
		t.Errorf("a is %d, %d entries, version %d of %d", n, m.Len(), m.Version(), m.Epoch())
	}
	if m.Has("\x00Label") || m.Has("c") || !m.Has("b") {
		t.Error("wrong keys")
	}
	if ch := until(t, changes, 1)[0]; !ch.Reset || len(ch.Set) != 2 || ch.Deleted != nil {
		t.Errorf("the first change is %+v", ch)
	}
	b.write(map[string]int64{"a": 10, "b": -1})
	if ch := until(t, changes, 2)[0]; ch.Reset || len(ch.Set) != 1 || len(ch.Deleted) != 1 || ch.Deleted[0] != "b" {
		t.Errorf("the change is %+v", ch)
	}
	if n := number(t, m, "a"); n != 10 || m.Has("b") {
		t.Errorf("a is %d", n)
	}
	var text string
	if ok, err := m.Get("a", &text); !ok || err == nil {
		t.Error("a number was taken for text")
	}
}

func TestMAP6_AMapGoesOnFromItsVersionAfterACut(t *testing.T) {
	b := startBoards(t)
	b.write(map[string]int64{"a": 1, "b": 1})
	c := b.dial("bob")
	m, changes, states := b.openMap(c)
	until(t, changes, 1)
	b.network.turn(false) // until it has been told
	for s := range states {
		if s == client.MapStale {
			break
		}
	}
	if n := number(t, m, "a"); n != 1 {
		t.Errorf("a is %d while away", n)
	}
	b.write(map[string]int64{"a": 2})
	b.write(map[string]int64{"b": -1})
	b.network.turn(true)
	c.RetryNow()
	if all := until(t, changes, 3); len(all) != 1 || all[0].Reset || len(all[0].Deleted) != 1 {
		t.Errorf("it came back by %+v", all)
	}
	for s := range states {
		if s == client.MapLive {
			break
		}
	}
	if opens, _ := b.told(); opens[len(opens)-1].Version != 1 || opens[len(opens)-1].Epoch != 7 {
		t.Errorf("it asked by %+v", opens)
	}
}

func TestMAP3_AViewStaysAsItIs(t *testing.T) {
	b := startBoards(t)
	b.write(map[string]int64{"a": 0, "b": 0})
	m, changes, _ := b.openMap(b.dial("bob"))
	const versions = 200
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				v := m.View()
				if number(t, v, "a") != number(t, v, "b") || int(v.Version()) != number(t, v, "a")+1 {
					t.Errorf("version %d has a %d and b %d", v.Version(), number(t, v, "a"), number(t, v, "b"))
				}
				if v.Version() == versions {
					return
				}
			}
		})
	}
	for n := range int64(versions - 1) {
		b.write(map[string]int64{"a": n + 1, "b": n + 1, "k" + strconv.Itoa(int(n)): n})
	}
	until(t, changes, versions)
	wg.Wait()
	v := m.View()
	b.write(map[string]int64{"a": -1})
	until(t, changes, versions+1)
	keys := 0
	for key := range v.Keys() {
		if !v.Has(key) {
			t.Errorf("%q is a key, and is not", key)
		}
		keys++
	}
	if keys != v.Len() || !v.Has("a") || m.Has("a") {
		t.Errorf("%d keys of %d", keys, v.Len())
	}
}

func TestMAP10_ARefusalEndsAMap(t *testing.T) {
	b := startBoards(t)
	b.write(map[string]int64{"a": 1})
	c := b.dial("bob")
	m, _, states := b.openMap(c)
	b.end(wire.Err(wire.NotAllowed, "No."))
	for s := range states {
		if s == client.MapEnded {
			break
		}
	}
	var coded *wire.Error
	if state, err := m.State(); state != client.MapEnded || !errors.As(err, &coded) || coded.Code != wire.NotAllowed {
		t.Errorf("it is %v, %v", state, err)
	}
	if m.Has("a") || m.Len() != 0 || m.View().Len() != 0 || m.Show(1) == nil || m.Others() != nil {
		t.Error("what was revoked is still there")
	}
	if _, err := c.Map(t.Context(), boardName, client.MapOptions{}); !errors.As(err, &coded) || coded.Code != wire.NotAllowed {
		t.Errorf("opened again: %v", err)
	}
}

func TestMAP11_OthersAreSeen(t *testing.T) {
	b := startBoards(t)
	bob, carol := b.dial("bob"), b.dial("carol")
	seen := make(chan struct{}, 1000)
	m, err := bob.Map(t.Context(), boardName, client.MapOptions{OnPresence: func() { seen <- struct{}{} }})
	if err != nil {
		t.Fatal(err)
	}
	theirs, _, _ := b.openMap(carol)
	if err := theirs.Show(map[string]int{"x": 3}); err != nil {
		t.Fatal(err)
	}
	<-seen
	others := m.Others()
	var value map[string]int
	if len(others) != 1 || others[0].Owner != "carol" || client.Decode(others[0].Value, &value) != nil || value["x"] != 3 {
		t.Errorf("others are %+v", others)
	}
	if theirs.Show(make([]byte, 2000)) == nil || theirs.Show(func() {}) == nil {
		t.Error("too much was shown")
	}
}

func TestMapsOfOneNameShareASubscription(t *testing.T) {
	b := startBoards(t)
	c := b.dial("bob")
	first, _, _ := b.openMap(c)
	second, changes, _ := b.openMap(c)
	first.Close()
	b.write(map[string]int64{"a": 1})
	until(t, changes, 1)
	if !second.Has("a") {
		t.Error("the second one ended with the first")
	}
	second.Close()
	if second.Has("a") {
		t.Error("a closed map has a content")
	}
	again, _, _ := b.openMap(c) // behind the close
	if opens, closes := b.told(); len(opens) != 2 || closes != 1 || !again.Has("a") {
		t.Errorf("%d opened, %d closed", len(opens), closes)
	}
}

func TestAMapEndsWithItsClientAndItsContext(t *testing.T) {
	b := startBoards(t)
	c := b.dial("bob")
	m, _, _ := b.openMap(c)
	b.mu.Lock()
	b.refusal = wire.Retry(wire.Unavailable, "Not now.", 60_000)
	b.mu.Unlock()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := c.Map(ctx, "app:alice/home/other", client.MapOptions{OnState: func(client.MapState) { cancel() }})
		done <- err
	}()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	go func() {
		_, err := c.Map(t.Context(), "app:alice/home/third", client.MapOptions{})
		done <- err
	}()
	c.Close()
	if err := <-done; !errors.Is(err, client.ErrClosed) {
		t.Error(err)
	}
	if state, err := m.State(); state != client.MapEnded || !errors.Is(err, client.ErrClosed) {
		t.Errorf("it is %v, %v", state, err)
	}
}
