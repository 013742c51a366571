package main

import (
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/server"
)

// cloud is a CA that takes events by a channel, and subscriptions by its doorbell.
type cloud struct {
	Readings int
	Latest   float64
}

var cloudApp = server.App{Name: "cloud", New: func() server.CA { return new(cloud) }}

const (
	cloudEvent = "/sensor/reading"
	cloudBody  = `{"temperature":21.5,"unit":"C","room":"kitchen"}`
)

var readings = server.Attenuation{Events: []server.Pattern{{Domain: "sensor", Type: "reading"}}}

// Listen makes the channel for readings, and returns its ECI.
func (c *cloud) Listen(tx *server.Tx) (string, error) {
	if err := tx.On("sensor", "reading", "OnReading"); err != nil {
		return "", err
	}
	channel, err := tx.Channel("sensor", readings)
	return channel.ECI, err
}

// OnReading keeps one.
func (c *cloud) OnReading(_ *server.Tx, e server.Event) error {
	var r struct{ Temperature float64 }
	err := e.Decode(&r)
	c.Readings++
	c.Latest = r.Temperature
	return err
}

// Ring has whoever rings let in, and returns the URL of the doorbell.
func (c *cloud) Ring(tx *server.Tx) (string, error) {
	if err := tx.Allow(server.Anyone(), "doorbell-approve"); err != nil {
		return "", err
	}
	if err := tx.DoorbellAllows(readings); err != nil {
		return "", err
	}
	bell, err := tx.Doorbell()
	return bell.URL, err
}

// Connect asks for a subscription.
func (c *cloud) Connect(tx *server.Tx, doorbell string) (string, error) {
	return tx.Link(doorbell, server.Relationship{Name: "bench", Namespace: "bench", Kind: "peer", RxRole: "peer", TxRole: "peer", Allow: readings})
}

// End ends one.
func (c *cloud) End(tx *server.Tx, id string) error { return tx.EndSubscription(id) }

// cloudCA is the cloud of an owner.
func cloudCA(owner string) name.Name {
	return name.Name{App: cloudApp.Name, Owner: owner, Local: "home"}
}
