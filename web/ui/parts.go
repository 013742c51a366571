package ui

import "github.com/a-h/templ"

// FieldProps describes a Field.
type FieldProps struct {
	ID, Label   string // required
	Name        string // in forms; empty: ID
	Value, Hint string
	Attrs       templ.Attributes // of the input
}

func (f FieldProps) name() string {
	if f.Name == "" {
		return f.ID
	}
	return f.Name
}

// LedgerRow is one principal's line of a Ledger, as text.
type LedgerRow struct{ Who, Changes, Refused, Last string }

// stateWords are what the badge says; parts/state.ts has the same.
var stateWords = map[string]string{
	"connecting": "Connecting",
	"live":       "Live",
	"resuming":   "Resuming",
	"offline":    "Offline",
	"refused":    "Refused",
}

func (p Page) title() string {
	switch {
	case p.App != "" && p.Title != "" && p.Title != p.App:
		return p.Title + " · " + p.App + " · wab"
	case p.App != "":
		return p.App + " · wab"
	}
	return p.Title + " · wab"
}

func (l link) attributes() templ.Attributes {
	if l.Integrity == "" {
		return nil
	}
	return templ.Attributes{"integrity": l.Integrity, "crossorigin": "anonymous"}
}
