package pebblestore

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain also runs the processes that tests start to kill them, or to see them end.
func TestMain(m *testing.M) {
	if role := os.Getenv(childRole); role != "" {
		runChild(role, os.Getenv(childDir))
		return
	}
	// Pebble forgets this one where its Open fails late; ours are all waited for.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/cockroachdb/pebble/v2.(*ConcurrencyLimitScheduler).periodicGranter"))
}
