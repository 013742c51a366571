package main

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"
)

// TestAPostReachesSimulatedDevices: over the server's maps and reports, and over its topics.
func TestAPostReachesSimulatedDevices(t *testing.T) {
	for _, of := range skewLevels {
		t.Run(of.name, func(t *testing.T) {
			t.Parallel()
			level := of
			level.owners, level.each = 4, min(of.each, 3)
			level.ahead = 10 * time.Second // machines may be busy
			s := &skewRun{level: level}
			var out, progress bytes.Buffer
			r := newReport(&out, &progress, false)
			err := s.open(t.Context(), r, t.TempDir())
			var shown showing
			if err == nil {
				s.simulate()
				shown, _, err = s.measure(t.Context(), r)
			}
			if err := errors.Join(err, s.close()); err != nil {
				t.Fatal(err)
			}
			if n := level.devices(); shown.late != 0 || len(shown.skews) != n*buzzRuns || len(shown.lags) < n*(1+buzzRuns) {
				t.Errorf("of %d devices %d were late; %d executions", n, shown.late, len(shown.skews))
			}
			if left := s.reports.Load(); left != 0 {
				t.Errorf("%d reports were not answered", left)
			}
		})
	}
}

func TestHomesKnowNoOtherCommand(t *testing.T) {
	r, err := homesRole(context.Background(), []string{t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.do(t.Context(), "dance"); err == nil {
		t.Error("homes dance")
	}
	if err := r.close(); err != nil {
		t.Error(err)
	}
}
