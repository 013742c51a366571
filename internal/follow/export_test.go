package follow

// Placed tells whether it is known where the reader begins.
func (r *Reader) Placed() bool { return r.placed }
