package discovery

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var loopbackOpen = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// world is a server's CAs, and what they have published.
type world struct {
	mu     sync.Mutex
	cas    []string // sorted
	cards  map[string]Card
	broken bool
	public string
	clock  *clock.Fake
	*Discovery
}

// newWorld makes a server that goes by a public URL.
func newWorld(t testing.TB, public string, open ...netip.Prefix) *world {
	w := &world{cards: map[string]Card{}, public: public, clock: clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))}
	client := outgoing.New(outgoing.Options{Open: open})
	t.Cleanup(client.Close)
	w.Discovery = New(Options{
		Apps: []string{"cloud", "tweetiot"}, CAs: w.list, Published: w.published, PublicURL: func() string { return w.public },
		Client: client, Clock: w.clock, Seed: bytes.Repeat([]byte(public[len(public)-1:]), 32),
	})
	return w
}

func (w *world) list(prefix string, limit int, visit func(string) error) error {
	if w.broken {
		return errors.New("broken")
	}
	for _, ca := range w.cas {
		if !strings.HasPrefix(ca, prefix) {
			continue
		}
		if limit--; limit < 0 {
			return nil
		}
		if err := visit(ca); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) published(ca name.Name) (Card, string, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken {
		return Card{}, "", false, errors.New("broken")
	}
	c, ok := w.cards[ca.String()]
	return c, eciOf(ca.String()), ok, nil
}

// eciOf is a CA's doorbell.
func eciOf(ca string) string { return "eci-" + strings.NewReplacer(":", "-", "/", "-").Replace(ca) }

// has adds a CA that has published nothing.
func (w *world) has(cas ...string) {
	w.cas = append(w.cas, cas...)
	slices.Sort(w.cas)
}

// shows adds a CA that has published a card.
func (w *world) shows(ca string, c Card) {
	w.has(ca)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cards[ca] = c
}

// asks is a request to the handler.
func (w *world) asks(target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	w.Handler().ServeHTTP(rec, r)
	return rec
}

func parsed(t testing.TB, rec *httptest.ResponseRecorder) (doc document) {
	t.Helper()
	if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil || rec.Code != 200 {
		t.Fatalf("%d %s: %v", rec.Code, rec.Body, err)
	}
	return doc
}

func code(err *wire.Error) wire.Code {
	if err == nil {
		return ""
	}
	return err.Code
}
