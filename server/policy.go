package server

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
)

// Allow lets a subject request methods of this CA, and read maps, which are named by their labels beside the methods; no names means all. Without rules a CA
// serves its own owner, in the same app, only.
func (tx *Tx) Allow(who Subject, methods ...string) error {
	tx.changes("Allow")
	return tx.rule(policy.Rule{Methods: methods}, who)
}

// Deny keeps a subject from methods and maps; no names means all. A deny wins over any Allow, and over the owner too.
func (tx *Tx) Deny(who Subject, methods ...string) error {
	tx.changes("Deny")
	return tx.rule(policy.Rule{Deny: true, Methods: methods}, who)
}

// Revoke takes back what Allow or Deny said of the same subject and methods, and tells whether it had been said.
func (tx *Tx) Revoke(who Subject, methods ...string) bool {
	tx.changes("Revoke")
	r := policy.Rule{Methods: methods, Who: who.in(tx.tx.Self())}
	allowed := tx.gate().Revoke(tx.tx, r)
	r.Deny = true
	return tx.gate().Revoke(tx.tx, r) || allowed
}

func (tx *Tx) rule(r policy.Rule, who Subject) error {
	if who.err != nil {
		return who.err
	}
	for _, m := range r.Methods {
		if !policy.IsMap(m) && !tx.class.admits(m) && !mayRule(m, r.Deny) {
			return fmt.Errorf("rule: %s has no method %q that can be requested", tx.class.app.Name, m)
		}
	}
	r.Who = who.in(tx.tx.Self())
	return tx.gate().Allow(tx.tx, r)
}

// Explain tells whether a principal may request a method, read a map, or, by the label of a device's right, such as lamp-write, have the device do something, now, and which rule says so, through which groups.
func (tx *Tx) Explain(principal, method string) (allowed bool, why string, err error) {
	n, err := name.Parse(principal)
	if err != nil {
		return false, "", err
	}
	decide := tx.gate().Decide
	if tx.isRight(method) {
		decide = tx.gate().DecideNamed
	}
	d := decide(tx.tx, n.In(tx.tx.Self().App), method)
	return d.Allowed, d.Explain(), nil
}

// History is what a CA's ledger says about a principal: changes exactly, the rest as of at most 10 s before a crash.
type History struct {
	Who         Who
	First, Last time.Time // zero if there was no interaction
	Accepted    uint64    // messages that policy let in
	Denied      uint64    // messages that it refused
	Changes     uint64    // accepted ones that changed something
}

// History tells what a principal has done with this CA.
func (tx *Tx) History(principal string) (History, error) {
	n, err := name.Parse(principal)
	if err != nil {
		return History{}, err
	}
	n = n.In(tx.tx.Self().App)
	e, err := tx.gate().History(tx.tx, n)
	return history(n, e), err
}

// Ledger tells what everybody has done with this CA, at most limit principals, the latest first.
func (tx *Tx) Ledger(limit int) ([]History, error) {
	var all []History
	err := tx.gate().Ledger(tx.tx, func(n name.Name, e bus.Entry) error {
		all = append(all, history(n, e))
		return nil
	})
	slices.SortFunc(all, func(a, b History) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Who.String(), b.Who.String()))
	})
	return all[:min(len(all), max(0, limit))], err
}

func history(n name.Name, e bus.Entry) History {
	h := History{Who: who(n), Accepted: e.Accepted, Denied: e.Denied, Changes: e.Changes}
	if e.First != 0 {
		h.First, h.Last = clock.FromMicros(e.First), clock.FromMicros(e.Last)
	}
	return h
}
