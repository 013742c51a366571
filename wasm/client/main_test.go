package client

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	lastWords = 20 * time.Second // a busy machine may need more than is fair to who closes a device
	goleak.VerifyTestMain(m)
}
