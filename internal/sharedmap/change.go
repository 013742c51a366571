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
		return leaves(merge(n.items, items, remove), dst)
	}
	kids, r := n.kids, row{kids: make([]tree, 0, len(n.kids)+1)}
	for len(items) > 0 {
		i := kidFor(kids, items[0].key())
		mine := items
		if i+1 < len(kids) {
			end, _ := place(items, kids[i+1].first)
			mine = items[:end]
		}
		r.add(kids[:i]...)
		r.addChanged(kids[i].node.change(mine, remove, nil))
		kids, items = kids[i+1:], items[len(mine):]
	}
	r.add(kids...)
	return branches(r.kids, dst)
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
	small bool // is the last one, by a change
}

// add adds children as they were.
func (r *row) add(kids ...tree) {
	if len(kids) > 0 && r.small {
		r.join(kids[0])
		kids = kids[1:]
	}
	if len(kids) > 0 {
		r.kids, r.small = append(r.kids, kids...), false
	}
}

// addChanged adds what a child has become.
func (r *row) addChanged(kids []tree) {
	for _, kid := range kids {
		if small := kid.small(); len(r.kids) > 0 && (small || r.small) {
			r.join(kid)
		} else {
			r.kids, r.small = append(r.kids, kid), small
		}
	}
}

func (r *row) join(kid tree) {
	last := len(r.kids) - 1
	r.kids = join(r.kids[last], kid, r.kids[:last])
	r.small = r.kids[len(r.kids)-1].small()
}

func (t tree) small() bool {
	return len(t.node.items) < maxItems/2 && len(t.node.kids) < maxKids/2
}

// join makes one node out of two neighbours, or two that are equally full.
func join(a, b tree, dst []tree) []tree {
	if a.node.kids != nil {
		return branches(concat(a.node.kids, b.node.kids), dst)
	}
	return leaves(concat(a.node.items, b.node.items), dst)
}

func concat[T item | tree](a, b []T) []T {
	return append(append(make([]T, 0, len(a)+len(b)), a...), b...)
}
