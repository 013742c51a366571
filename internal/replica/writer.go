package replica

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/wabgo/wab/internal/name"
)

// A writer is a CA whose maps somebody uses here: the writing CA itself, readers, or clients.
type writer struct {
	hub      *Hub
	name     name.Name
	key      string
	view     atomic.Pointer[view]
	used     atomic.Bool // since the last sweep
	listened atomic.Bool // there are subscriptions, or one is about to be: what its policy rests on is noted

	mu      sync.Mutex
	loading chan struct{}          // not nil while somebody loads; closed when that ends
	early   []change               // durable while the load was under way
	outlets map[string]*outlet     // what clients subscribe to, by label
	readers map[*reader]struct{}   // those with subscriptions
	roster  []*reader              // the same as a list that never changes; nil when it has to be made anew
	pumping bool                   // the pump runs
	asking  bool                   // a check of all subscriptions is under way
	again   bool                   // and has to be repeated
	asked   map[name.Name]struct{} // CAs whose policy has looked into a map of this one: their decisions change with it
	watch   map[name.Name]func()   // what wakes the CAs that watch a map
}

// load is the newest view.
func (w *writer) load() (*view, error) {
	if v := w.view.Load(); v != nil {
		return v, nil
	}
	w.mu.Lock()
	for w.loading != nil {
		wait := w.loading
		w.mu.Unlock()
		<-wait
		w.mu.Lock()
	}
	if v := w.view.Load(); v != nil {
		w.mu.Unlock()
		return v, nil
	}
	w.loading = make(chan struct{})
	w.mu.Unlock()
	v, err := fetch(w.hub.opt.Store, w.name)
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.loading)
	early := w.early
	w.loading, w.early = nil, nil
	if err != nil {
		return nil, err
	}
	v = v.with(v.newer(early))
	w.view.Store(v)
	return v, nil
}

// apply shows a transaction's changes. It runs when they are durable, in the order of the transactions, and does not block.
func (w *writer) apply(changes []change) {
	w.mu.Lock()
	v := w.view.Load()
	if v == nil { // nobody has looked yet; whoever loads finds them in the store
		if w.loading != nil {
			w.early = append(w.early, changes...)
		}
	} else {
		w.show(v.with(changes), changes)
	}
	w.mu.Unlock()
	w.tell()
}

// show replaces the view. Call with mu held.
func (w *writer) show(v *view, changes []change) {
	w.view.Store(v)
	for _, c := range changes {
		if o := w.outlets[c.next.label]; o != nil {
			o.log.add(c.delta)
		}
	}
	w.startPump()
}

// forget shows that the CA has been destroyed, with all of its maps.
func (w *writer) forget() {
	w.mu.Lock()
	if w.view.Load() != nil {
		w.show(&view{ca: w.name}, nil)
	}
	w.early = nil
	w.mu.Unlock()
	w.tell()
}

// tell those who wait for changes or decide by them.
func (w *writer) tell() {
	w.mu.Lock()
	wake, asked := slices.Collect(maps.Values(w.watch)), slices.Collect(maps.Keys(w.asked))
	w.mu.Unlock()
	for _, rouse := range wake {
		rouse()
	}
	for _, ca := range asked {
		if other := w.hub.known(ca); other == nil || !other.recheck() {
			w.unask(ca)
		}
	}
}

func (w *writer) unask(ca name.Name) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.asked, ca)
}

// idle tells whether nobody has used the maps since it was last asked, waits for changes, or decides by them.
func (w *writer) idle(all map[name.Name]*writer) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ca := range w.asked {
		if other := all[ca]; other == nil || !other.listened.Load() {
			delete(w.asked, ca)
		}
	}
	return !w.used.Swap(false) && w.loading == nil && len(w.readers)+len(w.watch)+len(w.asked) == 0 && !w.pumping && !w.asking
}

func (w *writer) subscriptions() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.outlets {
		n += o.subs
	}
	return n
}
