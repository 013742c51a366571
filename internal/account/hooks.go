package account

import (
	"slices"
	"sync"
)

// hooks are called after a revocation.
type hooks struct {
	mu    sync.Mutex
	calls []*func(owner string)
}

// Changed has f called whenever tokens of an owner stop being good before they expire, after Verify refuses them: whoever keeps a connection open
// verifies its token again. f runs on the goroutine that revokes, several may run at once, and it must not block. stop ends the calls; one that is under way may still finish.
func (a *Accounts) Changed(f func(owner string)) (stop func()) {
	a.hooks.mu.Lock()
	defer a.hooks.mu.Unlock()
	a.hooks.calls = append(slices.Clone(a.hooks.calls), &f)
	return func() { a.hooks.remove(&f) }
}

func (h *hooks) remove(f *func(string)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = slices.DeleteFunc(slices.Clone(h.calls), func(g *func(string)) bool { return g == f })
}

func (h *hooks) call(owner string) {
	h.mu.Lock()
	calls := h.calls
	h.mu.Unlock()
	for _, f := range calls {
		(*f)(owner)
	}
}
