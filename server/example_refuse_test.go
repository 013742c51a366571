package server_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/wabgo/wab/server"
)

// Court is a CA that lets one party play at a time.
type Court struct {
	Player string
	Until  time.Time
}

func (c *Court) Book(tx *server.Tx, who string) error {
	if wait := c.Until.Sub(tx.Now()); wait > 0 {
		return server.Refuse(server.Conflict, c.Player+" plays until then. Come again later.", wait.Round(time.Hour))
	}
	c.Player, c.Until = who, tx.Now().Add(time.Hour)
	return nil
}

func ExampleRefuse() {
	request, done := serve(server.App{Name: "court", New: func() server.CA { return new(Court) }})
	defer done()
	request("alice", "alice/home/Book", `["bob"]`)
	request("alice", "alice/home/Book", `["carol"]`)
	// Output:
	// 200 {"result":null}
	// 409 {"error":{"code":"conflict","message":"bob plays until then. Come again later."}}
}

func ExampleError() {
	err := fmt.Errorf("booking: %w", server.Refuse(server.Conflict, "Bob plays. Come again later.", time.Minute))

	var refused *server.Error
	if errors.As(err, &refused) && refused.Code == server.Conflict {
		fmt.Println(refused.Message, "In", refused.RetryAfter, "ms.")
	}
	// Output: Bob plays. Come again later. In 60000 ms.
}
