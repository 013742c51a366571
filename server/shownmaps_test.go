package server

import (
	"strings"
	"testing"
)

// meddler writes where only the framework does.
type meddler struct{}

func (*meddler) Set(tx *Tx, label string) error { return tx.Map(label).Set("doorbell", 1) }
func (*meddler) Delete(tx *Tx, label string) error {
	_, err := tx.Map(label).Delete("doorbell")
	return err
}
func (*meddler) Clear(tx *Tx, label string) error { return tx.Map(label).Clear() }
func (*meddler) Def(tx *Tx, label string) error {
	return tx.Map(label).Def("f", "def f(m):\n    return 1\n")
}
func (*meddler) Undef(tx *Tx, label string) error { _, err := tx.Map(label).Undef("f"); return err }
func (*meddler) Silent(tx *Tx, label string)      { _ = tx.Map(label).Set("doorbell", 1) }
func (*meddler) Room(tx *Tx, label string) error  { return tx.Call(label).Open() }
func (*meddler) Ring(tx *Tx) error                { _, err := tx.Doorbell(); return err }
func (*meddler) Shut(tx *Tx) bool                 { return tx.RemoveChannel("doorbell") }
func (*meddler) Keys(tx *Tx, label string) (keys []string) {
	for key := range tx.Map(label).All() {
		keys = append(keys, key)
	}
	return keys
}

func TestCHAN1_MapsOfTheFrameworkAreNoAppsToWrite(t *testing.T) {
	k := newKit(t, App{Name: "meddler", New: func() CA { return new(meddler) }})
	for range 2 { // before the CA has any channel, and with one
		for _, label := range []string{"channels", "subscriptions", "pending-subscriptions"} {
			for _, method := range []string{"Set", "Delete", "Clear", "Def", "Undef", "Silent", "Room"} {
				a := k.refused("alice", "meddler/alice/home/"+method, args(label), "failed")
				for _, word := range []string{"map " + label, "belongs to the framework", "my-" + label} {
					if !strings.Contains(a.Error.Message, word) {
						t.Errorf("%s of %s: %q lacks %q", method, label, a.Error.Message, word)
					}
				}
			}
		}
		k.want("alice", "meddler/alice/home/Ring", `[]`, "null")
	}
	k.want("alice", "meddler/alice/home/Keys", `["channels"]`, `["doorbell"]`)
	k.want("alice", "meddler/alice/home/Set", `["my-channels"]`, "null")
	k.want("alice", "meddler/alice/home/Keys", `["my-channels"]`, `["doorbell"]`)
	k.want("alice", "meddler/alice/home/Shut", `[]`, "true")
	k.want("alice", "meddler/alice/home/Keys", `["channels"]`, `null`)
}
