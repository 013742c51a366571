package fetch

import "iter"

// inLanes goes through the fetches in their order, and tells of each whether none of its lane is before it.
func (p *part) inLanes() iter.Seq2[*pending, bool] {
	return func(yield func(*pending, bool) bool) {
		var taken map[string]bool
		for _, q := range p.all {
			first := q.lane == "" || !taken[q.lane]
			if first && q.lane != "" {
				if taken == nil {
					taken = map[string]bool{}
				}
				taken[q.lane] = true
			}
			if !yield(q, first) {
				return
			}
		}
	}
}
