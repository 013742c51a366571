package dance

import (
	"bytes"
	"errors"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"pgregory.net/rapid"
)

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	for _, e := range examples() {
		got, err := ParseRecord(e.Append(nil, seal), unseal)
		if err != nil || got != e.Record {
			t.Errorf("%s: %+v, %v; want %+v", e.name, got, err, e.Record)
		}
	}
}

func TestAnyRecordComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRecord(t)
		b := r.Append(nil, seal)
		if err := cbor.Check(b); err != nil {
			t.Fatal(err)
		}
		if got, err := ParseRecord(b, unseal); err != nil || got != r {
			t.Fatalf("%+v, %v; want %+v", got, err, r)
		}
	})
}

func drawRecord(t *rapid.T) Record {
	r := Record{
		Gen: Gen(rapid.IntRange(1, 2).Draw(t, "gen")), State: State(rapid.IntRange(1, 5).Draw(t, "state")),
		Outbound: rapid.Bool().Draw(t, "outbound"), Verified: rapid.Bool().Draw(t, "verified"), Tries: rapid.IntRange(0, 1000).Draw(t, "tries"),
	}
	if r.State == Ended {
		r.End = End(rapid.IntRange(1, 6).Draw(t, "end"))
	}
	for _, instant := range r.instants() {
		*instant = rapid.Int64().Draw(t, "instant")
	}
	for _, text := range r.texts() {
		*text = rapid.String().Draw(t, "text")
	}
	for _, secret := range r.secrets() {
		*secret = rapid.String().Draw(t, "secret")
	}
	r.ID = rapid.StringMatching(`[!-~]{1,128}`).Draw(t, "id")
	r.Owed = Kinds(rapid.IntRange(0, 31).Draw(t, "owed")) << 1
	r.Idle = Kinds(rapid.IntRange(0, 31).Draw(t, "idle")) << 1
	r.Idle &= r.Owed
	return r
}

func TestCHAN1_SecretsAreSealedAtRest(t *testing.T) {
	r := Record{ID: "s", Gen: Article, State: Pending, ECI: "the-eci", Doorbell: "the-bell", Secret: "the-invitation"}
	b := r.Append(nil, func(s string) []byte { return bytes.ToUpper([]byte(s)) })
	for _, secret := range []string{r.ECI, r.Doorbell, r.Secret} {
		if bytes.Contains(b, []byte(secret)) {
			t.Errorf("%s stands in the record", secret)
		}
	}
}

func TestLaterFieldsArePassedOver(t *testing.T) {
	r := examples()[0].Record
	b := r.Append(nil, seal)
	longer := append(cbor.AppendArrayHeader(nil, items+2), b[2:]...) // a head of 28 takes two bytes
	longer = cbor.AppendText(cbor.AppendNull(longer), "new")
	if got, err := ParseRecord(longer, unseal); err != nil || got != r {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestDamagedRecordsAreRefused(t *testing.T) {
	good := examples()[0].Append(nil, seal)
	for n := range good {
		if _, err := ParseRecord(good[:n], unseal); err == nil {
			t.Errorf("%d bytes of %d were read", n, len(good))
		}
	}
	for name, b := range map[string][]byte{
		"nothing":           nil,
		"trailing":          append(bytes.Clone(good), 0),
		"no state":          Record{ID: "s", Gen: Article}.Append(nil, seal),
		"no generation":     Record{ID: "s", State: Pending}.Append(nil, seal),
		"no id":             Record{Gen: Article, State: Pending}.Append(nil, seal),
		"an end too early":  Record{ID: "s", Gen: Article, State: Pending, End: Gone}.Append(nil, seal),
		"an end without":    Record{ID: "s", Gen: Article, State: Ended}.Append(nil, seal),
		"idle but not owed": Record{ID: "s", Gen: Article, State: Pending, Idle: setOf(Request)}.Append(nil, seal),
		"owed but no kind":  Record{ID: "s", Gen: Article, State: Pending, Owed: 1}.Append(nil, seal),
	} {
		if r, err := ParseRecord(b, unseal); err != errRecord {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	broken := errors.New("broken seal")
	if _, err := ParseRecord(good, func([]byte) (string, error) { return "", broken }); !errors.Is(err, broken) {
		t.Errorf("a broken seal: %v", err)
	}
}
