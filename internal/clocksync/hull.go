package clocksync

// most is how many points a hull keeps.
const most = 24

// A point is a delay, clocks' difference included, at an instant of our clock.
type point struct{ x, y int64 }

// A hull is the lower convex hull of points, as far as its slopes are possible drifts.
type hull struct {
	n      int
	points [most + 1]point // by x
}

// add takes a point in and tells whether that changes anything. A point matters if it is lower than what every other one lets it be.
func (h *hull) add(p point) bool {
	for _, q := range h.points[:h.n] {
		if q.y+wander(p.x-q.x) <= p.y {
			return false
		}
	}
	i, n := 0, 0
	for _, q := range h.points[:h.n] {
		if p.y+wander(p.x-q.x) > q.y {
			h.points[n] = q
			n++
			if q.x < p.x {
				i = n
			}
		}
	}
	copy(h.points[i+1:], h.points[i:n])
	h.points[i] = p
	h.n = n + 1
	h.straighten()
	if h.n > most {
		h.thin()
	}
	return true
}

// straighten removes what is not below the line between its neighbours.
func (h *hull) straighten() {
	n := 0
	for _, p := range h.points[:h.n] {
		for n > 1 && depth(h.points[n-2], h.points[n-1], p) <= 0 {
			n--
		}
		h.points[n] = p
		n++
	}
	h.n = n
}

// thin removes the point that is missed least.
func (h *hull) thin() {
	least := 1
	for i := 2; i < h.n-1; i++ {
		if h.depth(i) < h.depth(least) {
			least = i
		}
	}
	h.n = least + copy(h.points[least:], h.points[least+1:h.n])
}

func (h *hull) depth(i int) float64 { return depth(h.points[i-1], h.points[i], h.points[i+1]) }

// depth is how far q is below the line from p to r.
func depth(p, q, r point) float64 {
	return float64(p.y-q.y) + float64(r.y-p.y)*float64(q.x-p.x)/float64(r.x-p.x)
}

// reach is how high the line with a slope that touches the hull from below is at an instant, and how old the point is where it does.
func (h *hull) reach(x int64, slope float64) (y, age int64) {
	for i, p := range h.points[:h.n] {
		if at := p.y + int64(float64(x-p.x)*slope); i == 0 || at < y {
			y, age = at, x-p.x
		}
	}
	return y, age
}
