package pebblestore

// heads remembers the heads that were committed or asked for lately, at most two generations of them, so that a busy CA's
// compare-and-set reads nothing. What it forgets is read again. Its caller serialises access. Names are kept as they come: whoever writes holds its CA's name anyway,
// and one place in memory is found sooner than two.
type heads struct {
	young, old map[string]*head
	limit      int // of one generation
}

func newHeads(limit int) *heads {
	return &heads{young: make(map[string]*head), limit: limit}
}

// get returns nil for what it doesn't remember. The head may be changed in place.
func (c *heads) get(ca string) *head {
	if h := c.young[ca]; h != nil {
		return h
	}
	h := c.old[ca]
	if h != nil {
		c.add(ca, h)
	}
	return h
}

func (c *heads) put(ca string, h head) *head {
	kept := &h
	c.add(ca, kept)
	return kept
}

func (c *heads) add(ca string, h *head) {
	if len(c.young) >= c.limit {
		c.old, c.young = c.young, make(map[string]*head)
	}
	c.young[ca] = h
}
