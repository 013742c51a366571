package server

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/wabgo/wab/internal/clock"
)

// cut takes the power away: what was not synced is lost in part, and the server starts again from the rest.
func (k *kit) cut(random *rand.Rand) {
	k.t.Helper()
	disk := k.disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: random.IntN(101), RNG: random})
	k.stop()
	k.disk = disk
	k.start()
}

// deviceModel is what should be true of a device.
type deviceModel struct {
	name    string
	known   bool
	token   string
	waiting []string
	value   int // 0: not reported
}

// deviceHistory is a random sequence of what can happen to devices, and what should have come of it.
type deviceHistory struct {
	houseKit
	random  *rand.Rand
	devices []*deviceModel
	old     []string // tokens that have ended
	heard   []string
}

// Whatever happens to devices, in whatever order, with restarts and power cuts in between: one token is good, what waits is what was given and not concluded, and every
// outcome is heard once.
func TestDEV1_RandomHistoriesOfDevices(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			k := &kit{t: t, clock: clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)), disk: vfs.NewCrashableMem(), dir: t.TempDir(), apps: []App{houseApp()}}
			k.start()
			t.Cleanup(k.stop)
			h := &deviceHistory{houseKit: houseKit{k}, random: rand.New(rand.NewPCG(seed, 4))}
			for _, name := range []string{"lamp", "buzzer", "fan"} {
				h.devices = append(h.devices, &deviceModel{name: name})
			}
			h.state("lamp", `{"known":false,"desired":{},"waiting":0,"reported":{}}`)
			for range 60 {
				h.step(h.devices[h.random.IntN(len(h.devices))])
			}
			h.check()
		})
	}
}

func (h *deviceHistory) step(d *deviceModel) {
	switch n := h.random.IntN(20); {
	case n < 4:
		h.end(d)
		d.token, d.known = h.key(d.name), true
	case n < 9 && d.known:
		d.waiting = append(d.waiting, h.blink(d.name, 60_000))
	case n < 14 && d.token != "":
		h.report(d)
	case n == 14:
		h.do("alice", "house/alice/home/Forget", fmt.Sprintf(`[%q]`, d.name))
		h.end(d)
		*d = deviceModel{name: d.name}
	case n == 15 && d.known:
		h.refused("alice", "house/alice/home/KeyAndFail", fmt.Sprintf(`[%q]`, d.name), "failed")
	case n == 16:
		h.restart()
	case n == 17:
		h.cut(h.random)
	case n == 18 && len(h.old) > 0:
		if code := h.tell(h.old[h.random.IntN(len(h.old))], `["lamp",{},[]]`); code != "unauthenticated" {
			h.t.Fatal("an old token got", code)
		}
	}
}

func (h *deviceHistory) end(d *deviceModel) {
	if d.token != "" {
		h.old = append(h.old, d.token)
	}
}

// report concludes some of what waits, perhaps twice.
func (h *deviceHistory) report(d *deviceModel) {
	n := h.random.IntN(len(d.waiting) + 1)
	d.value++
	var outcomes []string
	for _, id := range d.waiting[:n] {
		outcomes = append(outcomes, done(id))
		h.heard = append(h.heard, d.name+" "+id+" done pin")
	}
	d.waiting = slices.Clone(d.waiting[n:])
	report := fmt.Sprintf(`[%q,{"value":%d},[%s]]`, d.name, d.value, strings.Join(outcomes, ","))
	for range 1 + h.random.IntN(2) {
		h.told(d.token, report)
	}
}

func (h *deviceHistory) check() {
	for _, d := range h.devices {
		reported := `{}`
		if d.value > 0 {
			reported = fmt.Sprintf(`{"value":%d}`, d.value)
		}
		h.state(d.name, fmt.Sprintf(`{"known":%t,"desired":{},"waiting":%d,"reported":%s}`, d.known, len(d.waiting), reported))
		entries, _ := h.entries("alice", "house/alice/home/maps/"+d.name+"-bundles")
		for _, id := range d.waiting {
			if !strings.Contains(entries, id) {
				h.t.Errorf("%s doesn't wait for %s", id, d.name)
			}
		}
		if d.token != "" {
			h.told(d.token, fmt.Sprintf(`[%q,{},[]]`, d.name))
		}
	}
	for _, token := range h.old {
		if code := h.tell(token, `["lamp",{},[]]`); code != "unauthenticated" {
			h.t.Error("an old token got", code)
		}
	}
	h.houseKit.heard(h.heard...)
}
