package sharedmap

// Cursor reads a map piece by piece, as it was when the Cursor was made, and keeps no more than that version of it alive.
type Cursor struct {
	path []tree // what is left, the next at the end; a node at its end is a leaf that has been begun
	rest []item // of that leaf
}

// Cursor begins with the first entry.
func (m *Map) Cursor() *Cursor {
	c := &Cursor{}
	if root := m.self().root; root.node != nil {
		c.path = []tree{root}
	}
	c.seek()
	return c
}

// Next returns the following entries, methods included, tombstones not: as many as take no more than limit bytes in a CBOR map, but at
// least one. more tells whether some are left. Its time follows what it returns and skips. Values must not be changed.
func (c *Cursor) Next(limit int) (entries []Entry, more bool) {
	for len(c.rest) > 0 {
		it := c.rest[0]
		limit -= it.encoded()
		if limit < 0 && len(entries) > 0 {
			return entries, true
		}
		entries = append(entries, it.entry())
		c.rest = c.rest[1:]
		c.seek()
	}
	return entries, false
}

// seek goes on to the next live item, if that isn't where it is.
func (c *Cursor) seek() {
	for {
		for len(c.rest) > 0 {
			if !c.rest[0].dead() {
				return
			}
			c.rest = c.rest[1:]
		}
		last := len(c.path) - 1
		if last < 0 {
			return
		}
		n := c.path[last].node
		c.path, c.rest = c.path[:last], n.items
		for i := len(n.kids) - 1; i >= 0; i-- {
			c.path = append(c.path, n.kids[i])
		}
	}
}
