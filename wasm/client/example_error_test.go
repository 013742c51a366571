package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/wabgo/wab/wasm/client"
)

func ExampleError() {
	url, stop := startDesk()
	defer stop()

	ctx := context.Background()
	c, err := client.Dial(ctx, url, client.Options{Token: guest(url, "bob")})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	err = c.CA("desk:alice/home", client.CAOptions{}).Call(ctx, nil, "Nothing")

	var refused *client.Error
	if errors.As(err, &refused) {
		switch refused.Code {
		case client.NotAllowed, client.NotFound:
			fmt.Println("This is not for us:", refused.Code)
		case client.Overloaded, client.Unavailable:
			fmt.Println("Again in", refused.RetryAfter, "ms.")
		default:
			fmt.Println(refused.Message)
		}
	}
	// Output: This is not for us: not_found
}
