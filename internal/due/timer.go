package due

// Times of asking again, in µs.
const (
	firstPause   = 500_000
	longestPause = 30_000_000
	patience     = 3_600_000 // ms: the longest delay of a server that is followed
)

// Timer is the time of one machine. Make it by New.
type Timer struct {
	Now  int64 // the instant of the latest input; it never goes back
	Wake int64 // the next instant at which something is due, or a little before; 0 when only an input can change anything

	random uint64
}

// New makes a timer. seed is of its jitter.
func New(seed uint64) Timer { return Timer{Now: 1, random: seed | 1} }

// Advance tells the instant of an input.
func (t *Timer) Advance(now int64) { t.Now = max(t.Now, now) }

// At wants to be woken at an instant to come.
func (t *Timer) At(at int64) {
	if at > t.Now && (t.Wake == 0 || at < t.Wake) {
		t.Wake = at
	}
}

// Due tells whether it is time to see what is due. If so, whoever has something to do later says so again, by At.
func (t *Timer) Due() bool {
	if t.Wake == 0 || t.Now < t.Wake {
		return false
	}
	t.Wake = 0
	return true
}

// Pause is how long to wait, in µs, after a server has refused for the time being: as long as it asked for, in ms, or ½ s that doubles up to 30 s
// with the number of refusals before, and up to half as much again.
func (t *Timer) Pause(refusals int, retryAfter int64) int64 {
	d := min(int64(firstPause)<<min(refusals, 10), longestPause)
	d = max(d, min(max(retryAfter, 0), patience)*1000)
	t.random ^= t.random << 13
	t.random ^= t.random >> 7
	t.random ^= t.random << 17
	return d + int64(t.random%uint64(d/2+1))
}
