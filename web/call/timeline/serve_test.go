package timeline

import (
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

const page = `<!doctype html><meta charset="utf-8"><title>peers</title><link rel="icon" href="data:,"><body><script type="module" src="peers.js"></script>`

// servePeers serves testdata/peers.ts, which calls itself.
func servePeers(t *testing.T) (url string) {
	t.Helper()
	files := map[string][]byte{"/": []byte(page), "/peers.js": bundle(t, "testdata/peers.ts"), "/worker.js": bundle(t, "worker.ts")}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path != "/" {
			w.Header().Set("Content-Type", "text/javascript")
		}
		w.Write(files[r.URL.Path])
	}))
	t.Cleanup(s.Close)
	return s.URL + "/"
}

func bundle(t *testing.T, entry string) []byte {
	t.Helper()
	built := api.Build(api.BuildOptions{
		EntryPoints: []string{entry}, Bundle: true, Format: api.FormatESModule, Target: api.ES2022, LogLevel: api.LogLevelSilent,
		Define: map[string]string{"WORKER_URL": `"/worker.js"`},
	})
	for _, m := range built.Errors {
		t.Fatal(m.Text)
	}
	return built.OutputFiles[0].Contents
}

// scenario and played are Case and Played of testdata/peers.ts.
type scenario struct {
	Actions   int      `json:"actions"`
	Receivers int      `json:"receivers"`
	Pause     int      `json:"pause"`
	Line      int      `json:"line"`
	Without   []string `json:"without,omitempty"`
	Plain     bool     `json:"plain,omitempty"`
}

func (s scenario) script() string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return "run(" + string(text) + ")"
}

type played struct {
	Samples []struct {
		Method string
		Told   *float64
		Error  *float64 // ms from the first picture with the mark
	}
	Replayed bool
}

// check fails the test unless each action has fired by that method, and the log tells it again. It returns how far off most were, in ms.
func (p played) check(t *testing.T, s scenario, method string) (usual float64) {
	t.Helper()
	if len(p.Samples) != s.Actions*s.Receivers || !p.Replayed {
		t.Errorf("%d actions of %d; the log replays: %v", len(p.Samples), s.Actions*s.Receivers, p.Replayed)
	}
	var off []float64
	for i, a := range p.Samples {
		if a.Method != method {
			t.Errorf("action %d fired by %q, not by %q", i+1, a.Method, method)
		}
		if a.Error != nil {
			off = append(off, math.Abs(*a.Error))
		}
	}
	if len(off) == 0 {
		t.Fatal("no mark was seen")
	}
	slices.Sort(off)
	t.Logf("%s: of %d actions, ms off: median %.1f, worst but a twentieth %.1f, worst %.1f", method, len(off), off[len(off)/2], off[len(off)*19/20], off[len(off)-1])
	return off[len(off)/2]
}
