package bundle

// Bundle is a list of commands and when to run them. Instants are µs since 1970 UTC by the server's clock, durations µs.
type Bundle struct {
	ID        string // 1 to 64 bytes, unique to the device: whatever comes again with it is known already
	At        int64  // when the first command is counted from; 0: the arrival
	Expires   int64  // a bundle doesn't start after it; 0: never
	Late      Policy // what becomes of what is late
	Tolerance int64  // lateness that still counts as in time; 0 means DefaultTolerance
	MaxBound  int64  // a device whose clock may be wrong by more refuses; 0: any clock will do
	Commands  []Command
	Recovery  []Command // runs, from then on, when the bundle is replaced, dropped or fails
	Moment    Moment    // starts it when it comes before At, which is then the deadline
	Beside    bool      // it replaces nothing, and nothing replaces it; its commands have no distances
}

// Command is one call of a device's handler.
type Command struct {
	After int64  // after the command before, or the start
	Name  string // 1 to 64 bytes
	Args  []byte // one CBOR array; none is an empty one
}

// Policy says what becomes of commands whose instants a device has missed.
type Policy uint8

// The policies.
const (
	Drop    Policy = iota // what is left of the bundle doesn't run
	RunNow                // all that was missed runs at once, in order
	RunRest               // what was missed is left out; the rest runs in time
)

// Limits, and what is meant where a bundle says nothing. Sizes are in bytes, durations in µs.
const (
	MaxID       = 64
	MaxName     = 64
	MaxRoom     = 256
	MaxMember   = 64
	MaxCommands = 1000 // with those of the recovery
	MaxEncoded  = 64 << 10
	MaxLength   = 24 * 3600 * 1_000_000       // from the start to the last command, and of the recovery
	MaxInstant  = 253_402_300_799 * 1_000_000 // the end of the year 9999

	DefaultTolerance = 50_000
	DefaultMaxBound  = 500_000 // of bundles that apps make, unless they say otherwise
)

func (b *Bundle) tolerance() int64 {
	if b.Tolerance == 0 {
		return DefaultTolerance
	}
	return b.Tolerance
}
