package server

import (
	"math/big"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
)

type (
	market struct{ N int }

	Item struct {
		Name    string
		Price   int64   `json:"price"`
		Count   uint32  `cbor:"count,omitempty" json:"other"`
		Weight  float32 `json:"weight"`
		Tags    []string
		More    []string `json:",omitempty"`
		Picture []byte   `json:"picture"`
		Made    time.Time
		Sold    time.Time `json:"sold,omitzero"`
		Late    time.Time `json:"late,omitempty"`
		Parent  *Item     `json:"parent"`
		Next    *Item     `json:"next,omitempty"`
		Any     any
		Dashed  bool `json:"to-day"`
		Minus   int8 `cbor:"-,"`
		Gone    int  `json:"-"`
		private int
	}

	tall struct{ Height, Depth int }
	Wide struct{ Width, Depth, Far int }
	Box  struct {
		tall
		*Wide
		Width string `json:"Width"`
	}

	Pair struct {
		_     struct{} `cbor:",toarray"`
		Left  string
		Right *int
	}
	Numbered struct {
		One string `cbor:"1,keyasint"`
	}
	Page[T any] struct {
		All  []T
		Next *string
	}
	Promise struct{ X bool } // as the global
	Code2   string
	Tree    []Tree
)

func (s *market) Init(*Tx) error                              { return nil }
func (s *market) OnRing(*Tx, Timer)                           {}
func (s *market) Private(n int) int                           { return n }
func (s *market) Nothing(*Tx)                                 {}
func (s *market) OnlyFails(*Tx) error                         { return nil }
func (s *market) Item(*Tx, Item, *Item, []Item) (Item, error) { return Item{}, nil }
func (s *market) Boxes(*Tx, Box) [2]Box                       { return [2]Box{} }
func (s *market) Odd(*Tx, Pair, Numbered, Tree) Promise       { return Promise{} }
func (s *market) Pages(*Tx, Page[string]) Page[Page[Item]]    { return Page[Page[Item]]{} }
func (s *market) Times(*Tx, time.Time, *time.Time) time.Time  { return time.Time{} }
func (s *market) Long(*Tx, time.Duration, any) time.Duration  { return 0 }
func (s *market) Words(*Tx, map[Code2]*int) map[string][]byte { return nil }
func (s *market) Numbers(*Tx, map[int]string) map[uint8]any   { return nil }
func (s *market) Bytes(*Tx, []byte, [4]byte) netip.Addr       { return netip.Addr{} }
func (s *market) Raw(*Tx, cbor.RawMessage) [][]string         { return nil }
func (s *market) Self(*Tx, market) struct{ A, B int }         { return struct{ A, B int }{} }
func (s *market) Big(*Tx, big.Int) *big.Int                   { return nil }
func (s *market) Empty(*Tx, struct{}, []*int)                 {}

const marketTypes = `// What the app market can be asked, made from its Go types: make it anew when they change.

export interface Market {
  Big(arg1: number | bigint): Promise<number | bigint | null>;
  Boxes(arg1: Box): Promise<Box[]>;
  Bytes(arg1: Uint8Array | null, arg2: Uint8Array): Promise<Uint8Array>;
  Empty(arg1: {}, arg2: (number | bigint | null)[] | null): Promise<null>;
  Item(arg1: Item, arg2: Item | null, arg3: Item[] | null): Promise<Item>;
  Long(arg1: number | bigint, arg2: unknown): Promise<number | bigint>;
  Nothing(): Promise<null>;
  Numbers(arg1: Map<number | bigint, string> | { [key: string]: never } | null): Promise<Map<number, unknown> | { [key: string]: never } | null>;
  Odd(arg1: [string, number | bigint | null], arg2: unknown, arg3: unknown[] | null): Promise<Promise2>;
  OnlyFails(): Promise<null>;
  Pages(arg1: PageString): Promise<PagePageItem>;
  Raw(arg1: unknown): Promise<(string[] | null)[] | null>;
  Self(arg1: Market2): Promise<{ A: number | bigint; B: number | bigint }>;
  Times(arg1: string, arg2: string | null): Promise<string | null>;
  Words(arg1: { [key: string]: number | bigint | null } | null): Promise<{ [key: string]: Uint8Array | null } | null>;
}

export interface Box {
  Height: number | bigint;
  Far?: number | bigint;
  Width: string;
}

export interface Item {
  Name: string;
  price: number | bigint;
  count?: number;
  weight: number;
  Tags: string[] | null;
  More?: string[];
  picture: Uint8Array | null;
  Made: string | null;
  sold?: string;
  late?: string | null;
  parent: Item | null;
  next?: Item;
  Any: unknown;
  "to-day": boolean;
  "-": number;
}

export interface Promise2 {
  X: boolean;
}

export interface PageString {
  All: string[] | null;
  Next: string | null;
}

export interface PagePageItem {
  All: PageItem[] | null;
  Next: string | null;
}

export interface Market2 {
  N: number | bigint;
}

export interface PageItem {
  All: Item[] | null;
  Next: string | null;
}
`

func TestTypeScript(t *testing.T) {
	got, err := TypeScript(App{Name: "market", New: func() CA { return new(market) }})
	if err != nil || got != marketTypes {
		t.Errorf("%v\n%s", err, got)
	}
	if _, err := TypeScript(App{Name: "market", New: func() CA { return 1 }}); err == nil {
		t.Error("an app that is none has types")
	}
	var out strings.Builder
	apps := []App{botApp(), {Name: "market", New: func() CA { return new(market) }}}
	if err := printTypes(&out, "market", apps); err != nil || out.String() != marketTypes {
		t.Error(err)
	}
	if err := printTypes(&out, "markets", apps); err == nil {
		t.Error("an app that is not there has types")
	}
}

// TestTypesAreTrue shows what the rules rest on: how the encoder writes what the types speak of.
func TestTypesAreTrue(t *testing.T) {
	for _, c := range []struct {
		v    any
		want string
	}{
		{[]string(nil), "null"}, {map[string]int(nil), "null"}, {[]byte(nil), "null"}, {time.Time{}, "null"}, {(*int)(nil), "null"},
		{[]string{}, "[]"}, {map[int]string{}, "{}"}, {map[int]string{1: "a"}, `{1: "a"}`}, {[]byte{1}, "h'01'"}, {[2]byte{1, 2}, "h'0102'"},
		{netip.MustParseAddr("1.2.3.4"), "h'01020304'"}, {time.Unix(0, 0).UTC(), `"1970-01-01T00:00:00Z"`}, {time.Second, "1000000000"}, {*big.NewInt(5), "5"},
		{Pair{Left: "x"}, `["x", null]`}, {Numbered{"x"}, `{1: "x"}`},
		{Box{tall: tall{1, 2}, Width: "w"}, `{"Width": "w", "Height": 1}`},
		{Box{tall: tall{1, 2}, Wide: &Wide{3, 4, 5}, Width: "w"}, `{"Far": 5, "Width": "w", "Height": 1}`},
		{Item{}, `{"-": 0, "Any": null, "Made": null, "Name": "", "Tags": null, "late": null, "price": 0, "parent": null, "to-day": false, "weight": 0.0, "picture": null}`},
	} {
		b, err := marshal(c.v)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := cbor.Diagnose(b); got != c.want || err != nil {
			t.Errorf("%T %v: %s, want %s, %v", c.v, c.v, got, c.want, err)
		}
	}
	_ = Item{}.private
}
