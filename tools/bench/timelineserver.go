package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"strings"
	"testing/fstest"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/wabgo/wab/server"
)

const (
	timelineScript = "tools/bench/timeline/page.ts"
	timelinePage   = `<!doctype html><meta charset="utf-8"><title>timeline</title><link rel="icon" href="data:,"><body><script type="module" src="page.js"></script>`
)

// meeting is a CA with one room.
type meeting struct{}

// Open opens the room and lets people in.
func (*meeting) Open(tx *server.Tx, people []string) error {
	room := tx.Call("room")
	for _, who := range people {
		if err := room.Admit(who); err != nil {
			return err
		}
	}
	return room.Open()
}

// meetingAt is where a meeting's server listens.
type meetingAt struct {
	Addr string // of HTTP
	UDP  netip.AddrPort
}

// meetingRole is a whole server with calls, and the bench's page; the argument is its data folder.
func meetingRole(_ context.Context, args []string) (*role, error) {
	page, err := timelineFiles()
	if err != nil {
		return nil, err
	}
	media, err := freeUDP()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	ready := make(announcement, 1)
	ended := make(chan error, 1)
	opt := server.Options{Addr: "127.0.0.1:0", Data: args[0], Dev: true, Ready: ready, Origins: []string{"*"}, Calls: server.CallOptions{Addr: media.String(), TCPAddr: "off"}}
	go func() {
		ended <- server.Serve(ctx, opt, server.App{Name: "meet", New: func() server.CA { return new(meeting) }, Web: page})
	}()
	select {
	case err := <-ended:
		stop()
		return nil, errors.Join(err, errors.New("the server ended"))
	case text := <-ready:
		_, addr, _ := strings.Cut(strings.TrimSpace(text), "://")
		return &role{ready: meetingAt{addr, media}, close: func() error { stop(); return <-ended }}, nil
	}
}

// timelineFiles are the page and its script.
func timelineFiles() (fs.FS, error) {
	built := api.Build(api.BuildOptions{
		EntryPoints: []string{timelineScript}, Bundle: true, Format: api.FormatESModule, Target: api.ES2022, Platform: api.PlatformBrowser, LogLevel: api.LogLevelSilent,
	})
	for _, m := range built.Errors {
		return nil, fmt.Errorf("%s: %s (run it from the module's root)", timelineScript, m.Text)
	}
	return fstest.MapFS{"index.html": {Data: []byte(timelinePage)}, "page.js": {Data: built.OutputFiles[0].Contents}}, nil
}

// freeUDP is a UDP port of the loopback address that nobody has.
func freeUDP() (netip.AddrPort, error) {
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return netip.AddrPort{}, err
	}
	defer c.Close()
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(c.LocalAddr().(*net.UDPAddr).Port)), nil
}
