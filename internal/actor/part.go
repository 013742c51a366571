package actor

import "github.com/wabgo/wab/internal/wire"

// Feature is something that CAs can do beyond keeping state: send, set timers, keep rules. It joins every transaction through its Parts.
type Feature interface {
	// Letter begins the feature's side keys (see HotKey and ColdKey); A to D, I, X and Z are taken.
	Letter() byte
	// NewPart makes the feature's side of one activation. It is called when the CA is loaded with hot keys of the feature, or at its first use.
	NewPart(*CA) Part
}

// Part is a feature's share of one activation. The CA's turn calls it, never two goroutines at a time.
//
// Begin and one of Rollback and Encode bracket every message. Between them the part keeps what the message changes, so that Rollback can undo it;
// Encode hands the changes and their effects to the commit, where they join those of the messages before.
type Part interface {
	Begin()
	Rollback()
	Encode(*Commit)
}

// Loader is a Part with hot keys: Load takes each of them when the CA is loaded. The slices are the part's to keep.
type Loader interface {
	Load(key, value []byte) error
}

// Planner is a Part with work of its own at some instant.
type Planner interface {
	// Due is that instant in µs UTC, 0 for never. It is stored with each commit, so that a restart finds the CA.
	Due() int64
}

// Tender is a Part that has to be looked after now and then: it asks by CA.WakeAt.
type Tender interface {
	// Tend runs in a transaction of its own, without a message.
	Tend(now int64)
}

// Waiter is a Part that asks for an instant by CA.WakeAt: being tended, for whatever reason, ends what it asked for before.
type Waiter interface {
	// Awaits is that instant in µs UTC where it is still to come, 0 for none. It is not stored, and asked each time the CA has been tended.
	Awaits() int64
}

// Starter is a Part that may have to be tended when the server starts, whatever its Due says.
type Starter interface {
	// AtStart is asked with each commit, and is true until a later one says otherwise. It costs memory: besides a due time, which is then not in the store's index.
	AtStart() bool
}

// Ringer is a Part with messages of its own to the CA, each a transaction like any other.
type Ringer interface {
	// Next is the message to run now, nil for none. It is asked when the CA is tended, after Begin, until no part has any more; messages of others go in between.
	// The Kind is Changed, or Published: then it bears the true publisher in From, and the guard decides on it. The runtime sets To, and From otherwise.
	Next(now int64) *Message
	// Settled tells what became of such a message, before Encode. After an error the part has been taken back; what it changes now joins the commit nevertheless.
	// A part that would give the same message again at once has to wait some time first (CA.WakeAt).
	Settled(m *Message, err *wire.Error)
}

// Rider is a Part with changes that are not worth a write of their own: they go with the next one.
type Rider interface {
	// Ride is called after the other parts' Encode and before the guard's; Commit.Wrote tells whether anything is written.
	Ride(*Commit)
}

// Idler is a Part that may have to stay in memory.
type Idler interface {
	// Idle tells whether the activation may be dropped.
	Idle() bool
}

// Gate is the feature that guards every mailbox.
type Gate interface {
	Feature
	// Arrive refuses a message before it is queued, where that is already certain. Face is what the receiver's Guard has published, nil if it is not in memory.
	// It runs on the sender's goroutine and must not block.
	Arrive(m *Message, face any) *wire.Error
}

// Guard is the Gate's Part. It is encoded last, so that it sees whether the message changed anything (Commit.Wrote).
type Guard interface {
	Part
	// Admit decides on a Call or a Send as it is taken from the mailbox. A refusal is final.
	Admit(m *Message, now int64) Verdict
	// Recall decides on a Call to a CA that has been destroyed: what answered it before answers it again, nothing else is asked.
	Recall(m *Message, now int64) Verdict
	// Settle tells the outcome of the message before it is encoded.
	Settle(result []byte, err *wire.Error)
}

// Verdict is the guard's decision on a message. The zero Verdict lets it run.
type Verdict struct {
	Refused *wire.Error // not nil: refused, with the reason
	Done    bool        // it is counted like any other, but there is nothing to run: answer null
	Replay  bool        // it has run before: answer Result, do not run it again
	Result  []byte
}
