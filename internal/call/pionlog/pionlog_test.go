package pionlog

import (
	"bytes"
	"log/slog"
	"testing"
)

func TestWarningsComeAtLevelDebug(t *testing.T) {
	for level, want := range map[slog.Level]string{
		slog.LevelInfo:  "",
		slog.LevelDebug: "level=DEBUG msg=\"lost 3\" scope=ice\nlevel=DEBUG msg=gone scope=ice\n",
	} {
		var out bytes.Buffer
		l := To(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level, ReplaceAttr: withoutTime}))).NewLogger("ice")
		l.Trace("a")
		l.Debugf("%d", 1)
		l.Info("b")
		l.Warnf("lost %d", 3)
		l.Error("gone")
		if out.String() != want {
			t.Errorf("at %v: %q, want %q", level, &out, want)
		}
	}
}

func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
