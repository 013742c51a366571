package server

import (
	"errors"
	"math/big"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// odd is an app whose author keeps all that Go can hold.
type odd struct {
	base
	Ints  []int
	Pairs map[int]int
	Text  string
	Chain *chain
	Any   any
	When  time.Time
	Big   *big.Int
	Addr  netip.Addr
	Nil   map[string]int
	Empty map[string]int
	Cache map[string]int `json:"-"`
}

type base struct {
	Inner   map[string]int
	scratch int
}

type chain struct{ Next *chain }

func oddApp() App { return App{Name: "odd", New: func() CA { return new(odd) }} }

func (o *odd) Init(*Tx) error {
	o.Empty, o.Inner = map[string]int{}, map[string]int{"a": 1}
	return nil
}
func (o *odd) Ok(*Tx) int     { return 1 }
func (o *odd) Fail(*Tx) error { return errors.New("as asked") }

func (o *odd) LongList(*Tx)  { o.Ints = make([]int, 200_000) }
func (o *odd) WideMap(*Tx)   { o.Pairs = numbered(140_000) }
func (o *odd) RawText(*Tx)   { o.Text = "\xff\xfe" }
func (o *odd) LongChain(*Tx) { o.Chain = chained(40) }
func (o *odd) Address(*Tx)   { o.Addr = netip.MustParseAddr("10.0.0.1") }

func (o *odd) TooLongChain(*Tx) { o.Chain = chained(maxStateDepth + 1) }
func (o *odd) Cycle(*Tx)        { o.Chain = &chain{}; o.Chain.Next = o.Chain }
func (o *odd) AnyCycle(*Tx)     { m := map[string]any{}; m["m"] = []any{m}; o.Any = m }
func (o *odd) AnyMap(*Tx)       { o.Any = map[int]string{1: "a"} }
func (o *odd) AnyChan(*Tx)      { o.Any = make(chan int) }
func (o *odd) FarYear(*Tx)      { o.When = time.Date(10001, 1, 1, 0, 0, 0, 0, time.UTC) }
func (o *odd) HugeNumber(*Tx)   { o.Big, _ = new(big.Int).SetString(strings.Repeat("9", 50), 10) }

func (o *odd) BadResult(*Tx) string       { o.Ints = []int{1}; return "\xff" }
func (o *odd) DeepResult(*Tx) *chain      { o.Ints = []int{1}; return chained(40) }
func (o *odd) CyclicResult(*Tx) any       { o.Ints = []int{1}; m := map[string]any{}; m["m"] = m; return m }
func (o *odd) OddKeys(*Tx) any            { o.Ints = []int{1}; return map[any]any{true: 1} }
func (o *odd) BadNote(tx *Tx)             { o.Ints = []int{1}; tx.Notify("*", "\xff") }
func (o *odd) BadMessage(tx *Tx)          { o.Ints = []int{1}; tx.Send("alice/home", "Take", "\xff") }
func (o *odd) BadTimer(tx *Tx)            { o.Ints = []int{1}; tx.After(0, "Take", "\xff") }
func (o *odd) Take(_ *Tx, s string)       { o.Text = s }
func (o *odd) Length(_ *Tx) int           { return len(o.Ints) }
func (o *odd) Count(_ *Tx, all []int) int { return len(all) }
func (o *odd) Whole(_ *Tx, n uint8) uint8 { return n }
func (o *odd) List(_ *Tx, l []int) bool   { return l == nil }
func (o *odd) Keep(*Tx)                   { o.Cache, o.scratch = map[string]int{}, 7 }
func (o *odd) Kept(*Tx) bool              { return o.Cache != nil && o.scratch == 7 }
func (o *odd) Inside(*Tx) map[string]int  { return o.Inner }
func (o *odd) Nils(*Tx) []bool            { return []bool{o.Nil == nil, o.Empty == nil, len(o.Empty) == 0} }
func (o *odd) Spoil(*Tx) error {
	o.Inner["b"], o.Nil, o.Empty["x"] = 2, map[string]int{"a": 1}, 1
	delete(o.Inner, "a")
	return errors.New("as asked")
}

func chained(n int) (c *chain) {
	for range n {
		c = &chain{c}
	}
	return c
}

func numbered(n int) map[int]int {
	m := make(map[int]int, n)
	for i := range n {
		m[i] = i
	}
	return m
}

// lives checks that a CA goes on after a method that failed, and after a restart.
func (k *kit) lives() {
	k.t.Helper()
	k.refused("alice", "odd/alice/home/Fail", "[]", "failed")
	k.want("alice", "odd/alice/home/Ok", "[]", "1")
	k.restart()
	k.want("alice", "odd/alice/home/Ok", "[]", "1")
}

func TestCA3_WhatWasAcceptedCanBeReadBack(t *testing.T) {
	for _, method := range []string{"LongList", "WideMap", "RawText", "LongChain", "Address"} {
		t.Run(method, func(t *testing.T) {
			k := newKit(t, oddApp())
			k.want("alice", "odd/alice/home/"+method, "[]", "null")
			k.t = t
			k.lives()
		})
	}
}

func TestCA1_WhatCouldNotBeReadBackIsRefused(t *testing.T) {
	for _, method := range []string{"TooLongChain", "Cycle", "AnyCycle", "AnyMap", "AnyChan", "FarYear", "HugeNumber"} {
		t.Run(method, func(t *testing.T) {
			k := newKit(t, oddApp())
			k.refused("alice", "odd/alice/home/"+method, "[]", "failed")
			k.lives()
		})
	}
}

func TestCA1_WhatOthersCouldNotReadIsRefusedWithAllThatWasDone(t *testing.T) {
	k := newKit(t, oddApp())
	for _, method := range []string{"BadResult", "DeepResult", "CyclicResult", "OddKeys", "BadNote", "BadMessage", "BadTimer"} {
		k.refused("alice", "odd/alice/home/"+method, "[]", "failed")
		k.want("alice", "odd/alice/home/Length", "[]", "0")
	}
	k.lives()
}

func TestCA1_EmbeddedStateIsTakenBackAndScratchIsNot(t *testing.T) {
	k := newKit(t, oddApp())
	k.want("alice", "odd/alice/home/Keep", "[]", "null")
	k.refused("alice", "odd/alice/home/Spoil", "[]", "failed")
	k.want("alice", "odd/alice/home/Inside", "[]", `{"a":1}`)
	k.want("alice", "odd/alice/home/Nils", "[]", "[true,false,true]")
	k.want("alice", "odd/alice/home/Kept", "[]", "true")
	k.restart()
	k.want("alice", "odd/alice/home/Inside", "[]", `{"a":1}`)
	k.want("alice", "odd/alice/home/Nils", "[]", "[true,false,true]")
}

func TestArgumentsAreOfTheirTypes(t *testing.T) {
	k := newKit(t, oddApp())
	for _, args := range []string{"[null]", "[256]", "[-1]", "[1.5]", `["1"]`, "[true]", "[[]]", "[1e300]"} {
		k.refused("alice", "odd/alice/home/Whole", args, "bad_request")
	}
	for _, args := range []string{"[1]", "[1.0]", "[1e0]", "[10e-1]"} {
		k.want("alice", "odd/alice/home/Whole", args, "1")
	}
	k.want("alice", "odd/alice/home/List", "[null]", "true")
	k.want("alice", "odd/alice/home/List", "[[]]", "false")
	k.want("alice", "odd/alice/home/Count", "["+"["+strings.Repeat("0,", 199_999)+"0]]", "200000")
}

type pointed struct{ *base }

type twins struct {
	A int `cbor:"x"`
	B int `cbor:"x"`
}

type hiding struct{ holder }

type holder struct{ C chan int }

func TestStateThatCouldNotBeKeptIsFoundAtStart(t *testing.T) {
	for want, of := range map[string]func() CA{
		"embed the struct itself": func() CA { return &pointed{} },
		"neither would be kept":   func() CA { return &twins{} },
		"can't be sent":           func() CA { return &hiding{} },
	} {
		if _, err := newClass(nil, &App{Name: "odd", New: of}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want one that says %q", err, want)
		}
	}
}
