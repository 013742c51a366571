package server_test

import (
	"fmt"

	"github.com/wabgo/wab/server"
)

// Club is a CA with a group of friends, and a board that they may read.
type Club struct{ Lines int }

// Init lets the friends in, and the friends of those clubs whose friends are ours.
func (c *Club) Init(tx *server.Tx) error {
	return tx.Allow(server.Group("friends").Depth(2), "Post", "board", "friends")
}

// Befriend takes an owner (bob), or another club's friends (carol/home/friends).
func (c *Club) Befriend(tx *server.Tx, who string) error { return tx.Map("friends").Set(who, true) }

// Post writes a line on the board, which shows in all replicas at once.
func (c *Club) Post(tx *server.Tx, line string) error {
	c.Lines++
	return tx.Map("board").Set(fmt.Sprint(c.Lines), line)
}

// Why tells the owner who may do what.
func (c *Club) Why(tx *server.Tx, who, what string) (string, error) {
	_, why, err := tx.Explain(who, what)
	return why, err
}

// A group is a map of principals, and of links to other owners' groups.
func ExampleGroup() {
	request, done := serve(server.App{Name: "club", New: func() server.CA { return new(Club) }})
	defer done()
	request("carol", "carol/home/Befriend", `["bob"]`)
	request("carol", "carol/home/Befriend", `["alice/home"]`) // who may so look into the group
	request("alice", "alice/home/Befriend", `["carol/home/friends"]`)
	request("bob", "alice/home/Post", `["hello"]`)
	request("eve", "alice/home/Post", `["hello"]`)
	request("alice", "alice/home/Why", `["bob","board"]`)
	// Output:
	// 200 {"result":null}
	// 200 {"result":null}
	// 200 {"result":null}
	// 200 {"result":null}
	// 403 {"error":{"code":"not_allowed","message":"You may not call Post of club:alice/home. Its owner, alice, decides who may."}}
	// 200 {"result":"club:bob may read the map board of club:alice/home: rule 1 allows the method Post and the maps board, friends to the group club:alice/home/friends, through club:alice/home/friends → club:carol/home/friends."}
}
