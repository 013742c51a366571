package server_test

import (
	"fmt"

	"github.com/wabgo/wab/server"
)

// Till is a CA that keeps a price list and a stock, which change together.
type Till struct{ Sold int }

// Init lets everybody replicate the price list.
func (*Till) Init(tx *server.Tx) error { return tx.Allow(server.Anyone(), "prices") }

// Stock puts goods on the shelf.
func (*Till) Stock(tx *server.Tx, item string, price, n int) error {
	if err := tx.Map("prices").Set(item, price); err != nil {
		return err
	}
	return tx.Map("stock").Set(item, n)
}

// Sell takes one from the shelf. What has sold out is no longer on the list: both maps change in one transaction, or neither does.
func (c *Till) Sell(tx *server.Tx, item string) (left int, err error) {
	stock := tx.Map("stock")
	if ok, err := stock.Get(item, &left); !ok || err != nil {
		return 0, fmt.Errorf("there is no %s", item)
	}
	c.Sold++
	if left--; left > 0 {
		return left, stock.Set(item, left)
	}
	if _, err := stock.Delete(item); err != nil {
		return 0, err
	}
	_, err = tx.Map("prices").Delete(item)
	return 0, err
}

// Prices goes through the list.
func (*Till) Prices(tx *server.Tx) (list []string, err error) {
	for item, value := range tx.Map("prices").All() {
		var price int
		if err := value.Decode(&price); err != nil {
			return nil, err
		}
		list = append(list, fmt.Sprint(item, ": ", price))
	}
	return list, nil
}

// A CA's maps change with its messages: with all that a message does, or not at all.
func ExampleTx_Map() {
	request, done := serve(server.App{Name: "till", New: func() server.CA { return new(Till) }})
	defer done()
	request("alice", "alice/home/Stock", `["tea",3,2]`)
	request("alice", "alice/home/Stock", `["coffee",4,1]`)
	request("alice", "alice/home/Sell", `["coffee"]`)
	request("alice", "alice/home/Sell", `["coffee"]`)
	request("alice", "alice/home/Prices", `[]`)
	// Output:
	// 200 {"result":null}
	// 200 {"result":null}
	// 200 {"result":0}
	// 422 {"error":{"code":"failed","message":"there is no coffee"}}
	// 200 {"result":["tea: 3"]}
}
