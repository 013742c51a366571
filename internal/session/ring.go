package session

// noteOverhead is what a note costs beside its value, in bytes.
const noteOverhead = 32

type note struct {
	seq   uint64
	value []byte
}

// A ring holds the notes of one session that its client has not acknowledged, the oldest first.
type ring struct {
	notes []note
	bytes int
	seq   uint64 // of the newest note ever
}

// add takes a note, and drops the oldest beyond keep notes or limit bytes.
func (r *ring) add(value []byte, keep, limit int) {
	r.seq++
	r.notes = append(r.notes, note{r.seq, value})
	r.bytes += len(value) + noteOverhead
	for len(r.notes) > keep || r.bytes > limit {
		r.drop()
	}
}

func (r *ring) drop() {
	r.bytes -= len(r.notes[0].value) + noteOverhead
	r.notes[0] = note{}
	if r.notes = r.notes[1:]; len(r.notes) == 0 {
		r.notes = nil
	}
}

// see drops what the client has.
func (r *ring) see(seq uint64) {
	for len(r.notes) > 0 && r.notes[0].seq <= seq {
		r.drop()
	}
}

// after lists the notes behind seq.
func (r *ring) after(seq uint64) []note {
	if len(r.notes) == 0 || r.seq <= seq {
		return nil
	}
	first := r.notes[0].seq
	if seq < first {
		return r.notes
	}
	return r.notes[seq-first+1:]
}
