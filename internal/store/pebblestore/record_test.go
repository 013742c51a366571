package pebblestore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"
	"testing"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/store"
)

// encoded is the record of some writes, the first of which gets the revision behind last.
func encoded(last store.Rev, writes ...store.Write) []byte {
	record := beginRecord(nil)
	for i := range writes {
		last++
		after := head{rev: last, due: writes[i].Due}
		if writes[i].Destroy && len(writes[i].Keep) == 0 {
			after = head{}
		}
		record = appendCommit(record, &writes[i], after)
	}
	endRecord(record, last, len(writes))
	return record
}

// reencoded reads a record and writes again what it has read.
func reencoded(record []byte) ([]byte, error) {
	again, count := beginRecord(nil), 0
	newest, err := readRecord(record, func(w *store.Write, after head) error {
		again = appendCommit(again, w, after)
		count++
		return nil
	})
	endRecord(again, newest, count)
	return again, err
}

func TestRecordsComeBack(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		bytesOf := rapid.SliceOfN(rapid.Byte(), 0, 300)
		write := rapid.Custom(func(r *rapid.T) store.Write {
			w := store.Write{
				CA:      rapid.StringMatching(`[!-~]{1,256}`).Draw(r, "ca"),
				Due:     rapid.Int64().Draw(r, "due"),
				Deletes: rapid.SliceOfN(bytesOf, 0, 3).Draw(r, "deletes"),
			}
			for _, key := range rapid.SliceOfN(bytesOf, 0, 3).Draw(r, "puts") {
				w.Puts = append(w.Puts, store.KV{Key: key, Value: bytesOf.Draw(r, "value")})
			}
			if w.Destroy = rapid.Bool().Draw(r, "destroy"); w.Destroy {
				w.Keep = bytesOf.Draw(r, "keep")
			}
			return w
		})
		writes := rapid.SliceOfN(write, 1, 4).Draw(r, "writes")
		last := store.Rev(rapid.Uint64Max(math.MaxUint64-10).Draw(r, "last"))
		record := encoded(last, writes...)
		n := 0
		newest, err := readRecord(record, func(w *store.Write, after head) error {
			want := writes[n]
			n++
			if gone := want.Destroy && len(want.Keep) == 0; gone {
				if want = (store.Write{CA: want.CA, Destroy: true}); after != (head{}) {
					return fmt.Errorf("it leaves %v", after)
				}
			} else if (after != head{last + store.Rev(n), want.Due}) {
				return fmt.Errorf("it leaves %v", after)
			}
			if got, want := fmt.Sprintf("%+v", *w), fmt.Sprintf("%+v", want); got != want {
				return fmt.Errorf("%s instead of %s", got, want)
			}
			return nil
		})
		if err != nil || n != len(writes) || newest != last+store.Rev(n) {
			r.Fatalf("%d of %d, up to %d after %d: %v", n, len(writes), newest, last, err)
		}
	})
}

// FuzzReadRecord: whatever a record holds, it is read in memory in proportion to its size, or refused; and what was read is what would be written.
func FuzzReadRecord(f *testing.F) {
	f.Add(encoded(7, step(testCA, 3, 0), step(testCA, 17, 9), store.Write{CA: testCA, Destroy: true, Keep: []byte("k"), Due: -5}))
	f.Add(encoded(math.MaxUint64-1, store.Write{CA: testCA, Puts: make([]store.KV, 40), Deletes: make([][]byte, 40)}))
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 40))
	huge := encoded(1, store.Write{CA: "a"})
	f.Add(append(huge[:len(huge)-1], binary.AppendUvarint(nil, math.MaxUint64)...))
	f.Fuzz(func(t *testing.T, record []byte) {
		again, err := reencoded(record)
		if err != nil {
			if !errors.Is(err, errRecord) {
				t.Fatal(err)
			}
			return
		}
		same, err := reencoded(again)
		if err != nil || !bytes.Equal(again, same) {
			t.Fatalf("%x is read as %x, and that as %x, %v", record, again, same, err)
		}
	})
}

// TestNonsenseTakesNoMemory: a record that names many keys and holds none is refused before there is room for them.
func TestNonsenseTakesNoMemory(t *testing.T) {
	const size = 8 << 20
	record := encoded(1, store.Write{CA: "a"})
	record = binary.AppendUvarint(record[:len(record)-1], size) // so many keys are set
	record = append(record, bytes.Repeat([]byte{0xff}, size)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := reencoded(record)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, errRecord) || after.TotalAlloc-before.TotalAlloc > size {
		t.Errorf("%v, with %d bytes", err, after.TotalAlloc-before.TotalAlloc)
	}
}
