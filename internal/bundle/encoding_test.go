package bundle_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

func sample() *bundle.Bundle {
	return &bundle.Bundle{
		ID: "b1", At: 1_900_000_000_000_000, Expires: 1_900_000_060_000_000, Late: bundle.RunRest, Tolerance: 20_000, MaxBound: 500_000,
		Commands: []bundle.Command{{Name: "pin", Args: []byte{0x81, 0xf5}}, {After: 340_000, Name: "pin", Args: []byte{0x81, 0xf4}}},
		Recovery: []bundle.Command{{Name: "pin", Args: []byte{0x81, 0xf4}}},
	}
}

func TestTheEncodingIsAsDocumented(t *testing.T) {
	const want = "88" + "626231" + "1b0006c00a3912c000" + "1b0006c00a3ca64700" + "02" + "194e20" + "1a0007a120" +
		"82" + "83006370696e81f5" + "831a000530206370696e81f4" + "81" + "83006370696e81f4"
	if got := hex.EncodeToString(sample().Append(nil)); got != want {
		t.Errorf("%s, not\n%s", got, want)
	}
}

// moment is one of bob's in the room of a meeting.
func moment(action uint32) bundle.Moment {
	return bundle.Moment{Room: "hellowab:alice/standup/room", Member: "bobs-own", Action: action, At: 7}
}

func TestAMomentIsANinthElementWhereThereIsOne(t *testing.T) {
	b := bundle.Bundle{ID: "x", At: 9, Tolerance: 1, Moment: bundle.Moment{Room: "r", Member: "m", Action: 3, At: 7}}
	if got, want := hex.EncodeToString(b.Append(nil)), "89"+"6178"+"09"+"00"+"00"+"01"+"00"+"80"+"80"+"84"+"6172"+"616d"+"03"+"07"; got != want {
		t.Errorf("%s, not\n%s", got, want)
	}
	b.Beside = true
	if got, want := hex.EncodeToString(b.Append(nil)), "8a"+"6178"+"09"+"00"+"00"+"01"+"00"+"80"+"80"+"84"+"6172"+"616d"+"03"+"07"+"f5"; got != want {
		t.Errorf("%s, not\n%s", got, want)
	}
	b.Moment = bundle.Moment{}
	if got, want := hex.EncodeToString(b.Append(nil)), "8a"+"6178"+"09"+"00"+"00"+"01"+"00"+"80"+"80"+"f6"+"f5"; got != want {
		t.Errorf("%s, not\n%s", got, want)
	}
}

func TestMomentsThatCantBe(t *testing.T) {
	for name, bad := range map[string]string{
		"no array": "01", "too short": "836172616d03", "no room": "8460616d0307", "no member": "846172600307", "no action": "846172616d0007",
		"a large action": "846172616d1b000000010000000007", "no instant": "846172616d0300", "before 1970": "846172616d0320", "all zero": "8460600000",
		"behind the deadline": "846172616d030a", "a number as the room": "8401616d0307",
	} {
		encoded, err := hex.DecodeString("89" + "6178" + "09" + "0000010080" + "80" + bad)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := bundle.Parse(encoded); err == nil {
			t.Errorf("%s: %+v", name, b)
		}
	}
}

func TestWhatIsNotSaidIsEncoded(t *testing.T) {
	b := bundle.Bundle{ID: "x", Commands: []bundle.Command{{Name: "ring"}}}
	got, err := bundle.Parse(b.Append(nil))
	if err != nil || got.Tolerance != bundle.DefaultTolerance || string(got.Commands[0].Args) != "\x80" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestElementsOfLaterVersionsArePassedOver(t *testing.T) {
	b := bundle.Bundle{ID: "x", Commands: []bundle.Command{{Name: "a"}, {Name: "b"}}, Moment: moment(1), At: 9, Beside: true}
	plain := b.Append(nil)
	more := append(bytes.Replace(plain, []byte{0x83, 0, 0x61, 'a', 0x80}, []byte{0x84, 0, 0x61, 'a', 0x80, 0xf6}, 1), 0x81, 0x01)
	more = bytes.Replace(more, []byte{0x84, 0x78}, []byte{0x85, 0x78}, 1) // of the moment, whose room is a longer text
	more = bytes.Replace(more, []byte{0x01, 0x07, 0xf5}, []byte{0x01, 0x07, 0xf6, 0xf5}, 1)
	more[0]++
	got, err := bundle.Parse(more)
	if err != nil || !bytes.Equal(got.Append(nil), plain) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestLimits(t *testing.T) {
	with := func(change func(*bundle.Bundle)) *bundle.Bundle {
		b := sample()
		change(b)
		return b
	}
	many := make([]bundle.Command, bundle.MaxCommands)
	for i := range many {
		many[i].Name = "x"
	}
	deep := append(bytes.Repeat([]byte{0x81}, cbor.MaxDepth), 0)
	for name, c := range map[string]struct {
		b    *bundle.Bundle
		code wire.Code // empty: fine
	}{
		"as it is":          {sample(), ""},
		"no commands":       {&bundle.Bundle{ID: "x"}, ""},
		"no id":             {with(func(b *bundle.Bundle) { b.ID = "" }), wire.BadRequest},
		"long id":           {with(func(b *bundle.Bundle) { b.ID = strings.Repeat("i", bundle.MaxID) }), ""},
		"too long id":       {with(func(b *bundle.Bundle) { b.ID = strings.Repeat("i", bundle.MaxID+1) }), wire.BadRequest},
		"before 1970":       {with(func(b *bundle.Bundle) { b.At = -1 }), wire.BadRequest},
		"the last instant":  {with(func(b *bundle.Bundle) { b.At = bundle.MaxInstant }), ""},
		"beyond":            {with(func(b *bundle.Bundle) { b.At++; b.At += bundle.MaxInstant }), wire.BadRequest},
		"expires beyond":    {with(func(b *bundle.Bundle) { b.Expires = bundle.MaxInstant + 1 }), wire.BadRequest},
		"unknown policy":    {with(func(b *bundle.Bundle) { b.Late = 3 }), wire.BadRequest},
		"tolerance":         {with(func(b *bundle.Bundle) { b.Tolerance = -1 }), wire.BadRequest},
		"bound":             {with(func(b *bundle.Bundle) { b.MaxBound = bundle.MaxLength + 1 }), wire.BadRequest},
		"backwards":         {with(func(b *bundle.Bundle) { b.Commands[1].After = -1 }), wire.BadRequest},
		"no name":           {with(func(b *bundle.Bundle) { b.Commands[1].Name = "" }), wire.BadRequest},
		"long name":         {with(func(b *bundle.Bundle) { b.Recovery[0].Name = strings.Repeat("n", bundle.MaxName+1) }), wire.BadRequest},
		"args are no array": {with(func(b *bundle.Bundle) { b.Commands[0].Args = []byte{0xa0} }), wire.BadRequest},
		"two items":         {with(func(b *bundle.Bundle) { b.Commands[0].Args = []byte{0x80, 0x80} }), wire.BadRequest},
		"as deep as can be": {with(func(b *bundle.Bundle) { b.Commands[0].Args = deep[3:] }), ""},
		"too deep":          {with(func(b *bundle.Bundle) { b.Commands[0].Args = deep[2:] }), wire.BadRequest},
		"24 h":              {with(func(b *bundle.Bundle) { b.Commands[1].After = bundle.MaxLength }), ""},
		"longer":            {with(func(b *bundle.Bundle) { b.Commands[0].After, b.Commands[1].After = 1, bundle.MaxLength }), wire.TooLarge},
		"1000":              {&bundle.Bundle{ID: "x", Commands: many}, ""},
		"1001":              {&bundle.Bundle{ID: "x", Commands: many, Recovery: many[:1]}, wire.TooLarge},
		"a moment":          {with(func(b *bundle.Bundle) { b.Moment = moment(1) }), ""},
		"no deadline":       {&bundle.Bundle{ID: "x", Moment: moment(1)}, wire.BadRequest},
		"late deadline":     {with(func(b *bundle.Bundle) { b.Moment = moment(1); b.Moment.At = b.At + 1 }), wire.BadRequest},
		"long room":         {with(func(b *bundle.Bundle) { b.Moment = moment(1); b.Moment.Room = strings.Repeat("r", bundle.MaxRoom+1) }), wire.BadRequest},
		"long member": {with(func(b *bundle.Bundle) {
			b.Moment = moment(1)
			b.Moment.Member = strings.Repeat("m", bundle.MaxMember+1)
		}), wire.BadRequest},
		"no member":       {with(func(b *bundle.Bundle) { b.Moment = moment(1); b.Moment.Member = "" }), wire.BadRequest},
		"half a moment":   {with(func(b *bundle.Bundle) { b.Moment.Action = 1 }), wire.BadRequest},
		"beside":          {&bundle.Bundle{ID: "x", Beside: true, Commands: many, Recovery: nil}, ""},
		"beside for long": {with(func(b *bundle.Bundle) { b.Beside = true }), wire.BadRequest},
		"64 KiB": {with(func(b *bundle.Bundle) {
			b.Commands[0].Args = cbor.AppendText([]byte{0x81}, strings.Repeat("a", bundle.MaxEncoded))
		}), wire.TooLarge},
	} {
		checked := c.b.Check()
		_, parsed := bundle.Parse(c.b.Append(nil))
		for _, err := range []error{checked, parsed} {
			var coded *wire.Error
			if errors.As(err, &coded); err != nil && coded.Code != c.code && !strings.Contains(coded.Message, "malformed") || (err == nil) != (c.code == "") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestAnIdIsText(t *testing.T) {
	if err := (&bundle.Bundle{ID: "\xff"}).Check(); err == nil {
		t.Error("bytes went through")
	}
}

func TestParseRefusesWhatIsNoBundle(t *testing.T) {
	good := sample().Append(nil)
	for i := range good {
		if _, err := bundle.Parse(good[:i]); err == nil {
			t.Errorf("the first %d bytes went through", i)
		}
	}
	for _, b := range [][]byte{nil, {0x80}, {0xf6}, append(good[:len(good):len(good)], 0), make([]byte, bundle.MaxEncoded+1)} {
		if _, err := bundle.Parse(b); err == nil {
			t.Errorf("%x went through", b[:min(len(b), 100)])
		}
	}
}

// draw makes any bundle within the limits.
func draw(t *rapid.T) *bundle.Bundle {
	command := rapid.Custom(func(t *rapid.T) bundle.Command {
		return bundle.Command{
			After: rapid.Int64Range(0, 60_000_000).Draw(t, "after"),
			Name:  rapid.StringN(1, 16, bundle.MaxName).Draw(t, "name"),
			Args:  cbor.AppendInt([]byte{0x81}, rapid.Int64().Draw(t, "arg")),
		}
	})
	instant := rapid.Int64Range(0, bundle.MaxInstant)
	b := &bundle.Bundle{
		ID: rapid.StringN(1, 16, bundle.MaxID).Draw(t, "id"), At: instant.Draw(t, "at"), Expires: instant.Draw(t, "expires"),
		Late: bundle.Policy(rapid.IntRange(0, 2).Draw(t, "late")), Tolerance: rapid.Int64Range(1, bundle.MaxLength).Draw(t, "tolerance"),
		MaxBound: rapid.Int64Range(0, bundle.MaxLength).Draw(t, "bound"),
	}
	if n := rapid.IntRange(0, 5).Draw(t, "commands"); n > 0 {
		b.Commands = rapid.SliceOfN(command, n, n).Draw(t, "list")
	}
	if rapid.Bool().Draw(t, "has a moment") {
		b.At = max(b.At, 1)
		b.Moment = bundle.Moment{
			Room: rapid.StringN(1, 16, bundle.MaxRoom).Draw(t, "room"), Member: rapid.StringN(1, 16, bundle.MaxMember).Draw(t, "member"),
			Action: rapid.Uint32Range(1, math.MaxUint32).Draw(t, "action"), At: rapid.Int64Range(1, b.At).Draw(t, "made"),
		}
	}
	if b.Beside = rapid.Bool().Draw(t, "beside"); b.Beside {
		for i := range b.Commands {
			b.Commands[i].After = 0
		}
	}
	if rapid.Bool().Draw(t, "recovers") {
		b.Recovery = rapid.SliceOfN(command, 1, 3).Draw(t, "recovery")
	}
	return b
}

func TestWhatIsEncodedIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := draw(t)
		got, err := bundle.Parse(b.Append(nil))
		if err != nil || b.Check() != nil || !reflect.DeepEqual(got, b) {
			t.Fatalf("%+v\n%+v, %v, %v", b, got, err, b.Check())
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(sample().Append(nil))
	f.Add((&bundle.Bundle{ID: "x"}).Append(nil))
	f.Add((&bundle.Bundle{ID: "x", At: 9, Moment: moment(1), Beside: true}).Append(nil))
	f.Add([]byte{0x98, 0xff, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, encoded []byte) {
		b, err := bundle.Parse(encoded)
		if err != nil {
			return
		}
		again := b.Append(nil)
		if err := cbor.Check(again); err != nil {
			t.Fatalf("%x is not deterministic: %v", again, err)
		}
		twice, err := bundle.Parse(again)
		if err != nil || !reflect.DeepEqual(b, twice) {
			t.Fatalf("%x: %+v, then %+v, %v", encoded, b, twice, err)
		}
	})
}
