package server

import (
	"errors"
	"fmt"
	"time"
)

// bot is an app that does a bit of everything.
type bot struct {
	N      int
	Heard  []string
	Rings  int
	Times  []time.Time
	Blobs  map[string][]byte
	hidden int
}

func botApp() App { return App{Name: "bot", New: func() CA { return new(bot) }, Version: "1"} }

func (b *bot) Init(tx *Tx) error   { b.Heard = append(b.Heard, "init"); return nil }
func (b *bot) Resume(tx *Tx) error { b.hidden++; return nil }
func (b *bot) OnFailed(tx *Tx, r Response) error {
	b.Heard = append(b.Heard, "failed "+r.Method+": "+r.Err.Error())
	return nil
}

func (b *bot) Add(tx *Tx, n int) (int, error) { b.N += n; return b.N, nil }
func (b *bot) Get(tx *Tx) int                 { return b.N }
func (b *bot) Log(tx *Tx) []string            { return b.Heard }
func (b *bot) Clear(tx *Tx)                   { b.Heard = nil }
func (b *bot) Who(tx *Tx) string              { return tx.Caller().String() + " to " + tx.Self().CA() }
func (b *bot) Hidden(tx *Tx) int              { return b.hidden }

func (b *bot) Fail(tx *Tx, n int) error {
	b.N += n
	tx.Send("bob/home", "Hear", "never")
	tx.After(0, "Hear", "never")
	_ = tx.Allow(Anyone())
	tx.Notify("*", "never")
	return errors.New("as asked")
}

func (b *bot) Panic(tx *Tx) { b.N = -1; panic("secret") }

func (b *bot) Hear(tx *Tx, what string) error {
	if what == "bad" {
		return errors.New("won't hear that")
	}
	b.Heard = append(b.Heard, tx.Caller().CA()+": "+what)
	return nil
}

func (b *bot) Tell(tx *Tx, to, what string) { tx.Send(to, "Hear", what) }

func (b *bot) Ask(tx *Tx, to string, n int) { tx.Send(to, "Add", n).Then("Told") }

func (b *bot) Told(tx *Tx, r Response) error {
	var n int
	if err := r.Decode(&n); err != nil {
		b.Heard = append(b.Heard, "refused: "+err.Error())
		return nil
	}
	b.Heard = append(b.Heard, fmt.Sprintf("%s says %d", r.From.CA(), n))
	return nil
}

func (b *bot) AskWrong(tx *Tx) { tx.Send("bob/home", "Add", 1).Then("Nobody") }

func (b *bot) Open(tx *Tx, who string, methods []string) error {
	return tx.Allow(Principal(who), methods...)
}
func (b *bot) OpenKnown(tx *Tx, n uint64, method string) error { return tx.Allow(Known(n), method) }
func (b *bot) Close(tx *Tx, who string) error                  { return tx.Deny(Principal(who)) }
func (b *bot) Revoke(tx *Tx, who string, methods []string) bool {
	return tx.Revoke(Principal(who), methods...)
}

func (b *bot) Why(tx *Tx, who, method string) (string, error) {
	_, why, err := tx.Explain(who, method)
	return why, err
}

type ledgerRow struct {
	Who                       string
	Accepted, Denied, Changes uint64
}

func (b *bot) Ledger(tx *Tx) ([]ledgerRow, error) {
	all, err := tx.Ledger(100)
	rows := []ledgerRow{}
	for _, h := range all {
		rows = append(rows, ledgerRow{h.Who.CA(), h.Accepted, h.Denied, h.Changes})
	}
	return rows, err
}

func (b *bot) RingIn(tx *Tx, ms int) TimerID {
	return tx.After(time.Duration(ms)*time.Millisecond, "Ring")
}
func (b *bot) RingEvery(tx *Tx, ms int) TimerID {
	return tx.Every(time.Duration(ms)*time.Millisecond, "OnRing", "every", 7)
}
func (b *bot) Quiet(tx *Tx, id TimerID) bool { return tx.Cancel(id) }
func (b *bot) Ring(tx *Tx)                   { b.Rings++ }
func (b *bot) Rung(tx *Tx) int               { return b.Rings }
func (b *bot) OnRing(tx *Tx, t Timer) error {
	var s string
	var n int
	if err := t.Args(&s, &n); err != nil {
		return err
	}
	b.Rings++
	b.Heard = append(b.Heard, fmt.Sprint(s, n, tx.Now().Sub(t.Due)))
	return nil
}

func (b *bot) Keep(tx *Tx, name string, data []byte, at time.Time) {
	if b.Blobs == nil {
		b.Blobs = map[string][]byte{}
	}
	b.Blobs[name] = data
	b.Times = append(b.Times, at)
}

func (b *bot) Kept(tx *Tx, name string) []byte { return b.Blobs[name] }
func (b *bot) Forget(tx *Tx, name string)      { delete(b.Blobs, name) }
func (b *bot) Whens(tx *Tx) []time.Time        { return b.Times }
func (b *bot) Big(tx *Tx, n int) string        { return string(make([]byte, n)) }
func (b *bot) End(tx *Tx)                      { tx.Destroy() }
