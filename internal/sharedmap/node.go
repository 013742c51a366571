package sharedmap

import "math"

// A tree holds items in the order of their keys, all of them in leaves, and all leaves equally deep. Nodes never change: whoever
// changes something makes new ones on the way from the root to it.
//
// maxItems and maxKids are what a node has at most; most have half as many or more. With larger nodes the tree takes less memory and a
// commit more time, for it copies one node on every level.
const (
	maxItems = 32
	maxKids  = 16
)

type node struct {
	items []item // of a leaf, else
	kids  []tree
}

// A tree is a node with what its parent must know of it. The zero tree is empty.
type tree struct {
	first  string // key
	newest uint64 // version among all items
	grave  uint64 // oldest version among tombstones; none: noGrave
	node   *node
}

const noGrave = math.MaxUint64

func leaf(items []item) tree {
	t := tree{first: items[0].key(), grave: noGrave, node: &node{items: items}}
	for _, it := range items {
		t.newest = max(t.newest, it.version())
		if it.dead() {
			t.grave = min(t.grave, it.version())
		}
	}
	return t
}

func branch(kids []tree) tree {
	t := tree{first: kids[0].first, grave: noGrave, node: &node{kids: kids}}
	for _, kid := range kids {
		t.newest = max(t.newest, kid.newest)
		t.grave = min(t.grave, kid.grave)
	}
	return t
}

// leaves and branches make nodes out of a row, as few as can be and all about as full, and append them. The row becomes theirs.
func leaves(items []item, dst []tree) []tree  { return divide(items, maxItems, leaf, dst) }
func branches(kids []tree, dst []tree) []tree { return divide(kids, maxKids, branch, dst) }

func divide[T item | tree](row []T, most int, made func([]T) tree, dst []tree) []tree {
	n := (len(row) + most - 1) / most
	if n == 1 {
		return append(dst, made(row))
	}
	for i := range n { // copies, lest one part that lives on keep all of the row
		part := row[i*len(row)/n : (i+1)*len(row)/n]
		dst = append(dst, made(append(make([]T, 0, len(part)), part...)))
	}
	return dst
}

// grow puts roots above a level until there is one.
func grow(level []tree) tree {
	for len(level) > 1 {
		level = branches(level, nil)
	}
	if len(level) == 0 {
		return tree{}
	}
	root := level[0]
	for len(root.node.kids) == 1 {
		root = root.node.kids[0]
	}
	return root
}

// find is the item of a key, or none.
func (t tree) find(key string) item {
	n := t.node
	if n == nil {
		return item{}
	}
	for n.kids != nil {
		n = n.kids[kidFor(n.kids, key)].node
	}
	if i, found := place(n.items, key); found {
		return n.items[i]
	}
	return item{}
}

// kidFor is the last child that begins at the key or before, or the first.
func kidFor(kids []tree, key string) int {
	low, high := 1, len(kids)
	for low < high {
		mid := int(uint(low+high) / 2)
		if compareKeys(kids[mid].first, key) <= 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low - 1
}

// place is where the key stands among sorted items, or would.
func place(items []item, key string) (at int, found bool) {
	low, high := 0, len(items)
	for low < high {
		mid := int(uint(low+high) / 2)
		switch c := compareKeys(items[mid].key(), key); {
		case c == 0:
			return mid, true
		case c < 0:
			low = mid + 1
		default:
			high = mid
		}
	}
	return low, false
}

// each goes through the items in order until yield returns false, and returns whether it never did.
func (t tree) each(yield func(item) bool) bool {
	if t.node == nil {
		return true
	}
	for _, kid := range t.node.kids {
		if !kid.each(yield) {
			return false
		}
	}
	for _, it := range t.node.items {
		if !yield(it) {
			return false
		}
	}
	return true
}

// since appends the items that are newer than a version, and looks at no part of the tree without one. It takes their bytes from limit, and ends
// when there are none left.
func (t tree) since(version uint64, limit *int, dst []Entry) []Entry {
	if t.node == nil || t.newest <= version || *limit < 0 {
		return dst
	}
	for _, kid := range t.node.kids {
		dst = kid.since(version, limit, dst)
	}
	for _, it := range t.node.items {
		if it.version() > version {
			*limit -= it.bytes()
			dst = append(dst, it.entry())
		}
	}
	return dst
}

// graves appends the tombstones of a version than which there are no older ones, until there are n.
func (t tree) graves(version uint64, n int, dst []item) []item {
	if t.node == nil || t.grave != version || len(dst) == n {
		return dst
	}
	for _, kid := range t.node.kids {
		dst = kid.graves(version, n, dst)
	}
	for _, it := range t.node.items {
		if len(dst) < n && it.version() == version && it.dead() {
			dst = append(dst, it)
		}
	}
	return dst
}
