package policy

import "slices"

// Named are the rules without those that allow all methods and maps: for what a rule has to name, because nobody thinks of it who allows everything.
func (rs Rules) Named() Rules {
	all := func(r Rule) bool { return !r.Deny && len(r.Methods) == 0 }
	if !slices.ContainsFunc(rs.list, all) {
		return rs
	}
	return Rules{slices.DeleteFunc(slices.Clone(rs.list), all)}
}
