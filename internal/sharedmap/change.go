package sharedmap

// put is the tree with these items set, which stand in order, each key once.
func (t tree) put(items []item) tree { return t.change(items, false) }

// remove is the tree without these items, which stand in order.
func (t tree) remove(items []item) tree { return t.change(items, true) }

func (t tree) change(items []item, remove bool) tree {
	if t.node == nil {
		t.node = &node{}
	}
	return grow(t.node.change(items, remove, nil))
}

// change appends to dst what the node becomes: no tree, one, or several, all of them as deep as the node was.
func (n *node) change(items []item, remove bool, dst []tree) []tree {
	if n.kids == nil {
		return divide(merge(n.items, items, remove), leaf, dst)
	}
	r := row{kids: make([]tree, 0, len(n.kids)+1)}
	for i, kid := range n.kids {
		mine := items
		if i+1 < len(n.kids) {
			mine = upTo(items, n.kids[i+1].first)
		}
		items = items[len(mine):]
		if len(mine) == 0 {
			r.add(kid, false)
			continue
		}
		var made [2]tree
		for _, t := range kid.node.change(mine, remove, made[:0]) {
			r.add(t, true)
		}
	}
	return divide(r.kids, branch, dst)
}

// upTo are the items before a key.
func upTo(items []item, key string) []item {
	for i, it := range items {
		if compareKeys(it.key(), key) >= 0 {
			return items[:i]
		}
	}
	return items
}

// merge is a new row of a leaf's items with others set, or removed.
func merge(old, items []item, remove bool) []item {
	merged := make([]item, 0, len(old)+len(items))
	for _, it := range items {
		at, found := place(old, it.key())
		merged = append(merged, old[:at]...)
		if !remove {
			merged = append(merged, it)
		}
		if found {
			at++
		}
		old = old[at:]
	}
	return append(merged, old...)
}

// A row collects a node's children. One that has become small is joined with a neighbour.
type row struct {
	kids  []tree
	small bool // is the last one
}

func (r *row) add(t tree, changed bool) {
	small := changed && t.small()
	if last := len(r.kids) - 1; last >= 0 && (small || r.small) {
		r.kids = join(r.kids[last], t, r.kids[:last])
		small = r.kids[len(r.kids)-1].small()
	} else {
		r.kids = append(r.kids, t)
	}
	r.small = small
}

func (t tree) small() bool { return len(t.node.items)+len(t.node.kids) < maxNode/2 }

// join makes one node out of two neighbours, or two that are equally full.
func join(a, b tree, dst []tree) []tree {
	if a.node.kids != nil {
		return divide(concat(a.node.kids, b.node.kids), branch, dst)
	}
	return divide(concat(a.node.items, b.node.items), leaf, dst)
}

func concat[T item | tree](a, b []T) []T {
	return append(append(make([]T, 0, len(a)+len(b)), a...), b...)
}
