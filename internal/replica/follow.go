package replica

import "github.com/wabgo/wab/internal/name"

// Follow has changed called when maps of a map's writer change, and when its rules, or groups behind them, may: after the commit, on whatever goroutine, so that it must
// not block, and often for nothing. It follows until stop is called; another call for the same map takes the place of the one before.
func (h *Hub) Follow(of name.Name, changed func()) (stop func()) {
	h.watch(of.CA(), of, changed)
	return func() { h.unwatch(of.CA(), of) }
}
