package server

import (
	"strings"
	"testing"
)

// A method that tells an ECI leaves a receipt, for repetitions of the request: these get the same answer, after a restart too, and the ECI stands nowhere.
func TestCHAN1_ReceiptsHoldNoECI(t *testing.T) {
	k := newKit(t, cloudApp())
	first := k.do("alice", "cloud/alice/home/Open", args("own", onlyTests), "Idempotency-Key", "one")
	c := ask[Channel](k, "alice", "cloud/alice/home/Open", args("own", onlyTests))
	if !strings.Contains(string(first.Result), c.ECI) {
		t.Fatalf("%s %s", first.Result, c.ECI)
	}
	plain := k.do("alice", "cloud/alice/home/Raise", args("a", "plain", nil), "Idempotency-Key", "two")
	for range 2 {
		if text := storedText(t, k); strings.Contains(text, c.ECI) {
			t.Error("the ECI is stored")
		}
		if again := k.do("alice", "cloud/alice/home/Open", args("own", onlyTests), "Idempotency-Key", "one"); string(again.Result) != string(first.Result) {
			t.Errorf("%s, then %s", first.Result, again.Result)
		}
		if again := k.do("alice", "cloud/alice/home/Raise", args("a", "plain", nil), "Idempotency-Key", "two"); string(again.Result) != string(plain.Result) {
			t.Errorf("%s, then %s", plain.Result, again.Result)
		}
		k.restart()
	}
}
