package pebblestore

import (
	"fmt"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/store"
)

// BenchmarkOpen1M opens a store of a million CAs with nothing due and asks what is due, as a server does when it starts. first_s is
// the start right after they were written, with a log to replay.
func BenchmarkOpen1M(b *testing.B) {
	if testing.Short() {
		b.Skip("writes a million CAs")
	}
	dir := b.TempDir()
	populate(b, dir, 1_000_000)
	begin := time.Now()
	openOnce(b, dir)
	first := time.Since(begin)
	b.ResetTimer()
	for range b.N {
		openOnce(b, dir)
	}
	b.ReportMetric(first.Seconds(), "first_s")
}

func populate(b *testing.B, dir string, cas int) {
	s, err := Open(dir, Options{})
	if err != nil {
		b.Fatal(err)
	}
	const chunk = 4000
	writes := make([]store.Write, chunk)
	for from := 0; from < cas; from += chunk {
		for i := range writes {
			writes[i] = store.Write{
				CA:   fmt.Sprintf("bench:owner%07d/home", (from+i)*7919%cas), // in no order
				Puts: []store.KV{{Key: []byte("s"), Value: make([]byte, benchState)}},
			}
		}
		for _, r := range s.Commit(writes) {
			if r.Err != nil {
				b.Fatal(r.Err)
			}
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

func openOnce(b *testing.B, dir string) {
	s, err := Open(dir, Options{})
	if err != nil {
		b.Fatal(err)
	}
	if due, err := s.DueBefore(1<<60, store.Due{}, 1000); err != nil || len(due) != 0 {
		b.Fatal(due, err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}
