package client_test

import (
	"context"
	"fmt"
	"log"

	"github.com/wabgo/wab/wasm/client"
)

func ExampleDial() {
	url, stop := startServer()
	defer stop()

	ctx := context.Background()
	c, err := client.Dial(ctx, url, client.Options{Token: "alice"})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	changed := make(chan client.Note, 1)
	ca := c.CA("counter:alice/home", client.CAOptions{Session: "gauge", OnNote: func(n client.Note) { changed <- n }})

	var n int
	if err := ca.Call(ctx, &n, "Add", 5); err != nil {
		log.Fatal(err)
	}
	fmt.Println("the counter is at", n)

	var noted int
	if err := client.Decode((<-changed).Value, &noted); err != nil {
		log.Fatal(err)
	}
	fmt.Println("a note says", noted)
	// Output:
	// the counter is at 5
	// a note says 5
}
