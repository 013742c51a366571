package pubsub

// Sweep drops what nobody has used since the last one.
func (h *Hub) Sweep() {
	h.mu.Lock()
	h.sweeps.Stop()
	h.mu.Unlock()
	h.sweep()
}
