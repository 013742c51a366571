package client_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/wabgo/wab/wasm/client"
)

// A netSwitch is a network that can be off.
type netSwitch struct {
	transport *http.Transport

	mu    sync.Mutex
	off   bool
	conns []net.Conn
}

func newSwitch(t *testing.T) *netSwitch {
	s := &netSwitch{}
	s.transport = &http.Transport{DialContext: s.dial}
	t.Cleanup(s.transport.CloseIdleConnections)
	return s
}

func (s *netSwitch) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.off {
		return nil, errors.New("the network is off")
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err == nil {
		s.conns = append(s.conns, conn)
	}
	return conn, err
}

// turn cuts what there is, and lets nothing new come about while it is off.
func (s *netSwitch) turn(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.off = !on
	for _, c := range s.conns {
		c.Close()
	}
	s.conns = nil
}

// bar lets nothing new come about, and cuts nothing.
func (s *netSwitch) bar() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.off = true
}

func TestDEV2_ADeviceThatIsAwayKeepsTheTimeAndReportsLater(t *testing.T) {
	l := startLights(t)
	p := newPins()
	network := newSwitch(t)
	states := make(chan client.State, 1000)
	c := l.dial(l.fresh("lamp"), client.Options{
		HTTP: &http.Client{Transport: network.transport}, OnState: func(s client.State) { states <- s },
	})
	away := make(chan struct{})
	commands := p.commands()
	pin := commands["pin"]
	commands["pin"] = func(d *client.Device, a client.Args) error {
		<-away // however slow the machine is: what is to be reported later is not done before
		return pin(d, a)
	}
	d, err := c.Device(t.Context(), home, "lamp", client.DeviceOptions{Commands: commands})
	if err != nil {
		t.Fatal(err)
	}
	const bundles = 3
	for i := range bundles {
		l.call(nil, "Blink", "lamp", 400+i*100, 20)
	}
	have(t, c, bundles)
	network.turn(false)
	for s := range states {
		if s.Status == client.Offline {
			break
		}
	}
	close(away)
	if err := d.Report("away", true); err != nil {
		t.Error(err)
	}
	p.expect(t, "true", "false", "true", "false", "true", "false")
	var waiting []any
	if l.call(&waiting, "All"); len(waiting) != 0 {
		t.Error("the device was to be away:", waiting)
	}
	network.turn(true)
	c.RetryNow()
	for _, o := range l.outcomes(bundles) {
		if o.Result != "done" && o.Result != "replaced" || o.Ran.Before(o.Due) { // a busy machine may not be done in time
			t.Errorf("%+v", o)
		}
	}
	l.reported("lamp", func(all map[string]any) bool { return all["away"] == true })
	network.turn(false) // what comes again is known
	network.turn(true)
	c.RetryNow()
	l.call(nil, "Now", "lamp", "pin", []any{false})
	p.expect(t, "true", "false", "true", "false", "true", "false", "false")
}

// have waits until a client has so many bundles.
func have(t *testing.T, c *client.Client, n int) {
	t.Helper()
	changed := make(chan struct{}, 100)
	m, err := c.Map(t.Context(), home+"/lamp-bundles", client.MapOptions{OnChange: func(client.MapChange) { changed <- struct{}{} }})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for m.Len() < n {
		<-changed
	}
}

func TestADeviceIsSeen(t *testing.T) {
	l := startLights(t)
	l.device("lamp", client.DeviceOptions{})
	changed := make(chan struct{}, 100)
	m, err := l.dial(l.token, client.Options{}).Map(t.Context(), home+"/lamp-desired", client.MapOptions{OnPresence: func() { changed <- struct{}{} }})
	if err != nil {
		t.Fatal(err)
	}
	for len(m.Others()) == 0 {
		<-changed
	}
	var shown struct {
		Device    string
		Bound, At int64
	}
	if err := client.Decode(m.Others()[0].Value, &shown); err != nil || shown.Device != "lamp" || shown.At == 0 || shown.Bound == 0 {
		t.Errorf("%+v, %v", shown, err)
	}
}
