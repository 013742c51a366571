package actor

import "github.com/wabgo/wab/internal/name"

// DeadLetter is a message that was given up after seven days.
type DeadLetter struct {
	To     name.Name
	Method string
	Sent   int64 // µs UTC
}

// DeadLetters visits the messages of the CA that were given up, in no particular order.
func (tx *Tx) DeadLetters(visit func(DeadLetter) error) (err error) {
	tx.Use(outboxFeature{}, func(p Part) {
		err = p.(*outbox).ca.Scan(ColdKey(letterBurial), func(_, value []byte) error {
			dead, err := parsePost(value)
			if err != nil {
				return err
			}
			return visit(DeadLetter{To: dead.to, Method: dead.method, Sent: dead.created})
		})
	})
	return err
}
