package server

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/sky"
)

// Tx is a transaction: the handling of one message. What a CA does through it happens when its method has returned without an error and the change
// is durable, or not at all. It must not be used by other goroutines, nor after the method has returned.
//
// A call that can't be carried out, a malformed name for instance, fails the whole message with its error, whatever the method returns.
type Tx struct {
	tx    *actor.Tx
	class *class
	err   error
	asked string // the method that answers a query, which may change nothing; empty for none

	raised     []raised
	directives []sky.Directive
}

func (tx *Tx) fail(err error) {
	if tx.err == nil {
		tx.err = err
	}
}

// Self is the CA that handles the message.
func (tx *Tx) Self() Who { return who(tx.tx.Self()) }

// Caller is the authenticated sender, with the groups that let it in.
func (tx *Tx) Caller() Who {
	w := who(tx.tx.Message().From)
	d := tx.gate().Decision(tx.tx)
	w.Chain = d.Chain.Names()
	return w
}

// Now is the instant of the transaction; it stays the same for its whole length.
func (tx *Tx) Now() time.Time { return clock.FromMicros(tx.tx.Now()) }

// Log writes a line to the server's log once the change is durable. Args are pairs of keys and values, as for slog. If the message fails, the line appears with undone=true.
func (tx *Tx) Log(text string, args ...any) {
	log := tx.class.srv.log.With(slog.String("ca", tx.tx.Self().String()))
	tx.effects(func(e *effects) { e.logs = append(e.logs, logLine{log, text, args}) })
}

// Sent is a message that leaves when the transaction commits.
type Sent struct {
	tx     *Tx
	number uint64
}

// Send has another CA's method called, once, after this transaction has committed: through crashes of either side, in order, for up to seven days. To is a name
// like bob/home, or otherapp:bob/home. The receiver's policy decides. A failure comes to OnFailed, if there is one.
func (tx *Tx) Send(to, method string, args ...any) Sent {
	tx.changes("Send")
	number, err := tx.post(to, method, args)
	if err != nil {
		tx.fail(fmt.Errorf("send %s to %s: %w", method, to, err))
	}
	return Sent{tx, number}
}

func (tx *Tx) post(to, method string, args []any) (number uint64, err error) {
	target, err := name.ParseCA(to, tx.tx.Self().App)
	if err != nil {
		return 0, err
	}
	if target.Host != "" {
		return 0, errors.New("it is on another server")
	}
	packed, err := marshalAll(args)
	if err != nil {
		return 0, err
	}
	return tx.tx.Post(target, method, packed)
}

// Then names the method, one that takes a Response, that gets the answer: the result, the failure or the refusal.
func (s Sent) Then(method string) {
	if m := s.tx.class.methods[method]; m == nil || m.handler != typeResponse {
		s.tx.fail(fmt.Errorf("then %s: there is no such method that takes a server.Response", method))
		return
	}
	s.tx.tx.Then(s.number, method)
}

// Notify sends a value to sessions of the CA: "phone", or "*" for all of its owner's; "bob/phone", "bob/*", "*/*" for those of others. Notifications are kept to each
// session's limit, oldest dropped first, and do not survive a restart of the server.
func (tx *Tx) Notify(session string, value any) {
	tx.changes("Notify")
	packed, err := marshal(value)
	if err != nil {
		tx.fail(fmt.Errorf("notify: %w", err))
		return
	}
	self := tx.tx.Self()
	tx.effects(func(e *effects) {
		if len(e.notes) >= maxNotes {
			tx.fail(fmt.Errorf("notify: at most %d notifications a message", maxNotes))
			return
		}
		e.notes = append(e.notes, note{self, session, packed})
	})
}

func (tx *Tx) effects(do func(*effects)) {
	tx.tx.Use(tx.class.srv.effects, func(p actor.Part) { do(p.(*effects)) })
}

// Destroy removes the CA, with its timers, its devices' tokens and all it has stored, once this transaction has committed. Messages that it has sent still arrive, and those it has
// subscriptions with (Link) hear that these are over, as by EndSubscription; events raised on them that are still on their way don't arrive. Init can't call
// it, for whoever asked would have the CA made again at once: return an error there.
func (tx *Tx) Destroy() {
	tx.changes("Destroy")
	if tx.tx.Message().Kind == actor.Init {
		tx.fail(errors.New("destroy: this assistant is only being made; let Init return an error"))
		return
	}
	for _, leave := range []func(*actor.Tx) error{tx.class.srv.subscriptions.Leave, tx.channels().Leave} {
		if err := leave(tx.tx); err != nil {
			tx.fail(fmt.Errorf("destroy: %w", err))
		}
	}
	tx.devices((*devices).forgetAll)
	tx.tx.Destroy()
}

func (tx *Tx) gate() *bus.Gate { return tx.class.srv.gate }
