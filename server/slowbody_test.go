package server

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/policy"
)

// deadlines notes what a request's connection is asked for.
type deadlines struct {
	*httptest.ResponseRecorder
	read []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.read = append(d.read, t)
	return nil
}

func TestOPS1_BodiesThatComeSlowlyHaveADeadlineAndMethodsDoNot(t *testing.T) {
	k := newKit(t, botApp())
	body, feed := io.Pipe()
	r := httptest.NewRequest(http.MethodPost, "http://localhost/api/bot/alice/home/Add", body)
	r.Header.Set("Authorization", "Bearer "+k.token("alice", policy.Scope{}))
	go func() {
		_, _ = feed.Write([]byte("[1]"))
		_ = feed.Close()
	}()
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	k.ServeHTTP(w, r)
	if w.Code != http.StatusOK || len(w.read) != 2 || w.read[0].IsZero() || !w.read[1].IsZero() {
		t.Errorf("status %d, read deadlines %v; want one for the body, and none for the method", w.Code, w.read)
	}
	w = &deadlines{ResponseRecorder: httptest.NewRecorder()}
	k.ServeHTTP(w, httptest.NewRequest(http.MethodPut, "http://localhost/healthz", body))
	if len(w.read) != 1 || w.read[0].IsZero() {
		t.Errorf("a body that nobody wants: read deadlines %v", w.read)
	}
}
