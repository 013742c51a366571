package client_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/wasm/client"
)

// A garbler stands between a client and its server, and has the server talk nonsense: near to what it should say, and far from it.
type garbler struct {
	to string

	mu     sync.Mutex
	random *rand.Rand
	frames int
}

func startGarbler(t *testing.T, server string, seed uint64) (url string, g *garbler) {
	g = &garbler{to: "ws" + strings.TrimPrefix(server, "http") + "/api/session", random: rand.New(rand.NewPCG(seed, 9))}
	web := httptest.NewServer(g)
	t.Cleanup(web.Close)
	return web.URL, g
}

func (g *garbler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	down, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		return
	}
	defer down.CloseNow()
	up, _, err := websocket.Dial(r.Context(), g.to, &websocket.DialOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		return
	}
	defer up.CloseNow()
	var pass sync.WaitGroup
	pass.Go(func() { copyFrames(up, down, g.garble); down.CloseNow() })
	copyFrames(down, up, func(frame []byte) []byte { return frame })
	up.CloseNow()
	pass.Wait()
}

func copyFrames(from, to *websocket.Conn, change func([]byte) []byte) {
	for {
		_, frame, err := from.Read(context.Background())
		if err != nil || to.Write(context.Background(), websocket.MessageBinary, change(frame)) != nil {
			return
		}
	}
}

// count is how many frames have come through that might have been changed.
func (g *garbler) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.frames
}

// garble changes one frame in four, but no welcome: clients would come back too seldom.
func (g *garbler) garble(frame []byte) []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	if wire.Kind(frame) == wire.KindWelcome {
		return frame
	}
	if g.frames++; g.random.IntN(4) > 0 {
		return frame
	}
	switch g.random.IntN(4) {
	case 0:
		return frame[:g.random.IntN(len(frame))]
	case 1:
		for i := range frame {
			frame[i] = byte(g.random.Uint32())
		}
		return frame
	case 2: // a number of eight bytes, as large as can be, in place of a small one
		for i := g.random.IntN(len(frame)); i < len(frame); i++ {
			if frame[i] < 24 {
				return append(append(append([]byte{}, frame[:i]...), 0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), frame[i+1:]...)
			}
		}
	}
	frame[g.random.IntN(len(frame))] ^= byte(1 << g.random.IntN(8))
	return frame
}

// TestOPS1_AServerThatTalksNonsenseBreaksNothingHere has a device, a map and a topic follow it.
func TestOPS1_AServerThatTalksNonsenseBreaksNothingHere(t *testing.T) {
	for seed := range uint64(2) {
		l := startLights(t)
		through, g := startGarbler(t, l.url, seed)
		token := l.fresh("lamp")
		p := newPins()
		p.more = make(chan struct{}, 10_000)
		ctx, stop := context.WithCancel(t.Context())
		var giver sync.WaitGroup
		giver.Go(func() {
			for ctx.Err() == nil {
				l.ca.Call(ctx, nil, "Blink", "lamp", 1, 1)
				l.ca.Call(ctx, nil, "Want", "lamp", "x", "y")
			}
		})
		visit := func(within time.Duration) { // a server that makes no sense may leave us waiting
			brief, enough := context.WithTimeout(ctx, within)
			defer enough()
			c, err := client.Dial(brief, through, client.Options{Token: token, Renew: func(context.Context) (string, error) { return token, nil }})
			if err != nil {
				return
			}
			defer c.Close()
			d, err := c.Device(brief, home, "lamp", client.DeviceOptions{Commands: p.commands(), OnError: func(error) {}})
			if err != nil {
				return
			}
			d.Report("x", 1)
			select {
			case <-d.Done():
			case <-brief.Done():
			}
		}
		for within := 500 * time.Millisecond; g.count() < 40; {
			before := g.count()
			if visit(within); g.count() == before {
				within *= 2 // it is slow, and has said nothing yet
			}
		}
		stop()
		giver.Wait()
		t.Log(p.count(), "commands")
	}
}
