package channel

import (
	"encoding/base64"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/name"
)

var (
	ourKeys   = newKeys([]byte("one server's secret, thirty-two b"))
	theirKeys = newKeys([]byte("another server's, which is no less"))
	home      = name.Name{App: "cloud", Owner: "alice", Local: "home"}
)

func genLabel(limit int) *rapid.Generator[string] {
	return rapid.StringMatching(`[a-z0-9]([a-z0-9-]*[a-z0-9])?`).Filter(func(s string) bool { return len(s) <= limit })
}

func genCA() *rapid.Generator[name.Name] {
	return rapid.Custom(func(t *rapid.T) name.Name {
		return name.Name{App: genLabel(name.MaxLabel).Draw(t, "app"), Owner: genLabel(name.MaxLabel).Draw(t, "owner"), Local: genLabel(name.MaxLabel).Draw(t, "ca")}
	}).Filter(func(n name.Name) bool { return n.Check() == nil && n.Owner != name.ForumOwner })
}

func genID() *rapid.Generator[id] {
	return rapid.Map(rapid.SliceOfN(rapid.Byte(), idBytes, idBytes), func(b []byte) id { return id(b) })
}

func TestCHAN1_ECIsNameTheirCAAndAreMadeAgainAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ca, i := genCA().Draw(t, "ca"), genID().Draw(t, "id")
		eci := ourKeys.mint(ca, i)
		if again := newKeys([]byte("one server's secret, thirty-two b")).mint(ca, i); again != eci {
			t.Fatalf("%s, then %s", eci, again)
		}
		if got, ok := ourKeys.open(eci); !ok || got != ca {
			t.Fatalf("%v %v", got, ok)
		}
		if _, ok := theirKeys.open(eci); ok {
			t.Fatal("another server takes it for its own")
		}
		if len(eci) > maxECI {
			t.Fatal(len(eci), "bytes")
		}
	})
}

func TestCHAN1_ECIsCannotBeForged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		eci := ourKeys.mint(genCA().Draw(t, "ca"), genID().Draw(t, "id"))
		raw, err := base64.RawURLEncoding.DecodeString(eci)
		if err != nil {
			t.Fatal(err)
		}
		bit := rapid.IntRange(0, 8*len(raw)-1).Draw(t, "bit")
		flipped := append([]byte(nil), raw...)
		flipped[bit/8] ^= 1 << (bit % 8)
		cut := rapid.IntRange(0, len(raw)-1).Draw(t, "cut")
		at := rapid.IntRange(0, len(eci)-1).Draw(t, "at")
		other := rapid.SampledFrom([]byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/. \x00")).Draw(t, "other")
		for what, s := range map[string]string{
			"a bit":     base64.RawURLEncoding.EncodeToString(flipped),
			"the end":   base64.RawURLEncoding.EncodeToString(raw[:cut]),
			"the start": base64.RawURLEncoding.EncodeToString(raw[cut+1:]),
			"longer":    base64.RawURLEncoding.EncodeToString(append(raw, 0)),
			"a sign":    eci[:at] + string(other) + eci[at+1:],
			"padding":   eci + "=",
			"a newline": eci[:at] + "\n" + eci[at:],
			"nothing":   "",
			"the tag":   base64.RawURLEncoding.EncodeToString(raw[:tagBytes]),
		} {
			if s == eci {
				continue
			}
			if ca, ok := ourKeys.open(s); ok {
				t.Fatalf("%s changed, and it still opens: %v", what, ca)
			}
		}
	})
}

func TestCHAN1_ECIsOfOneCASayNothingOfEachOtherNorOfItsName(t *testing.T) {
	a, b := ourKeys.mint(home, newID()), ourKeys.mint(home, newID())
	if len(a) != len(b) || a == b {
		t.Fatal(a, b)
	}
	same := 0
	for i := range a {
		if a[i] == b[i] {
			same++
		}
	}
	if same > len(a)/2 {
		t.Error(same, "of", len(a), "characters are the same")
	}
	short, long := name.Name{App: "a", Owner: "b", Local: "c"}, name.Name{App: "cloud", Owner: "alexandra", Local: "homes"}
	if x, y := ourKeys.mint(short, newID()), ourKeys.mint(long, newID()); len(x) != len(y) {
		t.Error("the lengths of names tell them apart:", len(x), len(y))
	}
	if raw, _ := base64.RawURLEncoding.DecodeString(a); strings.Contains(string(raw), "alice") {
		t.Error("the name is legible")
	}
	longest := strings.Repeat("x", name.MaxLabel)
	if eci := ourKeys.mint(name.Name{App: longest, Owner: longest, Local: longest}, newID()); len(eci) > maxECI {
		t.Error("the longest has", len(eci))
	}
}

func TestCHAN1_IDsDoNotComeAgain(t *testing.T) {
	seen := map[id]bool{}
	for range 10_000 {
		i := newID()
		if seen[i] {
			t.Fatal("twice")
		}
		seen[i] = true
	}
}

func TestCHAN1_WhatIsHiddenOpensOnlyWhereItBelongs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, about := rapid.String().Draw(t, "text"), rapid.String().Draw(t, "about")
		sealed := ourKeys.hide(text, about)
		if got, err := ourKeys.reveal(sealed, about); err != nil || got != text {
			t.Fatalf("%q %v", got, err)
		}
		if _, err := ourKeys.reveal(sealed, about+"x"); err == nil {
			t.Fatal("it opens elsewhere")
		}
		if _, err := theirKeys.reveal(sealed, about); err == nil {
			t.Fatal("another server opens it")
		}
		bit := rapid.IntRange(0, 8*len(sealed)-1).Draw(t, "bit")
		sealed[bit/8] ^= 1 << (bit % 8)
		if _, err := ourKeys.reveal(sealed, about); err == nil {
			t.Fatal("it opens though it was changed")
		}
		if again := ourKeys.hide(text, about); string(again) == string(ourKeys.hide(text, about)) {
			t.Fatal("the same text is seen to be the same")
		}
	})
}

func FuzzOpenECI(f *testing.F) {
	f.Add("")
	f.Add(ourKeys.mint(home, id{1}))
	f.Add(theirKeys.mint(home, id{2}))
	f.Add(strings.Repeat("A", maxECI))
	f.Fuzz(func(t *testing.T, eci string) {
		ca, ok := ourKeys.open(eci)
		if !ok {
			return
		}
		if ca.Check() != nil {
			t.Fatalf("%q is opened as %v", eci, ca)
		}
		raw, _ := base64.RawURLEncoding.DecodeString(eci)
		again, _ := ourKeys.plain(raw)
		if ourKeys.mint(ca, id(again[:idBytes])) != eci {
			t.Fatalf("%q is not what is minted for %v", eci, ca)
		}
	})
}
