package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/store/pebblestore"
)

// fillBatch is how many CAs one commit makes.
const fillBatch = 4096

// fill stores a million CAs, each as the model was written, through the store's own Commit.
func fill(ctx context.Context, dir string, model store.Write) error {
	s, err := pebblestore.Open(dir, pebblestore.Options{})
	if err != nil {
		return err
	}
	batch := make([]store.Write, 0, fillBatch)
	for i := 0; i < storedCAs && err == nil; i++ {
		batch = append(batch, copyOf(model, storedCA(i)))
		if len(batch) == fillBatch || i == storedCAs-1 {
			err = commitAll(s, batch)
			batch = batch[:0]
		}
		if err == nil {
			err = ctx.Err()
		}
	}
	return errors.Join(err, s.Close())
}

func commitAll(s store.Store, batch []store.Write) error {
	for _, r := range s.Commit(batch) {
		if r.Err != nil {
			return r.Err
		}
	}
	return nil
}

func storedCA(i int) name.Name {
	return name.Name{App: "counter", Owner: fmt.Sprintf("owner%06d", i), Local: "home"}
}

// copyOf is the first write of another CA: the owner's name is part of some keys.
func copyOf(model store.Write, ca name.Name) store.Write {
	was, err := name.Parse(model.CA)
	if err != nil {
		panic(err) // the server has written it
	}
	w := store.Write{CA: ca.String(), Puts: make([]store.KV, len(model.Puts))}
	for i, kv := range model.Puts {
		w.Puts[i] = store.KV{Key: bytes.ReplaceAll(kv.Key, []byte(was.Owner), []byte(ca.Owner)), Value: kv.Value}
	}
	return w
}

// start starts a server on a full store, has one CA answer, and ends it. It took as long as until the server listened.
func start(ctx context.Context, data string) (took time.Duration, err error) {
	begin := time.Now()
	var at address
	c, err := spawn(ctx, &at, "serve", data)
	if err != nil {
		return 0, err
	}
	took = time.Since(begin)
	return took, errors.Join(askStored(at.Addr, data), c.stop())
}

// askStored sees to it that what was timed is a server that has its CAs.
func askStored(addr, data string) error {
	const some = storedCAs / 3
	token, err := mint(data, storedCA(some).Owner)
	if err != nil {
		return err
	}
	s, err := connect(addr, token, "bench", crowdRun(0), []name.Name{storedCA(some)})
	if err != nil {
		return err
	}
	defer s.close()
	frame, err := s.request(0, "Get", none)
	if err != nil {
		return err
	}
	return expect(frame, 1)
}
