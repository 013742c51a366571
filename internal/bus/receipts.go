package bus

import (
	"errors"
	"slices"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// Receipts make retries harmless: the outcome of a request that changed something is committed with the change.
const (
	ReceiptAge     = 24 * 3600 * 1_000_000 // µs for which a receipt is kept
	KeysPerCaller  = 1000                  // Idempotency-Keys kept for each caller
	MaxUnseen      = 1000                  // requests of one run that changed something and that the client has not seen answered
	MaxReceiptSize = 64_000                // bytes of a reply that is kept; a longer one is not repeated

	cachedRuns  = 64
	cachedRings = 4
)

var (
	errOtherRequest = wire.Err(wire.Conflict, "This Idempotency-Key, or event id, was used for another request.")
	errUnseen       = wire.Retry(wire.Overloaded, "This session has 1,000 answers that it has not confirmed to have seen; it must raise its floor.", 1000)
	errLongReply    = wire.Err(wire.TooLarge, "This request has run; its reply was over 64 kB and is not kept.")
	errReceipts     = wire.Retry(wire.Unavailable, "Receipts can't be read now.", 1000)
	errNoRoom       = errors.New("bus: too many receipts in a run")
	errReceipt      = errors.New("bus: a receipt is damaged")
)

// receipts of one CA. A session's receipts lie in numbered slots of its run: one that the client has seen makes room for the next,
// so that a client with one request in flight uses one slot for ever. Those of Idempotency-Keys lie in a ring for each caller.
type receipts struct {
	ca   *actor.CA
	gate *Gate
	runs map[string]*run // by the prefix of their keys

	rings map[string]*knownRing // of callers whose keys come often, by the same
	last  string                // the caller whose key came last

	// Where the receipt of the request being handled goes: into a slot of a run, or into a ring. Find sets it, for encode must not read.
	run   *run
	place *place
}

// place is where the next receipt of a caller's Idempotency-Keys goes.
type place struct {
	ring  ring
	known *knownRing // that the ring is read from, nil for none
}

// run is where the receipts of one client's run of a session lie.
type run struct {
	prefix []byte   // of their keys
	slots  []uint64 // the request id in each, 0 for none
}

// receipt is a stored outcome.
type receipt struct {
	id      uint64 // the request's number in its run, or the number in its caller's ring
	request []byte // what was asked, hashed: the same key must not be used for anything else
	long    bool   // the reply was too long to keep
	result  []byte
	sealed  bool // the result is
}

// forget lets go of the request that was handled.
func (s *receipts) forget() { s.run, s.place = nil, nil }

// find tells what became of a request that may have been sent before, and makes ready to keep its receipt.
func (s *receipts) find(a asked) actor.Verdict {
	old, err := s.lookUp(a)
	switch {
	case err == errNoRoom:
		return actor.Verdict{Refused: errUnseen}
	case err != nil:
		return actor.Verdict{Refused: errReceipts}
	case old == nil:
		return actor.Verdict{}
	case a.key.Run == "" && string(old.request) != string(digest(a)):
		return actor.Verdict{Refused: errOtherRequest}
	case old.long:
		return actor.Verdict{Refused: errLongReply}
	}
	result, err := s.unseal(old)
	if err != nil {
		return actor.Verdict{Refused: errReceipts}
	}
	return actor.Verdict{Replay: true, Result: result}
}

func (s *receipts) unseal(r *receipt) ([]byte, error) {
	switch {
	case !r.sealed:
		return r.result, nil
	case s.gate.Channels == nil:
		return nil, errReceipt
	}
	return s.gate.Channels.Unseal(s.ca, r.result)
}

func (s *receipts) lookUp(a asked) (*receipt, error) {
	switch {
	case a.key.Run != "":
		return s.inRun(a)
	case a.key.Text != "":
		return s.byText(a)
	}
	return nil, nil
}

// encode adds the receipt of a request to the commit of what it changed.
func (s *receipts) encode(c *actor.Commit, a asked, result []byte, now int64) {
	rec := receipt{result: result}
	if rec.long = len(result) > MaxReceiptSize; rec.long {
		rec.result = nil
	} else if s.gate.Channels != nil {
		rec.result, rec.sealed = s.gate.Channels.Seal(s.ca, result)
	}
	switch k := a.key; {
	case k.Run != "":
		s.keepInRun(c, a, &rec, now+ReceiptAge)
	case k.Text != "":
		rec.request = digest(a)
		s.keepByText(c, a, &rec, now+ReceiptAge)
	}
}

// caller is the part of a key that tells callers apart; owners' names hold no zero byte.
func caller(kind byte, a asked) []byte { return appendCaller(nil, kind, a) }

func appendCaller(b []byte, kind byte, a asked) []byte {
	b = append(actor.AppendReceiptKey(b, letter), kind)
	return append(append(b, a.owner...), 0)
}

func appendRunKey(b []byte, a asked) []byte {
	b = appendCaller(b, keySlot, a)
	return append(append(b, a.key.Run...), 0)
}

// slotKey is where a slot's receipt lies.
func (r *run) slotKey(slot int) []byte {
	return append(slices.Clip(r.prefix), byte(slot>>8), byte(slot))
}

// typicalRunKey has room for the keys of most runs: they are looked up with every request.
const typicalRunKey = 160

// open reads where a run's receipts lie.
func (s *receipts) open(a asked) error {
	var room [typicalRunKey]byte
	prefix := appendRunKey(room[:0], a)
	if s.run = s.runs[string(prefix)]; s.run != nil {
		return nil
	}
	s.run = &run{prefix: slices.Clone(prefix)}
	if a.key.ID > 1 || a.key.Retry {
		if err := s.ca.Receipts(s.run.prefix, s.run.readSlot); err != nil {
			return err
		}
	}
	if s.runs == nil || len(s.runs) >= cachedRuns {
		s.runs = map[string]*run{}
	}
	s.runs[string(s.run.prefix)] = s.run
	return nil
}

func (r *run) readSlot(key, value []byte) error {
	rec, err := parseReceipt(value)
	if at := key[len(r.prefix):]; err == nil && len(at) == 2 {
		r.set(int(at[0])<<8|int(at[1]), rec.id)
	}
	return err
}

func (r *run) set(slot int, id uint64) {
	for len(r.slots) <= slot {
		r.slots = append(r.slots, 0)
	}
	r.slots[slot] = id
}

// free is the first slot whose request the client has seen answered.
func (r *run) free(floor uint64) int {
	for i, id := range r.slots {
		if id < max(floor, 1) {
			return i
		}
	}
	return len(r.slots)
}

func (s *receipts) inRun(a asked) (*receipt, error) {
	if err := s.open(a); err != nil {
		return nil, err
	}
	if a.key.Retry {
		if i := slices.Index(s.run.slots, a.key.ID); i >= 0 {
			return s.read(s.run.slotKey(i))
		}
	}
	if s.run.free(a.key.Floor) >= MaxUnseen {
		return nil, errNoRoom
	}
	return nil, nil
}

func (s *receipts) keepInRun(c *actor.Commit, a asked, rec *receipt, until int64) {
	rec.id = a.key.ID
	i := s.run.free(a.key.Floor)
	s.run.set(i, rec.id)
	c.PutReceipt(s.run.slotKey(i), rec.encode(), until)
}

func (s *receipts) read(key []byte) (*receipt, error) {
	value, err := s.ca.Receipt(key)
	if err != nil || value == nil {
		return nil, err
	}
	return parseReceipt(value)
}

// A sealed receipt says so in one field more.
const (
	receiptFields       = 4
	sealedReceiptFields = 5
)

func (r *receipt) encode() []byte {
	fields := receiptFields
	if r.sealed {
		fields = sealedReceiptFields
	}
	b := cbor.AppendArrayHeader(make([]byte, 0, 48+len(r.result)), fields)
	b = cbor.AppendUint(b, r.id)
	b = cbor.AppendBytes(b, r.request)
	b = cbor.AppendBool(b, r.long)
	if b = cbor.AppendBytes(b, r.result); r.sealed {
		b = cbor.AppendBool(b, true)
	}
	return b
}

func parseReceipt(b []byte) (*receipt, error) {
	r := cbor.NewReader(b)
	fields := r.Array()
	if fields != receiptFields && fields != sealedReceiptFields {
		return nil, errReceipt
	}
	rec := &receipt{id: r.Uint(), request: slices.Clone(r.Bytes()), long: r.Bool(), result: slices.Clone(r.Bytes())}
	if fields == sealedReceiptFields {
		rec.sealed = r.Bool()
	}
	if r.Done() != nil {
		return nil, errReceipt
	}
	return rec, nil
}
