package policy

import (
	"strconv"
	"strings"

	"github.com/wabgo/wab/internal/wire"
)

// undecidedRetry is when to ask again for a decision that lacked a group, in milliseconds.
const undecidedRetry = 1000

// Explain says in one sentence what was decided, by which rule, and through which groups. It counts rules from 1, as people do. It is
// for the CA's owner; the caller gets Refusal.
func (d Decision) Explain() string {
	var b strings.Builder
	b.WriteString(clip(d.caller.String()))
	b.WriteString(d.verdict())
	b.WriteString(d.deed())
	b.WriteString(": ")
	b.WriteString(d.reason())
	if d.Chain.n > 0 {
		b.WriteString(", through ")
		b.WriteString(strings.Join(d.Chain.names[:d.Chain.n], " → "))
	}
	b.WriteByte('.')
	return b.String()
}

func (d Decision) verdict() string {
	switch {
	case d.Allowed:
		return " may "
	case d.Code == wire.Unavailable:
		return " may, for now, not "
	}
	return " may not "
}

func (d Decision) deed() string {
	if d.method == "" {
		return "open " + target(d.self, "")
	}
	if IsMap(d.method) {
		return "read " + target(d.self, d.method)
	}
	return "call " + target(d.self, d.method)
}

func (d Decision) reason() string {
	rule := "rule " + strconv.Itoa(d.Rule+1) + " "
	switch {
	case d.Rule != DefaultRule && d.Code == wire.Unavailable:
		return rule + d.rule.describe() + d.uncertainty()
	case d.Rule != DefaultRule:
		return rule + d.rule.describe()
	case d.Allowed:
		return "it is their own, and no rule denies it"
	case d.Code == wire.Unavailable:
		return "its rules cannot be read now"
	case d.doubt != NoDoubt:
		return "no rule allows it, as far as can be told" + d.uncertainty()
	}
	return "no rule allows it, and by default only its owner may"
}

// uncertainty tells which group was missing, and why.
func (d Decision) uncertainty() string {
	about := "; the group " + clip(d.about)
	switch d.doubt {
	case Unread:
		return "; what is remembered of the caller cannot be read now"
	case Away:
		return about + " has not arrived, or is cut off"
	case Shut:
		return about + " could not be read, for its owner does not let " + clip(d.self.String())
	case TooMany:
		return about + " leads to more groups than are followed"
	}
	return ", and who is in it is not known yet"
}

// Refusal is the error for the caller, nil if allowed. It tells nothing of the rules: those are the owner's.
func (d Decision) Refusal() *wire.Error {
	switch {
	case d.Allowed:
		return nil
	case d.Code == wire.Unavailable:
		return wire.Retry(d.Code, "Whether you may "+d.deed()+" cannot be told at the moment. Try again shortly.", undecidedRetry)
	}
	return wire.Err(d.Code, "You may not "+d.deed()+". Its owner, "+clip(d.self.Owner)+", decides who may.")
}
