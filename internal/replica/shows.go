package replica

import "github.com/wabgo/wab/internal/name"

// Shows tells whether a client of an owner's shows something in a map that is what is asked for. The question is put with a lock held: it looks at the value, and at nothing else.
func (h *Hub) Shows(of name.Name, owner string, is func(value []byte) bool) bool {
	w := h.known(of.CA())
	if w == nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	o := w.outlets[of.Item]
	if o == nil {
		return false
	}
	for _, m := range o.crowd.members {
		if m.owner == owner && is(m.value) {
			return true
		}
	}
	return false
}
