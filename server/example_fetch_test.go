package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"

	"github.com/wabgo/wab/server"
)

// Shop is a CA that orders from others.
type Shop struct {
	Orders map[server.FetchID]string
	heard  chan<- string // stands for what hears of it
}

// Order asks the warehouse when the message has committed, again and again until it answers.
func (s *Shop) Order(tx *server.Tx, warehouse, what string) {
	id := tx.Fetch(server.Request{Method: "POST", URL: warehouse, Body: []byte(what)}, "Ordered")
	if s.Orders == nil {
		s.Orders = map[server.FetchID]string{}
	}
	s.Orders[id] = what
}

// Ordered is a handler, for it takes a Fetched: no request reaches it.
func (s *Shop) Ordered(tx *server.Tx, f server.Fetched) error {
	what := s.Orders[f.ID]
	delete(s.Orders, f.ID)
	if f.Err != nil {
		s.heard <- what + ": " + f.Err.Error()
		return nil
	}
	s.heard <- fmt.Sprint(what, ": ", f.Status, " ", string(f.Body))
	return nil
}

// An order is made once the transaction has committed, and tried until there is an answer. The warehouse may get it twice, with the same Idempotency-Key.
func ExampleTx_Fetch() {
	first := true
	warehouse := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if first {
			first = false
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "on its way")
	}))
	defer warehouse.Close()
	dir, _ := os.MkdirTemp("", "shop")
	defer os.RemoveAll(dir)
	heard := make(chan string, 1)
	s, err := server.New(server.Options{
		Data: dir, Dev: true,
		OpenNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, // where the warehouse is
	}, server.App{Name: "shop", New: func() server.CA { return &Shop{heard: heard} }})
	if err != nil {
		panic(err)
	}
	defer s.Close()
	fmt.Println(post(s, "api/shop/alice/home/Order", guest(s, "alice"), `["`+warehouse.URL+`","a lamp"]`))
	fmt.Println(<-heard)
	// Output:
	// 200 {"result":null}
	// a lamp: 200 on its way
}
