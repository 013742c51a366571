package actor

import (
	"errors"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// maxGraves is how many destroyed CAs an owner whose CAs are limited may have left receipts of: they are looked at whenever another CA is made.
const maxGraves = 1000

// births are the CAs of each owner that are being made: they may not be in the store yet.
type births struct {
	mu    sync.Mutex
	under map[string][]string // keys by owner
}

var (
	errManyCAs = wire.Err(wire.Quota, "You have as many assistants as this server allows; remove one first.")
	errGraves  = wire.Err(wire.Quota, "You have removed so many assistants lately that no other can be made; try again in some days.")
	errCount   = wire.Retry(wire.Unavailable, "It can't be told how many assistants you have; try again.", 1000)
	errEnough  = errors.New("actor: enough counted")
)

// mayBeBorn counts the owner's CAs before another one is made, in all apps that run here. It reads the store, where there is a limit. The server's own are not counted.
func (c *CA) mayBeBorn() *wire.Error {
	rt := c.rt
	if rt.maxCAs == 0 || c.name.Topic() || c.name.Owner == name.CommonsOwner {
		return nil
	}
	others := rt.births.begin(c.name.Owner, c.key)
	if err := rt.room(c.name.Owner, others); err != nil {
		rt.births.end(c.name.Owner, c.key)
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.birth = true
	return nil
}

// room tells whether an owner may have one more CA than those that are stored, and others that are being made.
func (rt *Runtime) room(owner string, others []string) *wire.Error {
	n, graves := len(others), 0
	count := func(ca string) error {
		if strings.Count(ca, "/") > 1 {
			return nil // a topic of a CA
		}
		meta, err := rt.store.Get(ca, metaKey)
		switch {
		case err != nil:
			return err
		case meta == nil:
			graves++
		case !slices.Contains(others, ca):
			n++
		}
		if n >= rt.maxCAs || graves >= maxGraves {
			return errEnough
		}
		return nil
	}
	for app := range rt.classes {
		if err := rt.cas(app+":"+owner+"/", math.MaxInt, count); err == errEnough {
			break
		} else if err != nil {
			return errCount
		}
	}
	switch {
	case n >= rt.maxCAs:
		return errManyCAs
	case graves >= maxGraves:
		return errGraves
	}
	return nil
}

// born is called when a CA that was being made is stored, or will not be. Call with mu held.
func (c *CA) born() {
	if c.birth {
		c.birth = false
		c.rt.births.end(c.name.Owner, c.key)
	}
}

// begin returns what else is being made of an owner's.
func (b *births) begin(owner, key string) (others []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.under == nil {
		b.under = map[string][]string{}
	}
	others = slices.Clone(b.under[owner])
	b.under[owner] = append(b.under[owner], key)
	return others
}

func (b *births) end(owner, key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := b.under[owner]
	i := slices.Index(left, key)
	if left = slices.Delete(left, i, i+1); len(left) > 0 {
		b.under[owner] = left
	} else {
		delete(b.under, owner)
	}
}
