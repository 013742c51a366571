package bluetooth

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/bluetoothemulation"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/deviceaccess"
	"github.com/chromedp/chromedp"

	"github.com/wabgo/wab/internal/browser"
)

// bluetooth are the switches of a Chromium whose Bluetooth can be emulated.
const bluetooth = "enable-features=WebBluetooth"

// peripheral is a Bluetooth device that the browser emulates: it keeps what is written to it, and answers as the test wants.
type peripheral struct {
	t       testing.TB
	ctx     context.Context
	address string
	service string
	all     []cell
	cells   map[string]string // characteristic by the browser's id for it

	mu      sync.Mutex
	near    bool
	values  map[string][]byte
	written []string // "characteristic hex", in order
	changed chan struct{}
}

// cell is a characteristic to make.
type cell struct {
	uuid  string
	can   bluetoothemulation.CharacteristicProperties
	value []byte
}

// emulate makes a device in the browser of a tab, whose list of devices will be answered by choosing it. It is there until the test ends.
func emulate(t testing.TB, tab *browser.Tab, name, service string, cells ...cell) *peripheral {
	t.Helper()
	ctx, stop := context.WithCancel(tab)
	p := &peripheral{
		t: t, ctx: ctx, address: "09:09:09:09:09:01", service: service, all: cells,
		cells: map[string]string{}, near: true, values: map[string][]byte{}, changed: make(chan struct{}),
	}
	must(t, callBrowser(ctx, bluetoothemulation.Enable, bluetoothemulation.EnableParams{State: bluetoothemulation.CentralStatePoweredOn, LeSupported: true}))
	p.serve(stop)
	must(t, callBrowser(ctx, bluetoothemulation.SimulatePreconnectedPeripheral, bluetoothemulation.SimulatePreconnectedPeripheralParams{
		Address: p.address, Name: name, ManufacturerData: []*bluetoothemulation.ManufacturerData{}, KnownServiceUUIDs: []string{service},
	}))
	p.furnish()
	p.accept()
	return p
}

// furnish gives the device its service. The browser forgets it at the end of each connection.
func (p *peripheral) furnish() {
	p.t.Helper()
	made, err := chromedp.CallBrowser(p.ctx, bluetoothemulation.AddService, bluetoothemulation.AddServiceParams{Address: p.address, ServiceUUID: p.service})
	must(p.t, err)
	for _, c := range p.all {
		p.add(made.ServiceID, c)
	}
}

func callBrowser[P, R any](ctx context.Context, c cdp.Command[P, R], params P) error {
	_, err := chromedp.CallBrowser(ctx, c, params)
	return err
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (p *peripheral) add(service string, c cell) {
	p.t.Helper()
	made, err := chromedp.CallBrowser(p.ctx, bluetoothemulation.AddCharacteristic, bluetoothemulation.AddCharacteristicParams{ServiceID: service, CharacteristicUUID: c.uuid, Properties: &c.can})
	must(p.t, err)
	p.mu.Lock()
	p.cells[made.CharacteristicID] = c.uuid
	if _, ok := p.values[c.uuid]; !ok {
		p.values[c.uuid] = c.value
	}
	p.mu.Unlock()
	if c.can.Notify { // what may be followed has a place for whether it is
		must(p.t, callBrowser(p.ctx, bluetoothemulation.AddDescriptor, bluetoothemulation.AddDescriptorParams{CharacteristicID: made.CharacteristicID, DescriptorUUID: "00002902-0000-1000-8000-00805f9b34fb"}))
	}
}

// serve answers what the browser asks of the device, until stop.
func (p *peripheral) serve(stop func()) {
	connections := chromedp.BrowserEvents(p.ctx, bluetoothemulation.GattOperationReceived)
	operations := chromedp.BrowserEvents(p.ctx, bluetoothemulation.CharacteristicOperationReceived)
	var wg sync.WaitGroup
	wg.Go(func() {
		for e, err := range connections {
			if err != nil {
				return
			}
			p.connect(e)
		}
	})
	wg.Go(func() {
		for e, err := range operations {
			if err != nil {
				return
			}
			p.operate(e)
		}
	})
	p.t.Cleanup(func() { stop(); wg.Wait() })
}

// connect answers a connection, and its discovery. 0x3e: it could not be established.
func (p *peripheral) connect(e bluetoothemulation.EventGattOperationReceived) {
	p.mu.Lock()
	code := int64(0)
	if !p.near {
		code = 0x3e
	}
	p.mu.Unlock()
	callBrowser(p.ctx, bluetoothemulation.SimulateGATTOperationResponse, bluetoothemulation.SimulateGATTOperationResponseParams{Address: e.Address, Type: e.Type, Code: code})
}

func (p *peripheral) operate(e bluetoothemulation.EventCharacteristicOperationReceived) {
	p.mu.Lock()
	uuid := p.cells[e.CharacteristicID]
	answer := bluetoothemulation.SimulateCharacteristicOperationResponseParams{CharacteristicID: e.CharacteristicID, Type: e.Type}
	switch e.Type {
	case bluetoothemulation.CharacteristicOperationTypeWrite:
		p.values[uuid] = e.Data
		p.written = append(p.written, fmt.Sprintf("%s %x", uuid, e.Data))
		close(p.changed)
		p.changed = make(chan struct{})
	case bluetoothemulation.CharacteristicOperationTypeRead:
		answer.Data = p.values[uuid]
	}
	p.mu.Unlock()
	callBrowser(p.ctx, bluetoothemulation.SimulateCharacteristicOperationResponse, answer)
}

// accept chooses the device whenever the tab shows its list of devices. The browser tells of each list twice.
func (p *peripheral) accept() {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, deviceaccess.Enable, cdp.Empty{})
	must(p.t, err)
	prompts := chromedp.Events(p.ctx, deviceaccess.DeviceRequestPrompted)
	done := make(chan struct{})
	go func() {
		defer close(done)
		var seen []deviceaccess.RequestID
		for e, err := range prompts {
			if err != nil {
				return
			}
			if slices.Contains(seen, e.ID) || len(e.Devices) == 0 {
				continue
			}
			seen = append(seen, e.ID)
			chromedp.Call(p.ctx, deviceaccess.SelectPrompt, deviceaccess.SelectPromptParams{ID: e.ID, DeviceID: e.Devices[0].ID})
		}
	}()
	p.t.Cleanup(func() { <-done })
}

// leave carries the device off, and come brings it back.
func (p *peripheral) leave() {
	p.t.Helper()
	p.set(false)
	must(p.t, callBrowser(p.ctx, bluetoothemulation.SimulateGATTDisconnection, bluetoothemulation.SimulateGATTDisconnectionParams{Address: p.address}))
	p.furnish()
}

func (p *peripheral) come() { p.set(true) }

func (p *peripheral) set(near bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.near = near
}

// until waits until the device has been written this last.
func (p *peripheral) until(uuid string, value ...byte) {
	p.t.Helper()
	want := fmt.Sprintf("%s %x", uuid, value)
	late := time.After(30 * time.Second)
	for {
		p.mu.Lock()
		got, changed := slices.Clone(p.written), p.changed
		p.mu.Unlock()
		if len(got) > 0 && got[len(got)-1] == want {
			return
		}
		select {
		case <-changed:
		case <-late:
			p.t.Fatalf("waiting for %s; so far: %q", want, got)
		}
	}
}

// writes is what was written, in order.
func (p *peripheral) writes() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.written)
}
