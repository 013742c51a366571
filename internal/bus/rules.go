package bus

import (
	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
)

// Allow adds a rule to the CA's policy when the transaction commits. Its errors are *wire.Error.
func (g *Gate) Allow(tx *actor.Tx, r policy.Rule) (err error) {
	tx.Use(g, func(p actor.Part) { err = p.(*guard).add(r) })
	return err
}

// Revoke removes a rule, exactly as it was added, and tells whether it was there.
func (g *Gate) Revoke(tx *actor.Tx, r policy.Rule) (was bool) {
	tx.Use(g, func(p actor.Part) {
		guard := p.(*guard)
		guard.rules, was = guard.rules.Remove(r)
		guard.changed = guard.changed || was
	})
	return was
}

func (g *guard) add(r policy.Rule) error {
	rules, err := g.rules.Add(r)
	if err != nil {
		return err
	}
	g.changed = g.changed || rules.Len() != g.rules.Len()
	g.rules = rules
	return nil
}

// Rules are the CA's rules, as the transaction sees them.
func (g *Gate) Rules(tx *actor.Tx) (rules policy.Rules) {
	tx.Use(g, func(p actor.Part) { rules = p.(*guard).rules })
	return rules
}

// Decide tells what the CA's policy says of a call, and why.
func (g *Gate) Decide(tx *actor.Tx, caller name.Name, method string) (d policy.Decision) {
	tx.Use(g, func(p actor.Part) {
		d = p.(*guard).decide(caller, method)
	})
	return d
}

// DecideNamed tells what the CA's policy says of something that only a rule opens which names it: those that allow everything don't count.
func (g *Gate) DecideNamed(tx *actor.Tx, caller name.Name, item string) (d policy.Decision) {
	tx.Use(g, func(p actor.Part) {
		guard := p.(*guard)
		guard.looks = policy.MaxGroups
		d = policy.DecideNamed(guard.ca.Name(), caller, item, guard.rules, guard)
	})
	return d
}

// Decision is the one that let the message in.
func (g *Gate) Decision(tx *actor.Tx) (d policy.Decision) {
	tx.Use(g, func(p actor.Part) {
		if known := p.(*guard).decision; known != nil {
			d = *known
		}
	})
	return d
}

// History is what the CA's ledger says about a principal, as of the last message.
func (g *Gate) History(tx *actor.Tx, principal name.Name) (e Entry, err error) {
	tx.Use(g, func(p actor.Part) {
		var r *row
		p.(*guard).countArrivals(tx.Now())
		if r, err = p.(*guard).ledger.row(principal); err == nil {
			e = r.Entry
		}
	})
	return e, err
}

// Ledger visits what the CA's ledger says about everybody, in no particular order.
func (g *Gate) Ledger(tx *actor.Tx, visit func(name.Name, Entry) error) (err error) {
	tx.Use(g, func(p actor.Part) {
		p.(*guard).countArrivals(tx.Now())
		err = p.(*guard).ledger.each(visit)
	})
	return err
}
