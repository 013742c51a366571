package actor

import (
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/wabgo/wab/internal/name"
)

const shards = 64

// table holds the activations, one a CA.
type table struct {
	seed   maphash.Seed
	shards [shards]shard
	count  atomic.Int64
}

type shard struct {
	mu   sync.Mutex
	cas  map[string]*CA
	peak int // how many there have been since the map was made
}

// smallShard is where the room of a map stops to matter.
const smallShard = 64

func (t *table) init() {
	t.seed = maphash.MakeSeed()
	for i := range t.shards {
		t.shards[i].cas = map[string]*CA{}
	}
}

func (t *table) shard(key []byte) *shard { return &t.shards[maphash.Bytes(t.seed, key)%shards] }

// get returns a CA's activation, nil where there is none.
func (t *table) get(id name.Name) *CA {
	var buf [128]byte
	key := id.Append(buf[:0])
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cas[string(key)]
}

// find returns a CA's activation, made where there is none.
func (t *table) find(rt *Runtime, id name.Name, class Class) *CA {
	var buf [128]byte
	key := id.Append(buf[:0])
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.cas[string(key)]
	if c == nil {
		c = newCA(rt, string(key), class)
		s.cas[c.key] = c
		s.peak = max(s.peak, len(s.cas))
		rt.shedder.crowded(int(t.count.Add(1)))
	}
	return c
}

func newCA(rt *Runtime, key string, class Class) *CA {
	id, _ := name.ParseActor(key) // parts share the key's memory
	return &CA{rt: rt, key: key, name: id, class: class}
}

// remove drops an activation, unless another one has its place already.
func (t *table) remove(c *CA) {
	s := t.shard([]byte(c.key))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cas[c.key] != c {
		return
	}
	delete(s.cas, c.key)
	t.count.Add(-1)
	if s.peak > smallShard && len(s.cas) <= s.peak/4 {
		s.shrink()
	}
}

// shrink makes the map anew: one keeps the room of its fullest hour.
func (s *shard) shrink() {
	fresh := make(map[string]*CA, len(s.cas))
	for key, c := range s.cas {
		fresh[key] = c
	}
	s.cas, s.peak = fresh, max(len(fresh), smallShard)
}

func (t *table) len() int { return int(t.count.Load()) }

// each calls visit with every activation, holding no lock.
func (t *table) each(visit func(*CA)) {
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		all := make([]*CA, 0, len(s.cas))
		for _, c := range s.cas {
			all = append(all, c)
		}
		s.mu.Unlock()
		for _, c := range all {
			visit(c)
		}
	}
}

// quiet tells whether no CA has anything to do or to write.
func (t *table) quiet() bool {
	quiet := true
	t.each(func(c *CA) {
		c.mu.Lock()
		defer c.mu.Unlock()
		quiet = quiet && c.phase == resting && c.pending == nil && c.inflight == nil && c.box.len() == 0
	})
	return quiet
}
