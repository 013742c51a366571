package session

// A queue is first in, first out. The zero value is ready.
type queue[T any] struct {
	list  []T
	first int
}

func (q *queue[T]) len() int { return len(q.list) - q.first }

func (q *queue[T]) push(x T) { q.list = append(q.list, x) }

func (q *queue[T]) pop() (x T, ok bool) {
	if q.first == len(q.list) {
		return x, false
	}
	x = q.list[q.first]
	clear(q.list[q.first : q.first+1])
	if q.first++; q.first == len(q.list) {
		q.list, q.first = q.list[:0], 0
	} else if q.first >= 1024 && q.first*2 >= len(q.list) { // under constant load the list never runs empty
		n := copy(q.list, q.list[q.first:])
		clear(q.list[n:])
		q.list, q.first = q.list[:n], 0
	}
	return x, true
}

// shrink lets go of what a large burst has needed, once the queue is empty.
func (q *queue[T]) shrink() {
	if q.len() == 0 && cap(q.list) > 4096 {
		q.list = nil
	}
}
