package pubsub

import (
	"encoding/binary"
	"errors"
)

// large is from how many bytes on messages are read one by one. Smaller ones are read by the block, of which a large one would take too much for little.
const large = 2 << 10

// errEnough ends the reading of a block.
var errEnough = errors.New("pubsub: enough")

// since are messages after an offset, of about limit bytes, from memory or the store. It may wait for the store. None come where there are none, or where they leave
// the log meanwhile.
func (f *feed) since(offset uint64, limit int) (all []*entry, err error) {
	f.mu.Lock()
	last := f.last
	all = f.kept(offset, limit)
	f.mu.Unlock()
	if all != nil || offset >= last {
		return all, nil
	}
	first, err := f.reread(offset + 1)
	if first == nil || err != nil {
		return nil, err
	}
	if len(first.Packed) >= large {
		return f.oneByOne(first, last, limit)
	}
	return f.block(first, last, limit)
}

// reread is a message as it is stored; nil where it is not.
func (f *feed) reread(offset uint64) (*entry, error) {
	packed, err := f.hub.opt.Store.Get(f.key, messageKey(offset))
	if err != nil || packed == nil {
		return nil, err
	}
	return parseEntry(packed)
}

func (f *feed) oneByOne(e *entry, last uint64, limit int) (all []*entry, err error) {
	for ; e != nil && err == nil; e, err = f.reread(e.Offset + 1) {
		all = append(all, e)
		if limit -= len(e.Packed); limit <= 0 || e.Offset >= last {
			return all, nil
		}
	}
	return all, err
}

// block are the messages from one on to the end of its block.
func (f *feed) block(first *entry, last uint64, limit int) (all []*entry, err error) {
	next := first.Offset
	_, err = f.hub.opt.Store.Load(f.key, blockPrefix(blockOf(next)), func(key, value []byte) error {
		if offset := binary.BigEndian.Uint64(key[len(key)-8:]); offset < next {
			return nil
		} else if offset != next || offset > last || limit <= 0 {
			return errEnough
		}
		e, err := parseEntry(append([]byte(nil), value...))
		all = append(all, e)
		limit -= len(value)
		next++
		return err
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return all, nil
}
