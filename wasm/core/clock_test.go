package main

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"testing"

	"github.com/wabgo/wab/internal/clocksync"
	"github.com/wabgo/wab/internal/wire"
)

const (
	millisecond = int64(1000)
	ahead       = 3_600_000_000 // the server's clock
)

// TestDEV3_ModuleTellsTheServersTime plays half a minute of pings: what the module tells is what package clocksync makes of them, and it pings
// as often as that wants to.
func TestDEV3_ModuleTellsTheServersTime(t *testing.T) {
	wasm, support := buildModule(t)
	now := int64(1_700_000_000_000_000)
	script := []op{
		{Op: "start", Link: 1, Now: now, A: "token", B: "client"},
		{Op: "connected", Link: 1, Now: now, N: 1},
		{Op: "received", Link: 1, Now: now, N: 1, Frame: wire.Welcome{Version: 1, Owner: "alice", MaxFrame: 1 << 16, MaxInflight: 1}.Append(nil)},
		{Op: "followClock", Link: 1, Now: now},
	}
	var c clocksync.Clock
	sent, pings, told := now, 1, []int64{}
	for end := now + 30_000*millisecond; now < end; pings++ {
		arrived := sent + 40*millisecond + int64(pings%7)*10*millisecond
		s := clocksync.Sample{Sent: sent, Received: sent + ahead + 15*millisecond, Answered: sent + ahead + 15*millisecond, Arrived: arrived}
		script = append(script, op{Op: "received", Link: 1, Now: arrived, N: 1, Frame: wire.Pong{T: s.Sent, Received: s.Received, Now: s.Answered}.Append(nil)})
		c.Add(s)
		told = append(told, arrived, c.Server(arrived), c.Bound(arrived))
		sent = max(c.Pace(sent), arrived)
		now = sent
		script = append(script, op{Op: "tick", Link: 1, Now: sent})
	}
	var got []int64
	sends := 0
	for _, l := range playModule(t, wasm, support, script) {
		var line []any
		if err := json.Unmarshal([]byte(l), &line); err != nil {
			t.Fatal(err)
		}
		switch line[0] {
		case "clock":
			got = append(got, int64(line[2].(float64)), int64(line[3].(float64)), int64(line[5].(float64)))
			if drift := line[4].(float64); math.Abs(drift) > clocksync.MaxDrift*1e-9 {
				t.Errorf("the drift is %g", drift)
			}
		case "send":
			if frame, _ := hex.DecodeString(line[3].(string)); wire.Kind(frame) == wire.KindPing {
				sends++
			}
		}
	}
	if len(got) != len(told) || sends != pings {
		t.Fatalf("%d times the clock was told, and %d pings were sent; want %d and %d", len(got)/3, sends, len(told)/3, pings)
	}
	for i := range told {
		if abs(got[i]-told[i]) > 1 {
			t.Fatalf("answer %d: %d, want %d", i/3, got[i/3*3:i/3*3+3], told[i/3*3:i/3*3+3])
		}
	}
}

func abs(n int64) int64 { return max(n, -n) }
