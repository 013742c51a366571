package clocksync_test

import (
	"fmt"

	"github.com/wabgo/wab/internal/clocksync"
)

func Example() {
	var c clocksync.Clock
	c.Add(clocksync.Sample{Sent: 1_000_000, Received: 5_020_000, Answered: 5_020_000, Arrived: 1_100_000}) // slow back
	c.Add(clocksync.Sample{Sent: 2_000_000, Received: 6_090_000, Answered: 6_090_000, Arrived: 2_110_000}) // slow there
	fmt.Println((c.Server(3_000_000)-3_000_000)/1000, "ms apart,", c.Bound(3_000_000)/1000, "ms at most wrong")
	// Output: 4000 ms apart, 21 ms at most wrong
}
