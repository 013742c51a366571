package actor

import (
	"errors"
	"sync"

	"github.com/wabgo/wab/internal/wire"
)

// births counts the CAs of each owner that are being made, for they are not in the store yet.
type births struct {
	mu    sync.Mutex
	under map[string]int
}

var (
	errManyCAs = wire.Err(wire.Quota, "You have as many assistants as this server allows; remove one first.")
	errCount   = wire.Retry(wire.Unavailable, "It can't be told how many assistants you have; try again.", 1000)
	errEnough  = errors.New("actor: enough counted")
)

// mayBeBorn counts the owner's CAs before another one is made, in all apps that run here. It reads the store, where there is a limit.
func (c *CA) mayBeBorn() *wire.Error {
	rt, owner := c.rt, c.name.Owner
	if rt.maxCAs == 0 {
		return nil
	}
	n := rt.births.begin(owner)
	for app := range rt.classes {
		err := rt.cas(app+":"+owner+"/", 1<<62, func(ca string) error {
			meta, err := rt.store.Get(ca, metaKey)
			if meta != nil { // else a grave
				n++
			}
			if err == nil && n >= rt.maxCAs {
				err = errEnough
			}
			return err
		})
		if err != nil && err != errEnough {
			rt.births.end(owner)
			return errCount
		}
	}
	if n >= rt.maxCAs {
		rt.births.end(owner)
		return errManyCAs
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.birth = true
	return nil
}

// born is called when a CA that was being made is stored, or will not be. Call with mu held.
func (c *CA) born() {
	if c.birth {
		c.birth = false
		c.rt.births.end(c.name.Owner)
	}
}

// begin returns how many others are being made.
func (b *births) begin(owner string) (others int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.under == nil {
		b.under = map[string]int{}
	}
	b.under[owner]++
	return b.under[owner] - 1
}

func (b *births) end(owner string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.under[owner]--; b.under[owner] == 0 {
		delete(b.under, owner)
	}
}
