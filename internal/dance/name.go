package dance

import "strconv"

var (
	gens     = [...]string{Article: "article", Wrangler: "wrangler"}
	kinds    = [...]string{Request: "request", Confirm: "confirm", Refuse: "refuse", Withdraw: "withdraw", Remove: "remove"}
	states   = [...]string{Pending: "pending", Waiting: "waiting", Confirming: "confirming", Established: "established", Ended: "ended"}
	ends     = [...]string{Refused: "refused", Withdrawn: "withdrawn", Expired: "expired", Over: "over", Gone: "gone", Failed: "failed"}
	outcomes = [...]string{Delivered: "delivered", NoChannel: "no channel", Denied: "denied", GivenUp: "given up"}
)

func (g Gen) String() string     { return word(gens[:], uint8(g)) }
func (k Kind) String() string    { return word(kinds[:], uint8(k)) }
func (o Outcome) String() string { return word(outcomes[:], uint8(o)) }

// String is the state as owners read it.
func (s State) String() string { return word(states[:], uint8(s)) }

// String is the end as owners read it; empty for none.
func (e End) String() string {
	if e == 0 {
		return ""
	}
	return word(ends[:], uint8(e))
}

func word(words []string, i uint8) string {
	if i == 0 || int(i) >= len(words) {
		return "unknown " + strconv.Itoa(int(i))
	}
	return words[i]
}
