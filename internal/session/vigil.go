package session

// A Vigil watches whether somebody takes what is left for it. The zero value is ready.
type Vigil struct {
	left  int    // bytes, at the last look
	taken uint64 // at the last look
	since int64  // when one of them was seen to change the last time
	looks bool
}

// Over looks at how many bytes are left now, and how many have been taken since the beginning, as far as that is known. It tells whether both have stayed the same for as long as
// patience; times are in µs. More are a sign of life, too: an answer still being made fills the room that was taken between two looks, and where nobody takes anything there soon is none.
func (v *Vigil) Over(left int, taken uint64, now, patience int64) bool {
	if !v.looks || left != v.left || taken != v.taken {
		v.since = now
	}
	v.left, v.taken, v.looks = left, taken, true
	return now-v.since >= patience
}
