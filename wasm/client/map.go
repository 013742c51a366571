package client

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/wabgo/wab/internal/sharedmap"
)

// MapOptions are who hears of a map. Handlers run on the Client's goroutine, one after the other; what happens while they run is put
// together for the next time.
type MapOptions struct {
	OnChange   func(MapChange) // hears what changed
	OnState    func(MapState)  // hears whether the content is the server's
	OnPresence func()          // hears that Others changed
}

// MapState is what can be said of a map's content.
type MapState = sharedmap.MirrorState

// The states of a Map.
const (
	MapOpening = sharedmap.Opening // nothing is known of it yet
	MapLive    = sharedmap.Live    // the content is the server's
	MapStale   = sharedmap.Stale   // there is a content, and it may be old
	MapEnded   = sharedmap.Ended   // refused, revoked, or the Client is closed; there is no content any more
)

// Map is a replica of a SharedMap, kept up to date while the Client is connected. Its methods may be called from many goroutines.
type Map struct {
	c   *Client
	sub *mirrored
	opt MapOptions

	todo *dispatcher // runs the handlers

	mu      sync.Mutex
	pending pending
}

// Map subscribes to a map, app:owner/local/map, and returns once its content is there. Several Maps of one name share the replica and what we
// show of ourselves. Errors are *Error if the server refuses, ctx's, or ErrClosed.
func (c *Client) Map(ctx context.Context, name string, opt MapOptions) (*Map, error) {
	return c.openMap(ctx, name, opt, c.todo)
}

func (c *Client) openMap(ctx context.Context, name string, opt MapOptions, todo *dispatcher) (*Map, error) {
	m := &Map{c: c, opt: opt, todo: todo}
	c.do(func() { c.maps.use(m, name) })
	if m.sub == nil {
		return nil, ErrClosed
	}
	select {
	case <-m.sub.ready:
	case <-ctx.Done():
		m.Close()
		return nil, ctx.Err()
	}
	if state, err := m.State(); state == MapEnded {
		return nil, err
	}
	return m, nil
}

// use makes m a user of the subscription, which it opens if it is the first.
func (s *maps) use(m *Map, name string) {
	sub := s.mirrors.Add(name)
	m.sub = s.open[sub]
	if m.sub == nil {
		m.sub = &mirrored{sub: sub, name: name, ready: make(chan struct{})}
		s.open[sub] = m.sub
	}
	m.sub.users = append(m.sub.users, m)
	s.mirrors.Start(s.c.now(), sub, 0, 0)
}

// Close ends the subscription, if m is its last user.
func (m *Map) Close() {
	m.tell(func(p *pending) { p.closed = true })
	m.c.do(func() {
		s := m.sub
		s.users = slices.DeleteFunc(s.users, func(u *Map) bool { return u == m })
		if len(s.users) == 0 && m.c.maps.open[s.sub] == s {
			delete(m.c.maps.open, s.sub)
			m.c.maps.mirrors.Close(m.c.now(), s.sub)
		}
	})
}

// Name is the map's full name.
func (m *Map) Name() string { return m.sub.name }

// State tells whether the content is the server's; err is what is in the way, or why the map has ended.
func (m *Map) State() (state MapState, err error) {
	m.c.mu.Lock()
	defer m.c.mu.Unlock()
	return m.sub.state, m.sub.err
}

// replica is the content, with Client.mu held. After the end it is empty.
func (m *Map) replica() *sharedmap.Replica {
	if r := m.c.maps.mirrors.Replica(m.sub.sub); r != nil && m.c.maps.open[m.sub.sub] == m.sub {
		return r
	}
	return sharedmap.NewReplica()
}

// Get decodes a value into into, which may be nil; ok is false if there is no such key.
func (m *Map) Get(key string, into any) (ok bool, err error) {
	m.c.mu.Lock()
	value, ok := get(m.replica(), key)
	value = slices.Clone(value)
	m.c.mu.Unlock()
	return decodeEntry(key, value, ok, into)
}

// get leaves out methods.
func get(r *sharedmap.Replica, key string) (value []byte, ok bool) {
	if sharedmap.IsMethod(key) {
		return nil, false
	}
	return r.Get(key)
}

func decodeEntry(key string, value []byte, ok bool, into any) (bool, error) {
	if !ok || into == nil {
		return ok, nil
	}
	if err := Decode(value, into); err != nil {
		return true, fmt.Errorf("client: the value of %q does not fit: %w", key, err)
	}
	return true, nil
}

// Has tells whether there is such a key.
func (m *Map) Has(key string) bool {
	ok, _ := m.Get(key, nil)
	return ok
}

// Len is the number of entries.
func (m *Map) Len() int {
	m.c.mu.Lock()
	defer m.c.mu.Unlock()
	return m.replica().Len()
}

// Epoch and Version tell what the content is of; both are 0 while the map doesn't exist.
func (m *Map) Epoch() uint64 {
	m.c.mu.Lock()
	defer m.c.mu.Unlock()
	return m.replica().Epoch()
}

// Version rises by one with each transaction that changes the map.
func (m *Map) Version() uint64 {
	m.c.mu.Lock()
	defer m.c.mu.Unlock()
	return m.replica().Version()
}
