package main

import (
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"

	"github.com/wabgo/wab/internal/wabproc"
	"github.com/wabgo/wab/server"
)

func TestFlagsOfCalls(t *testing.T) {
	dir := t.TempDir()
	secret, empty := filepath.Join(dir, "secret"), filepath.Join(dir, "empty")
	if err := os.WriteFile(secret, []byte("shared\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	relay := "turn:relay.example?transport=udp"
	for _, c := range []struct {
		args  string
		wrong string // a word of the complaint
		check func(server.CallOptions) bool
	}{
		{"", "", func(o server.CallOptions) bool { return reflect.DeepEqual(o, server.CallOptions{}) }},
		{"--no-calls", "", func(o server.CallOptions) bool { return o.Off }},
		{"--call-addr :9000 --call-tcp off", "", func(o server.CallOptions) bool { return o.Addr == ":9000" && o.TCPAddr == "off" }},
		{"--call-public-ip 203.0.113.7,2001:db8::7", "", func(o server.CallOptions) bool { return len(o.PublicIPs) == 2 }},
		{"--turn on", "", func(o server.CallOptions) bool { return !o.TURN.Off && o.TURN.URLs == nil }},
		{"--turn off", "", func(o server.CallOptions) bool { return o.TURN.Off }},
		{"--turn " + relay + " --turn-secret-file " + secret, "", func(o server.CallOptions) bool {
			return o.TURN.URLs[0] == relay && string(o.TURN.Secret) == "shared"
		}},
		{"--turn-open-peer 10.0.0.0/8", "", func(o server.CallOptions) bool { return len(o.TURN.OpenPeers) == 1 }},
		{"--call-addr 9000", "--call-addr", nil},
		{"--call-tcp 9000", "--call-tcp", nil},
		{"--turn-udp 3478", "--turn-udp", nil},
		{"--turn-udp :3478", "", func(o server.CallOptions) bool { return o.TURN.Addr == ":3478" }},
		{"--call-public-ip wab.example", "--call-public-ip", nil},
		{"--call-public-ip 0.0.0.0", "--call-public-ip", nil},
		{"--call-public-ip 203.0.113.7 --call-public-ip 203.0.113.8", "one family", nil},
		{"--turn maybe", "--turn", nil},
		{"--turn off --turn " + relay, "several", nil},
		{"--turn " + relay, "--turn-secret-file", nil},
		{"--turn-secret-file " + secret, "--turn-secret-file", nil},
		{"--turn " + relay + " --turn-secret-file " + empty, "is empty", nil},
		{"--turn " + relay + " --turn-secret-file " + dir + "/none", "--turn-secret-file", nil},
		{"--turn-open-peer 10.0.0.1/8", "--turn-open-peer", nil},
	} {
		var flags callFlags
		f := newFlags("serve", "", "", os.Stderr)
		flags.define(f)
		if err := f.Parse(strings.Fields(c.args)); err != nil {
			t.Fatal(err)
		}
		o, err := flags.options()
		switch {
		case c.wrong == "" && (err != nil || !c.check(o)):
			t.Errorf("%s: %+v, %v", c.args, o, err)
		case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
			t.Errorf("%s: %v does not say %q", c.args, err, c.wrong)
		}
	}
}

// asked sends a STUN question and tells whether it is answered.
func asked(t *testing.T, network, addr string) bool {
	t.Helper()
	conn, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	m := stun.MustBuild(stun.TransactionID, stun.BindingRequest)
	if _, err := conn.Write(m.Raw); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	b := make([]byte, 200)
	n, err := conn.Read(b)
	return err == nil && n >= 20 && string(b[8:20]) == string(m.TransactionID[:])
}

func TestCallsHaveTheServersNumber(t *testing.T) {
	s := wabproc.Start(t, "--data", t.TempDir(), "--dev")
	at := strings.TrimPrefix(s.URL, "http://")
	for _, network := range []string{"udp", "tcp"} {
		if !asked(t, network, at) {
			t.Errorf("%s %s does not answer", network, at)
		}
	}
	if status, _ := s.Post("/api/counter/alice/home/Add", s.Guest("alice"), "[5]"); status != 200 {
		t.Error("and HTTP:", status)
	}
}

func TestAPortOfCallsThatIsTakenIsTold(t *testing.T) {
	busy, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	wantRefused(t, []string{"serve", "--data", t.TempDir(), "--addr", "127.0.0.1:0", "--call-addr", busy.LocalAddr().String()}, "--call-addr", "in use")
}

func TestWithoutCallsNothingAnswers(t *testing.T) {
	s := wabproc.Start(t, "--data", t.TempDir(), "--dev", "--no-calls")
	addr, err := net.ResolveUDPAddr("udp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	free, err := net.ListenUDP("udp", addr)
	if err != nil {
		t.Fatal("the UDP port is open:", err)
	}
	_ = free.Close()
}
