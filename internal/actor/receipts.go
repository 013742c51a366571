package actor

import (
	"encoding/binary"
	"errors"
	"log/slog"
	"slices"
)

// Receipts are side keys that keep things from being done twice. They expire, and until then they outlive their CA: one that is made anew under its name finds them.
//
// Nobody is in a hurry to remove them. A CA in memory looks for expired ones about once a day; one that is not is woken for it once, days later.
// One that is destroyed leaves a grave, a head with its receipts, that is removed as a whole when the last of them must have expired.
const (
	MaxReceiptAge = 8 * day // the longest that a receipt may be kept: senders give up after seven days

	day      = 24 * 3600 * 1_000_000 // µs
	sweepAge = 25 * day / 24         // µs from the first receipt until a CA in memory looks for expired ones
	sweepMax = 10_000                // removed at a time
	expiry   = 8                     // bytes of the instant before a receipt's value
)

var errSwept = errors.New("actor: enough for now")

// PutReceipt sets a side key made by ReceiptKey that counts until an instant in µs UTC, at most MaxReceiptAge ahead. Key and value belong to the commit from now on.
func (c *Commit) PutReceipt(key, value []byte, until int64) {
	c.receipts = true
	c.Put(key, append(binary.BigEndian.AppendUint64(make([]byte, 0, expiry+len(value)), uint64(until)), value...))
}

// Receipt reads a receipt as the CA's own messages have left it, also those to a CA of its name before. It returns nil for none, or one that has expired.
func (c *CA) Receipt(key []byte) ([]byte, error) {
	stored, err := c.Get(key)
	if err != nil {
		return nil, err
	}
	value, until := unpack(stored)
	if until <= c.rt.now() {
		return nil, nil
	}
	return value, nil
}

// Receipts visits the receipts whose keys begin with prefix, in no particular order. The slices are valid during the visit only.
func (c *CA) Receipts(prefix []byte, visit func(key, value []byte) error) error {
	now := c.rt.now()
	return c.Scan(prefix, func(key, stored []byte) error {
		if value, until := unpack(stored); until > now {
			return visit(key, value)
		}
		return nil
	})
}

func unpack(stored []byte) (value []byte, until int64) {
	if len(stored) < expiry {
		return nil, 0
	}
	return stored[expiry:], int64(binary.BigEndian.Uint64(stored))
}

// planSweep sees to it that receipts which the commit adds are looked at again. It is called with CA.mu held.
func (c *CA) planSweep(commit *Commit) {
	if commit.receipts && c.meta.sweepAt == 0 {
		c.meta.sweepAt, c.meta.dirty = c.rt.now()+MaxReceiptAge, true
	}
	commit.receipts = false
}

// sweep finds the receipts that have expired, when it is time.
func (c *CA) sweep(now int64) {
	if at := c.meta.sweepAt; at == 0 || now < at-MaxReceiptAge+sweepAge {
		return
	}
	left := false
	err := c.Scan(receiptKeys, func(key, stored []byte) error {
		if _, until := unpack(stored); until > now {
			left = true
			return nil
		}
		if len(c.expired) == sweepMax {
			return errSwept
		}
		c.expired = append(c.expired, slices.Clone(key))
		return nil
	})
	c.swept, c.meta.dirty = true, true
	switch {
	case err == errSwept:
		c.meta.sweepAt = now + 1_000_000
	case err != nil:
		c.rt.log.Error("receipts can't be read", slog.String("ca", c.key), slog.Any("error", err))
		c.meta.sweepAt = now + day
	case left:
		c.meta.sweepAt = now + MaxReceiptAge
	default:
		c.meta.sweepAt = 0
	}
}

// encodeSweep removes what was found, and notes when to look again.
func (c *CA) encodeSweep(commit *Commit) {
	commit.wrote = commit.wrote || c.swept
	c.swept = false
	for _, key := range c.expired {
		commit.Delete(key)
	}
	c.expired = nil
}
