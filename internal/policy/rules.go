package policy

import (
	"slices"
	"strconv"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Limits of the rules of one CA.
const (
	MaxRules       = 256
	MaxMethods     = 64 // in one rule, maps included
	MaxMethodBytes = 64
)

// Rule lets a subject call methods and read maps, or keeps it from them.
type Rule struct {
	Deny    bool
	Methods []string // methods by their names, maps by their labels; none means all methods and all maps
	Who     Subject
}

// Rules are the rules of one CA. They are never changed in place. The zero Rules are none.
type Rules struct{ list []Rule }

// Len is how many rules there are.
func (rs Rules) Len() int { return len(rs.list) }

// At is the rule at an index from 0, whose Methods are sorted and must not be changed.
func (rs Rules) At(i int) Rule { return rs.list[i] }

// Add returns the rules with one more. A rule that is there already is not added again. Errors are *wire.Error: bad_request for a
// rule that makes no sense, too_large beyond MaxRules.
func (rs Rules) Add(r Rule) (Rules, error) {
	r = r.tidy()
	if flaw := r.flaw(); flaw != "" {
		return rs, wire.Err(wire.BadRequest, "This rule cannot be: "+flaw+".")
	}
	if rs.index(r) >= 0 {
		return rs, nil
	}
	if len(rs.list) == MaxRules {
		return rs, wire.Err(wire.TooLarge, "A CA has at most "+strconv.Itoa(MaxRules)+" rules. Remove some, or use a group.")
	}
	return Rules{append(slices.Clip(rs.list), r)}, nil
}

// Remove returns the rules without the one that is exactly r, its methods in any order, and tells whether it was there.
func (rs Rules) Remove(r Rule) (Rules, bool) {
	i := rs.index(r.tidy())
	if i < 0 {
		return rs, false
	}
	return Rules{slices.Delete(slices.Clone(rs.list), i, i+1)}, true
}

func (rs Rules) index(r Rule) int { return slices.IndexFunc(rs.list, r.equal) }

// tidy copies the methods, sorts them, and leaves each once.
func (r Rule) tidy() Rule {
	if len(r.Methods) == 0 {
		r.Methods = nil
		return r
	}
	methods := slices.Clone(r.Methods)
	slices.Sort(methods)
	r.Methods = slices.Compact(methods)
	return r
}

func (r Rule) equal(other Rule) bool {
	return r.Deny == other.Deny && r.Who == other.Who && slices.Equal(r.Methods, other.Methods)
}

// flaw is why r can be no rule; empty if it can.
func (r Rule) flaw() string {
	if len(r.Methods) > MaxMethods {
		return "it names more than " + strconv.Itoa(MaxMethods) + " methods"
	}
	for _, m := range r.Methods {
		if flaw := methodFlaw(m); flaw != "" {
			return flaw
		}
	}
	return r.Who.flaw()
}

func methodFlaw(m string) string {
	if IsMap(m) {
		return mapFlaw(m)
	}
	if m == "" || len(m) > MaxMethodBytes {
		return "a method has 1 to " + strconv.Itoa(MaxMethodBytes) + " characters"
	}
	for i := range len(m) {
		if c := m[i] | 0x20; (c < 'a' || c > 'z') && (m[i] < '0' || m[i] > '9') && m[i] != '_' {
			return "a method has only letters, digits and '_'"
		}
	}
	return ""
}

// mapFlaw is why no map can have a label. It may stand where a method does, for methods begin with a capital letter.
func mapFlaw(label string) string {
	if err := name.CheckLabel(label); err != nil {
		return err.Error()
	}
	return ""
}

// names tells whether the rule is about a method. The empty method stands for opening the CA: whoever may call something may do it,
// and only who is denied everything may not.
func (r Rule) names(method string) bool {
	if len(r.Methods) == 0 {
		return true
	}
	if method == "" {
		return !r.Deny
	}
	return slices.Contains(r.Methods, method)
}

func (r Rule) describe() string {
	verb := "allows "
	if r.Deny {
		verb = "denies "
	}
	return verb + things(r.Methods) + " to " + r.Who.describe()
}
