package server_test

import "github.com/wabgo/wab/server"

// Sensor is a CA that shows a temperature in a map, to whom it likes.
type Sensor struct{}

// Measured is for the gadget.
func (*Sensor) Measured(tx *server.Tx, degrees float64) error {
	return tx.Map("room").Set("degrees", degrees)
}

// Trust lets an owner and all of that owner's CAs read the map.
func (*Sensor) Trust(tx *server.Tx, owner string) error {
	return tx.Allow(server.Principal(owner), "room")
}

// Warmer compares two rooms, as both are at this moment. No message goes to their CAs: the maps are here already.
func (*Sensor) Warmer(tx *server.Tx, a, b string) (bool, error) {
	var degrees [2]float64
	for i, full := range []string{a, b} {
		room, err := tx.Read(full)
		if err != nil {
			return false, err
		}
		if _, err := room.Get("degrees", &degrees[i]); err != nil {
			return false, err
		}
	}
	return degrees[0] > degrees[1], nil
}

// A CA reads other CAs' maps, if their policy lets it.
func ExampleTx_Read() {
	request, done := serve(server.App{Name: "rooms", New: func() server.CA { return new(Sensor) }})
	defer done()
	request("alice", "alice/attic/Measured", `[24.5]`)
	request("bob", "bob/cellar/Measured", `[11]`)
	request("alice", "alice/home/Warmer", `["alice/attic/room","bob/cellar/room"]`)
	request("bob", "bob/cellar/Trust", `["alice"]`)
	request("alice", "alice/home/Warmer", `["alice/attic/room","bob/cellar/room"]`)
	// Output:
	// 200 {"result":null}
	// 200 {"result":null}
	// 422 {"error":{"code":"failed","message":"You may not read the map room of rooms:bob/cellar. Its owner, bob, decides who may."}}
	// 200 {"result":null}
	// 200 {"result":true}
}
