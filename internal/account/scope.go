package account

import (
	"strconv"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// checkScope refuses what can never be called, so that a slip of the pen doesn't become a token that opens nothing.
func checkScope(s policy.Scope) error {
	if s.App != "" {
		if err := name.CheckApp(s.App); err != nil {
			return wire.Err(wire.BadRequest, "That app cannot be: "+err.Error()+".")
		}
	}
	if s.CA != "" {
		n, err := name.Parse(s.CA)
		if err != nil || n != (name.Name{Owner: n.Owner, Local: n.Local}) || n.Local == "" {
			return wire.Err(wire.BadRequest, `A ca is named by its owner and its own name, like "alice/home".`)
		}
	}
	if len(s.Methods) > maxMethods {
		return wire.Err(wire.TooLarge, "A token names at most "+strconv.Itoa(maxMethods)+" methods.")
	}
	for _, m := range s.Methods {
		if !methodName(m) && name.CheckLabel(m) != nil {
			return wire.Err(wire.BadRequest, "A method is named by a capital letter, then letters and digits, at most "+strconv.Itoa(maxMethodBytes)+" bytes; a map by its label.")
		}
	}
	return nil
}

func methodName(m string) bool {
	if m == "" || len(m) > maxMethodBytes || m[0] < 'A' || m[0] > 'Z' {
		return false
	}
	for i := range len(m) {
		c := m[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_') {
			return false
		}
	}
	return true
}
