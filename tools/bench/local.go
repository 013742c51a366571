package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/store/pebblestore"
	"github.com/wabgo/wab/server"
)

// local is a server in this process, asked through its bus: everything but sockets.
type local struct {
	server *server.Server
	record *recorder
	tally  *tally
	store  store.Store
	bus    *bus.Bus
}

func openLocal(dir string, o server.Options, stored pebblestore.Options) (*local, error) {
	opened, err := pebblestore.Open(filepath.Join(dir, "store"), stored)
	if err != nil {
		return nil, err
	}
	counted := newTally(opened)
	l := &local{store: opened, tally: counted, record: &recorder{Store: counted}}
	o.Data, o.Store = filepath.Join(dir, "data"), l.record
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	if l.server, err = server.New(o, counterApp, boardApp, followerApp, homeApp, cloudApp); err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	l.bus = l.server.Bus()
	return l, nil
}

func (l *local) close() error { return errors.Join(l.server.Close(), l.store.Close()) }

// Arguments of the counter's methods.
var (
	addOne = cbor.AppendUint(cbor.AppendArrayHeader(nil, 1), 1)
	none   = cbor.AppendArrayHeader(nil, 0)
)

// load has clients that ask one CA after the other, each as its owner.
func (l *local) load(inFlight int, cas []name.Name, method string, args []byte) load {
	return load{inFlight, func(client int, done func(error)) func(int) {
		reply := func(r bus.Reply) {
			if r.Err != nil {
				done(r.Err)
				return
			}
			done(nil)
		}
		return func(n int) {
			to := cas[(client+n*inFlight)%len(cas)]
			l.bus.Request(bus.Request{Caller: bus.Caller{Owner: to.Owner}, To: to, Method: method, Args: args, Reply: reply})
		}
	}}
}

// add has every CA count once, and so makes those that are new.
func (l *local) add(ctx context.Context, cas []name.Name) error {
	return l.load(1024, cas, "Add", addOne).each(ctx, len(cas))
}

// recordAdds has every CA count once, and returns what that wrote.
func (l *local) recordAdds(ctx context.Context, cas []name.Name) ([]store.Write, error) {
	l.record.start()
	err := l.add(ctx, cas)
	return l.record.stop(), err
}

// counters are the names of n CAs, each of an owner of its own, in no order: people do not come by the alphabet, and a batch of neighbours is
// written faster.
func counters(n int) []name.Name {
	all := make([]name.Name, n)
	for i := range all {
		all[i] = name.Name{App: "counter", Owner: fmt.Sprintf("owner%06d", i), Local: "home"}
	}
	shuffle(all)
	return all
}

// shuffle gives the same order each time.
func shuffle[T any](all []T) {
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
}

func keys(cas []name.Name) []string {
	all := make([]string, len(cas))
	for i := range cas {
		all[i] = cas[i].String()
	}
	return all
}
