package client_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/wasm/client"
)

// startLounges serves CAs with rooms, and tells where, and what to do at the end.
func startLounges() (url string, stop func()) {
	return serve(clock.Real(), server.App{Name: "lounge", New: func() server.CA { return new(Lounge) }})
}

func ExampleClient_Call() {
	url, stop := startLounges() // of an app whose CAs have a room for everybody
	defer stop()

	ctx := context.Background()
	c, err := client.Dial(ctx, url, client.Options{Token: guest(url, "alice")})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	if err := c.CA("lounge:alice/home", client.CAOptions{}).Call(ctx, nil, "Hello"); err != nil {
		log.Fatal(err)
	}

	// A program without a camera: it is in the room, and its actions are on the timeline of everybody's media.
	acted := make(chan string, 10)
	call, err := c.Call(ctx, "lounge:alice/home/room", client.CallOptions{
		Hello: map[string]any{"name": "Thermometer", "watch": true},
		OnOpened: func(o client.CallOpened) {
			var room struct{ People []struct{ Name string } }
			if err := o.Decode(&room); err != nil {
				log.Fatal(err)
			}
			for _, p := range room.People {
				fmt.Println(p.Name, "is here")
			}
		},
		OnSignal: func(payload []byte) {
			var said struct{ T, Principal, Value string }
			if client.Decode(payload, &said) == nil && said.T == "act" {
				acted <- said.Principal + " tells: " + said.Value
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer call.Close()
	if err := call.Send(map[string]any{"t": "act", "action": 1, "at": time.Now().UnixMicro(), "value": "21 °C"}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-acted)
	// Output:
	// Thermometer is here
	// lounge:alice tells: 21 °C
}
