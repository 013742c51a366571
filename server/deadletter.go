package server

import (
	"cmp"
	"slices"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/clock"
)

// DeadLetter is a message of this CA's that could not be delivered within seven days.
type DeadLetter struct {
	To     Who
	Method string
	Sent   time.Time
}

// DeadLetters tells which messages were given up, at most limit, the latest first. Their senders' handlers have heard of them too.
func (tx *Tx) DeadLetters(limit int) ([]DeadLetter, error) {
	var all []DeadLetter
	err := tx.tx.DeadLetters(func(d actor.DeadLetter) error {
		all = append(all, DeadLetter{To: who(d.To), Method: d.Method, Sent: clock.FromMicros(d.Sent)})
		return nil
	})
	slices.SortFunc(all, func(a, b DeadLetter) int {
		return cmp.Or(b.Sent.Compare(a.Sent), cmp.Compare(a.To.String(), b.To.String()))
	})
	return all[:min(len(all), max(0, limit))], err
}
