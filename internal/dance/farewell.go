package dance

// Farewell is what the peer has yet to hear where the whole book is given up, now: what Finish would send, and of what has ended the words that were not answered.
func (r Record) Farewell(now int64) []Send {
	if r.State == Ended {
		return r.stay().and(r.Owed.list()...).Send
	}
	return r.Finish("", now).Send
}
