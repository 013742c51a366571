package client_test

import (
	"context"
	"fmt"
	"log"

	"github.com/wabgo/wab/wasm/client"
)

func ExampleClient_Topic() {
	url, stop := startCriers() // of an app whose CAs publish numbers to forums
	defer stop()

	ctx := context.Background()
	c, err := client.Dial(ctx, url, client.Options{Token: guest(url, "alice")})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	messages := make(chan client.TopicMessage, 10)
	party, err := c.Topic(ctx, "crier:forum/party", client.TopicOptions{OnMessage: func(m client.TopicMessage) { messages <- m }})
	if err != nil {
		log.Fatal(err)
	}
	defer party.Close()

	ca := c.CA("crier:alice/home", client.CAOptions{})
	for n := range 3 {
		if err := ca.Call(ctx, nil, "Cry", "forum/party", 10*n); err != nil {
			log.Fatal(err)
		}
	}
	first := <-messages
	fmt.Println("the first is message", first.Offset, "from", first.From)

	// A program that starts again goes on behind the last message that it has dealt with.
	behind := make(chan int, 10)
	again, err := c.Topic(ctx, party.Name(), client.TopicOptions{Since: first.Position(), OnMessage: func(m client.TopicMessage) {
		var n int
		if err := m.Decode(&n); err != nil {
			log.Fatal(err)
		}
		behind <- n
	}})
	if err != nil {
		log.Fatal(err)
	}
	defer again.Close()
	fmt.Println("behind it come", <-behind, "and", <-behind)
	// Output:
	// the first is message 1 from crier:alice/home
	// behind it come 10 and 20
}
