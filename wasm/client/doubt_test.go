package client

import (
	"math"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/link"
)

// TestDEV3_AfterASleepNothingIsKnownUntilTheServerAnswers also where an answer was on its way.
func TestDEV3_AfterASleepNothingIsKnownUntilTheServerAnswers(t *testing.T) {
	c := &Client{t0: time.Now(), link: link.New(link.Config{Run: func() string { return "0123456789abcdef" }}), ended: true}
	sample := func(at int64) link.Event {
		return link.Event{Kind: link.Sample, Instants: link.Instants{Sent: at, Received: at + 1000, Answered: at + 1000, Arrived: at + 2000}}
	}
	now := c.now()
	c.compared(sample(now))
	if _, bound, known := c.serverTime(); !known || bound > 5000 {
		t.Fatalf("%d, %v", bound, known)
	}
	c.doubt, c.doubted = true, now+10
	c.compared(sample(now + 5))
	if _, _, known := c.serverTime(); known || c.Clock().Bound != math.MaxInt64 {
		t.Error("a ping from before the sleep says nothing")
	}
	c.compared(sample(now + 10))
	if _, _, known := c.serverTime(); !known {
		t.Error("the server has answered")
	}
}
