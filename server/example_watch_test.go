package server_test

import (
	"fmt"

	"github.com/wabgo/wab/server"
)

// Bell is a CA that rings when a door opens. A door is a map of somebody else's.
type Bell struct {
	Rung int
	rung chan<- string // stands for what rings
}

// Watch has Ring called whenever the door's map has changed, after a restart too.
func (*Bell) Watch(tx *server.Tx, door string) error { return tx.Watch(door, "Ring") }

// Ring is a handler, for it takes a Change: no request reaches it.
func (b *Bell) Ring(tx *server.Tx, c server.Change) error {
	door, err := tx.Read(c.Map)
	if err != nil {
		return err
	}
	var who string
	if _, err := door.Get("visitor", &who); err != nil {
		return err
	}
	b.Rung++
	b.rung <- fmt.Sprintf("%s is at %s, version %d", who, c.Map, c.Version)
	return nil
}

// Open is the door's side.
func (*Bell) Open(tx *server.Tx, who string) error {
	if err := tx.Allow(server.Principal("alice"), "door"); err != nil {
		return err
	}
	return tx.Map("door").Set("visitor", who)
}

// A CA is woken by changes of a map. To read one it needs no watch: what it reads is always the newest.
func ExampleTx_Watch() {
	rung := make(chan string, 1)
	request, done := serve(server.App{Name: "bell", New: func() server.CA { return &Bell{rung: rung} }})
	defer done()
	request("alice", "alice/home/Watch", `["bob/house/door"]`)
	request("bob", "bob/house/Open", `["carol"]`)
	fmt.Println(<-rung)
	// Output:
	// 200 {"result":null}
	// 200 {"result":null}
	// carol is at bell:bob/house/door, version 1
}
