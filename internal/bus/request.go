package bus

import (
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// Caller is a client whose token has been verified: the only way a person or a program enters the bus.
type Caller struct {
	Owner string       // who it is; the token's subject
	Scope policy.Scope // what the token is narrowed to, checked on arrival and again at the mailbox
}

// Key identifies a request through retries, so that it takes effect once. The zero Key promises nothing.
//
// A session's request is named by (owner, Run, ID); an HTTP request by (owner, Text). Receipts are durable with the change they answer for.
type Key struct {
	Run   string // the client's run of its session, 16 to 64 bytes
	ID    uint64 // rising within the run, from 1
	Floor uint64 // every ID below it is answered and seen: its receipt may go
	Retry bool   // the client may have sent it before: look for a receipt
	Text  string // an Idempotency-Key of at most 128 bytes, used when Run is empty; always looked up
}

// repeats tells whether a receipt is looked for.
func (k *Key) repeats() bool { return k.Retry || (k.Run == "" && k.Text != "") }

// Request is a call of a CA's method by a client.
type Request struct {
	Caller Caller
	To     name.Name // a complete CA name: app, owner, local
	// Method is an exported one. Empty opens the CA: it is created if the caller owns it, and nothing is run. A map's label, without Args, asks
	// to read that map: it is decided and counted like a call, answered with null, and nothing is run.
	Method string
	Args   []byte // one CBOR array
	Key    Key
	// Reply is called exactly once, after what it may show is durable. It must not block and may run on any goroutine.
	Reply func(Reply)
}

// Reply is a request's outcome: a result or an error, never both.
type Reply struct {
	Result []byte      // one CBOR item, null for a method without a result
	Err    *wire.Error // nil on success
}
