package actor

import (
	"errors"
	"sync"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// MaxTx is how many bytes one transaction may add to a CA's store besides the state: messages, timers, and what features keep.
const MaxTx = 16 << 20

// Tx is the handling of one message by one CA. It belongs to the goroutine of the method; once the method has returned, or overrun its deadline, it is dead.
type Tx struct {
	ca       *CA
	m        *Message
	started  int64 // µs UTC
	deadline int64 // µs UTC
	reported bool  // as slow; the watch's own

	mu    sync.Mutex
	over  over
	spent int // bytes
}

// over tells how a transaction's method ended.
type over uint8

const (
	running over = iota
	finished
	overrun
	exited // it has ended its goroutine
)

// errDead unwinds a method that goes on after its deadline.
var errDead = errors.New("actor: this transaction is over: its method has returned or overran its deadline")

var errMaxTx = wire.Err(wire.TooLarge, "One message may add at most 16 MiB of messages, timers and entries; do it in several.")

// Self is the name of the CA.
func (tx *Tx) Self() name.Name { return tx.ca.name }

// Message is what is being handled.
func (tx *Tx) Message() *Message { return tx.m }

// Now is the instant of the transaction in µs UTC. It stays the same for its whole length.
func (tx *Tx) Now() int64 { return tx.started }

// Use calls do with the CA's part of a feature. It panics when the transaction is over, which ends a method that runs on past its deadline.
func (tx *Tx) Use(f Feature, do func(Part)) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.over != running {
		panic(errDead)
	}
	do(tx.ca.part(f))
}

// Spend takes n bytes of what the transaction may write (MaxTx). Features call it for all that an author gives them to keep.
func (tx *Tx) Spend(n int) error {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if n > MaxTx-tx.spent {
		return errMaxTx
	}
	tx.spent += n
	return nil
}

func (tx *Tx) ended() over {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.over
}

// end closes the transaction when its method returns; false means that the deadline came first.
func (tx *Tx) end() bool { return tx.close(finished) }

func (tx *Tx) close(how over) bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.over != running {
		return false
	}
	tx.over = how
	return true
}
