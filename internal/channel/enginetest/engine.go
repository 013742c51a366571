package enginetest

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Generation is which engine is played.
type Generation uint8

// The generations that are in use.
const (
	V048 Generation = iota + 1 // 0.48
	V1                         // 1.x
)

func (g Generation) String() string { return map[Generation]string{V048: "0.48", V1: "1.x"}[g] }

// Engine is a pico on an engine of its own. Its methods may be called from any goroutine.
type Engine struct {
	URL      string // the engine's host, without a slash at the end
	Doorbell string // the pico's well-known ECI

	t          testing.TB
	generation Generation
	server     *httptest.Server
	sending    sync.WaitGroup // what is sent while nobody waits

	mu       sync.Mutex
	changed  chan struct{} // closed, and another one made, with each change
	accepts  bool
	made     int             // names so far
	channels map[string]bool // ECIs
	busses   map[string]*Bus // by id
	events   []Event         // on the channels of subscriptions
	heard    []Exchange
	sent     []Exchange
	headers  map[string]string // of the event that the owner raised last
}

// State is where a subscription stands, in the words of engines.
type State string

// The states.
const (
	Inbound     State = "inbound"  // asked of this pico
	Outbound    State = "outbound" // asked by it
	Established State = "established"
)

// Bus is a subscription as the engine keeps it.
type Bus struct {
	ID, Name, ChannelName, ChannelType string
	State                              State
	Rx, Tx, Host                       string // this pico's channel; the peer's, and its host: empty is this engine
	RxRole, TxRole                     string // this pico's, and the peer's
	WellKnown                          string // the doorbell that was asked

	asked Attributes // as it came: V1 hands it on
}

// Event is one that came on a subscription's channel.
type Event struct {
	Subscription, Domain, Type string
	Attributes                 map[string]any
}

// New starts an engine, which ends with the test.
func New(t testing.TB, g Generation) *Engine {
	e := &Engine{t: t, generation: g, changed: make(chan struct{}), channels: map[string]bool{}, busses: map[string]*Bus{}}
	e.server = httptest.NewServer(e)
	e.URL = e.server.URL
	e.Doorbell = e.newChannel()
	e.headers = map[string]string{"host": "localhost:8080", "authorization": "Bearer of-the-owner", "user-agent": "curl/8"}
	t.Cleanup(func() {
		e.sending.Wait()
		e.server.Close()
	})
	return e
}

// DoorbellURL is how people hand their doorbell around.
func (e *Engine) DoorbellURL() string { return e.URL + e.path(e.Doorbell, "wrangler", "subscription") }

// AutoAccept has the pico approve whatever it is asked from now on, as many do.
func (e *Engine) AutoAccept() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.accepts = true
}

// Bus is a subscription, and whether there is one.
func (e *Engine) Bus(id string) (Bus, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if b := e.busses[id]; b != nil {
		return *b, true
	}
	return Bus{}, false
}

// Busses are all subscriptions in a state, by id.
func (e *Engine) Busses(s State) (list []Bus) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, b := range e.busses {
		if b.State == s {
			list = append(list, *b)
		}
	}
	slices.SortFunc(list, func(a, b Bus) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// Received are the events that came on subscriptions, in their order.
func (e *Engine) Received() []Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.events)
}

// Await waits until something holds, which is asked whenever the engine has changed, or fails the test.
func (e *Engine) Await(what string, holds func() bool) {
	e.t.Helper()
	timeout := time.NewTimer(20 * time.Second)
	defer timeout.Stop()
	for {
		e.mu.Lock()
		changed := e.changed
		e.mu.Unlock()
		if holds() {
			return
		}
		select {
		case <-changed:
		case <-timeout.C:
			e.t.Fatalf("the engine waits in vain for %s; it has heard %v", what, e.Heard())
		}
	}
}

// note tells who waits that something has changed. Call with mu held.
func (e *Engine) note() {
	close(e.changed)
	e.changed = make(chan struct{})
}

// newChannel makes an ECI. Call with mu held, or before anybody else knows the engine.
func (e *Engine) newChannel() (eci string) {
	eci = e.newName("eci")
	e.channels[eci] = true
	return eci
}

func (e *Engine) newName(of string) string {
	e.made++
	return fmt.Sprintf("%s-of-%s-%06d", of, map[Generation]string{V048: "v048", V1: "v1"}[e.generation], e.made)
}
