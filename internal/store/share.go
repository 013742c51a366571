package store

import (
	"slices"
	"strings"
)

// share is what one owner may have of a Commit: the rest of what it has waits, so that a crowd, or huge writes, delay others by no more than that.
type share struct{ writes, bytes int }

// crowded tells whether there may be more waiting than one owner's share.
func (s share) crowded(writes []Write) bool {
	bytes := 0
	for i := range writes {
		if bytes += writes[i].Size(); bytes > s.bytes {
			return true
		}
	}
	return len(writes) > s.writes
}

// backlog holds what did not fit into a Commit, by owner. Owners take turns.
type backlog struct {
	lines map[string]*line
	ring  []*line // the owner whose turn is next comes first
	batch int     // counts those picked
}

// line is what one owner has waiting.
type line struct {
	owner string
	queue
	next int // the first that waits
	used share
	in   int // the batch of which it has used that
}

func (b *backlog) empty() bool { return len(b.ring) == 0 }

// add puts writes at the end of their owners' lines.
func (b *backlog) add(q *queue) {
	if b.lines == nil {
		b.lines = map[string]*line{}
	}
	for i := range q.writes {
		owner := ownerOf(q.writes[i].CA)
		l := b.lines[owner]
		if l == nil {
			l = &line{owner: owner}
			b.lines[owner] = l
			b.ring = append(b.ring, l)
		}
		l.trim()
		l.writes, l.dones = append(l.writes, q.writes[i]), append(l.dones, q.dones[i])
	}
}

// pick moves the next batch to a queue: one write of each owner, then another one, each within its share and in the order of submission.
func (b *backlog) pick(batch *queue, s share, maxWrites, maxBytes int) {
	b.batch++
	var full []*line
	for bytes := 0; len(b.ring) > 0 && len(batch.writes) < maxWrites; {
		l := b.ring[0]
		if bytes += l.writes[l.next].Size(); len(batch.writes) > 0 && bytes > maxBytes {
			break
		}
		b.ring = b.ring[1:]
		switch l.move(batch, b.batch); {
		case l.next == len(l.writes):
			delete(b.lines, l.owner)
		case l.used.writes == s.writes || l.used.bytes+l.writes[l.next].Size() > s.bytes:
			full = append(full, l)
		default:
			b.ring = append(b.ring, l)
		}
	}
	b.ring = append(b.ring, full...)
}

// trim gives back the room of what has gone.
func (l *line) trim() {
	const small = 64
	if l.next > small && l.next > len(l.writes)/2 {
		l.writes, l.dones, l.next = slices.Delete(l.writes, 0, l.next), slices.Delete(l.dones, 0, l.next), 0
	}
}

// move takes the first write that waits.
func (l *line) move(batch *queue, in int) {
	if l.in != in {
		l.in, l.used = in, share{}
	}
	w := &l.writes[l.next]
	l.used.writes++
	l.used.bytes += w.Size()
	batch.writes, batch.dones = append(batch.writes, *w), append(batch.dones, l.dones[l.next])
	*w, l.dones[l.next] = Write{}, nil
	l.next++
}

// ownerOf is the owner in a CA's name, app:owner/local.
func ownerOf(ca string) string {
	if _, rest, ok := strings.Cut(ca, ":"); ok {
		ca = rest
	}
	owner, _, _ := strings.Cut(ca, "/")
	return owner
}
