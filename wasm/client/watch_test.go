package client

import (
	"testing"
	"time"
)

func TestDEV3_AWatchNoticesSleep(t *testing.T) {
	var w watch
	var passed, day time.Duration
	for _, c := range []struct {
		awake, day time.Duration
		moved      bool
	}{
		{time.Second, time.Second, false},
		{time.Hour, time.Hour + time.Second, false}, // put right slowly
		{time.Second, time.Second + 100*time.Millisecond, false},
		{time.Second, 8 * time.Hour, true}, // slept
		{time.Second, time.Second, false},
		{20 * time.Second, 21 * time.Second, true},
		{time.Second, -50 * 365 * 24 * time.Hour, true}, // set
		{0, 0, false},
		{10 * time.Hour, 10 * time.Hour, false},
	} {
		passed, day = passed+c.awake, day+c.day
		if moved := w.look(passed, day); moved != c.moved {
			t.Errorf("after %v, of the day %v: %v", c.awake, c.day, moved)
		}
	}
}
