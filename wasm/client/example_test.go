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

func ExampleClient_Map() {
	url, stop := startDesk() // of an app whose CAs have the maps board and list
	defer stop()

	ctx := context.Background()
	c, err := client.Dial(ctx, url, client.Options{Token: guest(url, "alice")})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	changed := make(chan client.MapChange, 10)
	board, err := c.Map(ctx, "desk:alice/home/board", client.MapOptions{OnChange: func(ch client.MapChange) { changed <- ch }})
	if err != nil {
		log.Fatal(err)
	}
	defer board.Close()
	state, _ := board.State()
	fmt.Println(board.Name(), "is", state, "and has", board.Len(), "entries")

	if err := c.CA("desk:alice/home", client.CAOptions{}).Call(ctx, nil, "Both", 5); err != nil {
		log.Fatal(err)
	}
	ch := <-changed
	fmt.Println("version", ch.Version, "sets", len(ch.Set), "and deletes", len(ch.Deleted))

	var n int
	if ok, err := board.Get("n", &n); !ok || err != nil {
		log.Fatal(ok, err)
	}
	fmt.Println("n is", n)

	for key, value := range board.View().All() { // stays as it is, whatever happens
		var v any
		if err := client.Decode(value, &v); err != nil {
			log.Fatal(err)
		}
		fmt.Println(key, "=", v)
	}
	// Output:
	// desk:alice/home/board is live and has 0 entries
	// version 1 sets 1 and deletes 0
	// n is 5
	// n = 5
}
