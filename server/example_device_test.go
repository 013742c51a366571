package server_test

import (
	"fmt"
	"time"

	"github.com/wabgo/wab/server"
)

// House is a CA with a lamp, a device.
type House struct{ Log []string }

// Register gives the owner the lamp's token, for a link or a QR code. The next call ends it and gives another.
func (*House) Register(tx *server.Tx) (string, error) {
	return tx.Device("lamp").Token(90 * 24 * time.Hour)
}

// Blink has the lamp blink at an instant, wherever it is: the bundle is on the device before, and its own clock knows the server's time.
func (*House) Blink(tx *server.Tx, at time.Time) error {
	b := server.NewBundle().Do("pin", true).After(340*time.Millisecond).Do("pin", false).Recover("pin", false)
	return tx.Device("lamp").RunAt(at, b)
}

// Flash has the lamp flash with the frame of somebody's video in which they clicked, for everybody who watches.
func (*House) Flash(tx *server.Tx, m server.Moment) error {
	b := server.NewBundle().Do("pin", true).After(340*time.Millisecond).Do("pin", false).Recover("pin", false)
	return tx.Device("lamp").RunWithMedia(b, m)
}

// Colour is what the lamp should have: it takes it when it is there.
func (*House) Colour(tx *server.Tx, colour string) error {
	return tx.Device("lamp").Desired().Set("colour", colour)
}

// Shows is what the lamp said last, also while it is away.
func (*House) Shows(tx *server.Tx) (colour string, err error) {
	_, err = tx.Device("lamp").Reported().Get("colour", &colour)
	return colour, err
}

// OnOutcome hears what became of each bundle.
func (h *House) OnOutcome(tx *server.Tx, o server.Outcome) error {
	h.Log = append(h.Log, o.Device+" "+o.Result)
	return nil
}

// A CA answers for its devices while they are away: values and bundles wait for them.
func ExampleTx_Device() {
	request, done := serve(server.App{Name: "house", New: func() server.CA { return new(House) }})
	defer done()
	request("alice", "alice/home/Blink", `["2100-01-01T00:00:00Z"]`)
	request("alice", "alice/home/DeviceReport", `["lamp",{"colour":"red"},[]]`) // what client libraries send for a device
	request("alice", "alice/home/Colour", `["blue"]`)
	request("alice", "alice/home/Shows", `[]`)
	// Output:
	// 422 {"error":{"code":"failed","message":"The bundle's time, 2100-01-01T00:00:00Z, is more than a year ahead. Set an earlier one, and a timer for what comes later."}}
	// 200 {"result":null}
	// 200 {"result":null}
	// 200 {"result":"red"}
}

// An action in a call reaches a method as the moment in the video at which it was made; in a page, call.act tells it.
func ExampleDevice_RunWithMedia() {
	request, done := serve(server.App{Name: "house", New: func() server.CA { return new(House) }})
	defer done()
	request("alice", "alice/home/DeviceReport", `["lamp",{},[]]`)
	moment := fmt.Sprintf(`{"room":"alice/home/party","member":"the-tab-of-bob","action":1,"at":%d}`, time.Now().UnixMicro())
	request("alice", "alice/home/Flash", `[`+moment+`]`)
	request("alice", "alice/home/DeviceShare", `["lamp",{"with":["group:alice/home/guests"],"may":["write"]}]`)
	request("bob", "alice/home/DeviceDo", `["lamp","pin",[true],`+moment+`]`) // who is not among the guests
	// Output:
	// 200 {"result":null}
	// 200 {"result":null}
	// 200 {"result":null}
	// 403 {"error":{"code":"not_allowed","message":"You may not call DeviceDo of house:alice/home. Its owner, alice, decides who may."}}
}
