package pebblestore

import (
	"encoding/binary"

	"github.com/wabgo/wab/internal/store"
)

// The first byte of a key names its space; doc.go shows the whole layout.
const (
	spaceCA   = 'c'
	spaceDue  = 'd'
	spaceMeta = 'm'
)

// What follows a CA's name. Names are printable ASCII, so these end a name, and no CA's keys lie among another's.
const (
	endHead = 0x00
	endSide = 0x01
	endCA   = 0x02
)

var (
	formatKey   = []byte{spaceMeta, 'f'}
	sequenceKey = []byte{spaceMeta, 's'}
	logKey      = []byte{spaceMeta, 'l'}
)

// head is what the store keeps of a CA besides its side keys; rev 0 means that there is no such CA.
type head struct {
	rev store.Rev
	due int64
}

const headSize = 16

func appendHead(dst []byte, h head) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(h.rev))
	return binary.BigEndian.AppendUint64(dst, uint64(h.due))
}

func parseHead(value []byte) (head, error) {
	if len(value) != headSize {
		return head{}, errHead
	}
	return head{
		rev: store.Rev(binary.BigEndian.Uint64(value)),
		due: int64(binary.BigEndian.Uint64(value[8:])),
	}, nil
}

// appendNumber and parseNumber are for what stands under sequenceKey and logKey.
func appendNumber(dst []byte, n uint64) []byte { return binary.BigEndian.AppendUint64(dst, n) }

func parseNumber(value []byte) (uint64, error) {
	if value == nil {
		return 0, nil
	}
	if len(value) != 8 {
		return 0, errNumber
	}
	return binary.BigEndian.Uint64(value), nil
}

func appendCA(dst []byte, ca string, end byte) []byte {
	dst = append(dst, spaceCA)
	dst = append(dst, ca...)
	return append(dst, end)
}

func appendSide(dst []byte, ca string, key []byte) []byte {
	return append(appendCA(dst, ca, endSide), key...)
}

// sidePrefix is how many bytes of a side key come before the caller's own.
func sidePrefix(ca string) int { return 1 + len(ca) + 1 }

// appendDueTime begins a due key; the flipped sign makes instants before 1970 sort first.
func appendDueTime(dst []byte, at int64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, spaceDue), uint64(at)^1<<63)
}

func appendDue(dst []byte, at int64, ca string) []byte {
	return append(appendDueTime(dst, at), ca...)
}

func parseDue(key []byte) (store.Due, error) {
	const timeEnd = 1 + 8
	if len(key) <= timeEnd {
		return store.Due{}, errDue
	}
	at := int64(binary.BigEndian.Uint64(key[1:timeEnd]) ^ 1<<63)
	return store.Due{CA: string(key[timeEnd:]), At: at}, nil
}

// after is the first key past all that begin with prefix; no key of ours begins with 0xff, so there is one.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for len(end) > 0 {
		if last := len(end) - 1; end[last] < 0xff {
			end[last]++
			return end
		}
		end = end[:len(end)-1]
	}
	return nil
}
