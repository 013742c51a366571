package client_test

import (
	"context"
	"fmt"
	"log"

	"github.com/wabgo/wab/wasm/client"
)

func ExampleClient_Device() {
	url, stop := serveLights() // of an app whose CAs have bundles for their devices
	defer stop()
	ctx := context.Background()
	owner, err := client.Dial(ctx, url, client.Options{Token: guest(url, "alice")})
	if err != nil {
		log.Fatal(err)
	}
	defer owner.Close()
	ca := owner.CA("lights:alice/home", client.CAOptions{})
	var token string // of the device, to be handed over once: it opens nothing else
	if err := ca.Call(ctx, &token, "Token", "lamp"); err != nil {
		log.Fatal(err)
	}

	c, err := client.Dial(ctx, url, client.Options{Token: token})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	off := make(chan bool)
	lamp, err := c.Device(ctx, "lights:alice/home", "lamp", client.DeviceOptions{
		Commands: map[string]func(*client.Device, client.Args) error{
			"pin": func(d *client.Device, a client.Args) error {
				var on bool
				if err := a.Decode(&on); err != nil {
					return err
				}
				fmt.Println("the lamp is on:", on)
				if !on {
					close(off)
				}
				return d.Report("on", on)
			},
		},
	})
	if err != nil {
		log.Fatal(err)
	}

	if err := ca.Call(ctx, nil, "Blink", "lamp", 50, 20); err != nil { // in 50 ms, for 20 ms
		log.Fatal(err)
	}
	<-off
	lamp.Close() // once it has reported
	var reported map[string]any
	if err := ca.Call(ctx, &reported, "Reported", "lamp"); err != nil {
		log.Fatal(err)
	}
	fmt.Println("and alice's CA knows:", reported)
	// Output:
	// the lamp is on: true
	// the lamp is on: false
	// and alice's CA knows: map[on:false]
}
