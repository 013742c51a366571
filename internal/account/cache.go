package account

import (
	"crypto/sha256"
	"sync"
)

const cacheHalf = 4096

// digest stands for a token in memory, so that a cache or a dump holds none.
type digest [sha256.Size]byte

// cache remembers whose signature was good: checking one costs about 50 µs, a digest under 2. Only good tokens get in, so strangers can't flush it.
//
// It keeps two generations: when the young one is full, the old one is forgotten. What is used again moves to the young one.
type cache struct {
	mu         sync.Mutex
	young, old map[digest]*claims
}

func (c *cache) get(d digest) (*claims, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if found, ok := c.young[d]; ok {
		return found, true
	}
	found, ok := c.old[d]
	if ok {
		c.add(d, found)
	}
	return found, ok
}

func (c *cache) put(d digest, good *claims) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(d, good)
}

// add needs c.mu.
func (c *cache) add(d digest, good *claims) {
	if c.young == nil || len(c.young) >= cacheHalf {
		c.old, c.young = c.young, make(map[digest]*claims)
	}
	c.young[d] = good
}
