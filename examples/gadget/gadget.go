package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wabgo/wab/wasm/client"
)

// gadget is the device as it runs.
type gadget struct {
	options
	c      *client.Client
	face   *face
	output Output
	print  func(client.Args) error // tells of a command that was executed
	sensor sensor
}

// live runs until ctx ends or the server wants no more of it.
func (g *gadget) live(ctx context.Context) error {
	g.face.link("connecting to " + g.server)
	c, err := client.Dial(ctx, g.server, client.Options{Token: g.token, Name: "gadget " + g.name, OnState: g.linked})
	if err != nil {
		return g.refused(err)
	}
	defer c.Close()
	g.c = c
	d, err := c.Device(ctx, g.ca, g.name, client.DeviceOptions{
		Setup: g.setup, Loop: g.look, OnError: func(err error) { g.face.say(inWords(err)) },
		Commands: map[string]func(*client.Device, client.Args) error{"pin": g.pin},
	})
	if err != nil {
		return err
	}
	m, err := c.Map(ctx, g.ca+"/"+g.name+"-bundles", client.MapOptions{OnChange: g.queued})
	if err == nil {
		defer m.Close()
	}
	select {
	case <-ctx.Done():
		d.Report("on", false)
		d.Close()
	case <-d.Done():
	}
	if err := g.output.Set(g.name, false); err != nil {
		return err
	}
	return d.Wait()
}

// refused says, of a refusal at the door, what is to be done.
func (g *gadget) refused(err error) error {
	var coded *client.Error
	if errors.As(err, &coded) && coded.Code == client.Unauthenticated {
		return &client.Error{Code: client.Unauthenticated, Message: "The token of the device " + g.name + " is refused; get a new one for it. The server says: " + coded.Message}
	}
	return err
}

// setup begins from what is known: off.
func (g *gadget) setup(d *client.Device) error {
	if err := g.output.Set(d.Name(), false); err != nil {
		return err
	}
	g.face.say("this is the device " + d.Name() + " of " + g.ca)
	return d.Report("on", false)
}

// pin is the command: it switches on or off.
func (g *gadget) pin(d *client.Device, a client.Args) error {
	var on bool
	if err := a.Decode(&on); err != nil {
		return err
	}
	if err := g.output.Set(d.Name(), on); err != nil {
		return err
	}
	g.face.acted(a)
	if err := d.Report("on", on); err != nil {
		return err
	}
	return g.print(a)
}

// look is the loop: how good the clock is, and what the sensor says.
func (g *gadget) look(d *client.Device) error {
	if s := g.c.Clock(); s.Bound < time.Hour {
		g.face.clock(s.Bound)
	}
	if g.options.sensor == "" {
		return nil
	}
	value, news := g.sensor.read()
	if !news {
		return nil
	}
	g.face.sense(fmt.Sprintf("%s %.2f", g.options.sensor, value))
	return d.Report(g.options.sensor, value)
}

// queued hears of bundles that have come: by then the device has them, too.
func (g *gadget) queued(ch client.MapChange) {
	if len(ch.Set) > 0 {
		g.face.say(fmt.Sprintf("bundles received: %d", len(ch.Set)))
	}
}

// linked hears how the connection is.
func (g *gadget) linked(s client.State) {
	switch s.Status {
	case client.Live:
		g.face.link("connected")
	case client.Offline:
		g.face.link("offline: " + offline(s))
	case client.Refused:
		g.face.link("refused")
	}
}

func offline(s client.State) string {
	text := "no answer from the server; trying again"
	if s.Reason != nil {
		text = inWords(s.Reason)
	}
	return text
}
