//go:build !race

package server_test // the race detector makes the interpreter's compilation take half a minute

import (
	"time"

	"github.com/wabgo/wab/server"
)

// Menu is a CA with a map that brings its own method.
type Menu struct{}

// Init makes the map. The method is Starlark; whoever has a replica of the map can call it, in a page without asking the server.
func (*Menu) Init(tx *server.Tx) error {
	menu := tx.Map("menu")
	for dish, price := range map[string]int{"soup": 5, "pasta": 11, "cake": 4} {
		if err := menu.Set(dish, price); err != nil {
			return err
		}
	}
	return menu.Def("upTo", `
def upTo(m, budget):
    return [dish for dish in m if m[dish] <= budget]
`)
}

// Affordable asks the map's method.
func (*Menu) Affordable(tx *server.Tx, budget int) (dishes []string, err error) {
	err = tx.Map("menu").Call(&dishes, "upTo", budget)
	return dishes, err
}

// Fix replaces the method. A source that doesn't compile fails the message, and the old one stays.
func (*Menu) Fix(tx *server.Tx, source string) error { return tx.Map("menu").Def("upTo", source) }

// A map's methods are defined in it, and change with its data.
func ExampleMap_Def() {
	// The first method that a server meets has to wait until the interpreter is compiled, which takes seconds; later starts find it in Options.Data.
	request, done := serve(server.App{Name: "menu", New: func() server.CA { return new(Menu) }, Deadline: 5 * time.Minute})
	defer done()
	request("alice", "alice/home/Affordable", `[5]`)
	request("alice", "alice/home/Fix", `["def upTo(m, budget): return nothing"]`)
	request("alice", "alice/home/Affordable", `[20]`)
	// Output:
	// 200 {"result":["cake","soup"]}
	// 422 {"error":{"code":"failed","message":"map menu: def upTo: upTo: line 1, column 29: undefined: nothing. Correct the method's source, and define it again."}}
	// 200 {"result":["cake","pasta","soup"]}
}
