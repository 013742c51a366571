package dance

// State is where one side of a subscription stands.
type State uint8

// The states.
const (
	Pending     State = iota + 1 // asked by us
	Waiting                      // asked of us: it lies in the inbox
	Confirming                   // approved by us; whether the peer knows is open
	Established                  // both hold a channel
	Ended                        // over, and kept for late repetitions
)

// End is how a subscription ended.
type End uint8

// The ends.
const (
	Refused   End = iota + 1 // by the one who was asked
	Withdrawn                // by the asker, before it was established
	Expired                  // nobody answered in time
	Over                     // by either, afterwards
	Gone                     // the peer knows nothing of it any more
	Failed                   // the peer did not want what it had asked for
)

// Record is one side of one subscription. It is a value: no method changes it, each returns the Step to the next one.
// ECI, Doorbell and Secret open doors: seal them at rest, and show them to nobody.
type Record struct {
	ID       string
	Gen      Gen
	State    State
	Outbound bool // we asked

	Name, Namespace, Relationship string
	ChannelName, ChannelType      string
	RxRole, TxRole                string // mine, the peer's

	Channel  string // the name of our channel; empty while none was made
	Host     string // the peer's server; empty means ours
	ECI      string // the peer's channel; empty while we know none
	Doorbell string // what we rang; empty where we were asked
	Secret   string // the invitation with which we asked

	From     string // who asks, as they say
	Verified bool   // set by whoever drives: From is vouched for, or on this server
	Why      string

	Since   int64 // when State began
	Expires int64 // when a Pending or Waiting one ends by itself
	End     End   // of an Ended one
	Reason  string

	Owed  Kinds // sent, and not answered yet
	Idle  Kinds // of these: given up for now, sent again at Again
	Again int64
	Tries int
}

// Kinds is a set of kinds.
type Kinds uint8

func setOf(kinds ...Kind) (s Kinds) {
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

// Has tells whether k is among them.
func (s Kinds) Has(k Kind) bool { return s&setOf(k) != 0 }

func (s Kinds) list() (kinds []Kind) {
	for k := Request; k <= Remove; k++ {
		if s.Has(k) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// Durations, in µs.
const (
	minute    = int64(60_000_000)
	day       = 24 * 60 * minute
	Within    = 30 * day // how long a request waits, unless said otherwise
	Tombstone = 7 * day  // how long what has ended is kept
	Patience  = 90 * day // how long a farewell is repeated, and its record kept for that
)
