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
	view     atomic.Pointer[view]
	out      atomic.Pointer[view] // what clients may get: the same, once the commit's rules are known and doubts are noted
	doubt    atomic.Uint64        // rises when subscriptions may no longer be allowed
	used     atomic.Bool          // since the last sweep
	listened atomic.Bool          // there are subscriptions or watches, or one is about to be: what its policy rests on is noted

	mu      sync.Mutex
	loading chan struct{}        // not nil while somebody loads; closed when that ends
	early   []change             // durable while the load was under way
	ended   bool                 // the CA was destroyed while the load was under way
	outlets map[string]*outlet   // what clients subscribe to, by label
	readers map[*reader]struct{} // those with subscriptions
	roster  []*reader            // the same as a list that never changes; nil when it has to be made anew
	pumping bool                 // the pump runs
	asking  bool                 // a check of all subscriptions is under way
	again   bool                 // and has to be repeated
	asked   map[asking]struct{}  // whose decisions change with maps of this one
	watch   map[name.Name]func() // what wakes those who watch a map: CAs, and by the name of a map who follows that
}

// asking is a CA with subscriptions or watches whose policy has looked into a map.
type asking struct {
	ca    name.Name
	label string
}

// load is the newest view.
func (w *writer) load() (*view, error) {
	if v := w.view.Load(); v != nil {
		return v, nil
	}
	return w.read(false)
}

// reload reads the maps again: another process has written them.
func (w *writer) reload() (*view, error) {
	v, err := w.read(true)
	w.tell(nil)
	return v, err
}

// read is the view as the store has it, or with anew unset as somebody has read it meanwhile.
func (w *writer) read(anew bool) (*view, error) {
	w.mu.Lock()
	for w.loading != nil {
		wait := w.loading
		w.mu.Unlock()
		<-wait
		w.mu.Lock()
	}
	if v := w.view.Load(); v != nil && !anew {
		w.mu.Unlock()
		return v, nil
	}
	w.loading = make(chan struct{})
	w.mu.Unlock()
	v, err := w.fetch()
	defer w.mu.Unlock()
	close(w.loading)
	early := w.early
	w.loading, w.early = nil, nil
	if err != nil {
		return nil, err
	}
	v = v.with(v.newer(early))
	w.show(v, nil)
	w.release()
	return v, nil
}

// fetch reads the store, again if the CA was destroyed meanwhile. It returns with mu held.
func (w *writer) fetch() (*view, error) {
	for {
		v, err := fetch(w.hub.opt.Store, w.name)
		w.mu.Lock()
		if !w.ended {
			return v, err
		}
		w.ended = false
		w.mu.Unlock()
	}
}

// apply shows a transaction's changes. It runs when they are durable, in the order of the transactions, and does not block. Whoever has loaded since
// may have found them in the store, and later ones with them.
func (w *writer) apply(changes []change) {
	w.mu.Lock()
	if w.loading != nil {
		w.early = append(w.early, changes...)
	}
	if v := w.view.Load(); v != nil {
		if changes := v.newer(changes); len(changes) > 0 {
			w.show(v.with(changes), changes)
		}
	}
	w.mu.Unlock()
	w.tell(changes)
}

// flow lets clients have what is shown.
func (w *writer) flow() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.release()
}

// release is called with mu held.
func (w *writer) release() {
	if v := w.view.Load(); v != nil {
		w.out.Store(v)
		w.startPump()
	}
}

// show replaces the view. Call with mu held.
func (w *writer) show(v *view, changes []change) {
	w.view.Store(v)
	for _, c := range changes {
		if o := w.outlets[c.next.label]; o != nil {
			o.log.add(c.delta)
		}
	}
}

// forget shows that the CA has been destroyed, with all of its maps.
func (w *writer) forget() {
	w.mu.Lock()
	if w.view.Load() != nil {
		w.show(&view{ca: w.name}, nil)
		w.release()
	}
	w.early, w.ended = nil, w.loading != nil
	w.mu.Unlock()
	w.tell(nil)
}

// tell those who wait for changes of maps, or decide by them. Nil stands for all maps, and the rules.
func (w *writer) tell(changes []change) {
	w.mu.Lock()
	asked := w.concerned(changes)
	w.mu.Unlock()
	w.rouse()
	for ca := range asked {
		if other := w.hub.known(ca); other != nil {
			other.recheck()
			other.rouse()
		}
	}
}

// concerned are the CAs whose decisions may be others after changes. Call with mu held.
func (w *writer) concerned(changes []change) map[name.Name]struct{} {
	all := map[name.Name]struct{}{}
	for a := range w.asked {
		if changes == nil || slices.ContainsFunc(changes, func(c change) bool { return c.next.label == a.label }) {
			all[a.ca] = struct{}{}
		}
	}
	return all
}

// rouse wakes those who watch a map.
func (w *writer) rouse() {
	w.mu.Lock()
	wake := slices.Collect(maps.Values(w.watch))
	w.mu.Unlock()
	for _, rouse := range wake {
		rouse()
	}
}

// listen notes whether anybody stands by the CA's policy. Call with mu held.
func (w *writer) listen() { w.listened.Store(len(w.readers)+len(w.watch) > 0) }

// idle tells whether nobody has used the maps since it was last asked, waits for changes, or decides by them.
func (w *writer) idle(all map[name.Name]*writer) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for a := range w.asked {
		if other := all[a.ca]; other == nil || !other.listened.Load() {
			delete(w.asked, a)
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
