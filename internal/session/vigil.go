package session

// A Vigil watches whether somebody takes what is left for it. The zero value is ready.
type Vigil struct {
	left  int   // bytes, at the last look
	since int64 // when it was seen to change the last time
	looks bool
}

// Over looks at how many bytes are left now. It tells whether they have stayed the same for as long as patience; times are in µs. More are a sign of life, too: an answer
// still being made fills the room that was taken between two looks, and where nobody takes anything there soon is none.
func (v *Vigil) Over(left int, now, patience int64) bool {
	if !v.looks || left != v.left {
		v.since = now
	}
	v.left, v.looks = left, true
	return now-v.since >= patience
}
