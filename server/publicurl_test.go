package server

import (
	"net"
	"testing"
)

func TestReachable(t *testing.T) {
	of := func(all ...string) func() ([]net.Addr, error) {
		return func() (out []net.Addr, err error) {
			for _, s := range all {
				ip, network, _ := net.ParseCIDR(s)
				out = append(out, &net.IPNet{IP: ip, Mask: network.Mask})
			}
			return out, nil
		}
	}
	for _, c := range []struct {
		listens string
		secure  bool
		here    []string
		want    string
	}{
		{"127.0.0.1:8080", false, []string{"192.168.1.4/24"}, "http://127.0.0.1:8080"},
		{"[::]:8080", false, []string{"127.0.0.1/8", "::1/128", "fe80::1/64", "192.168.1.4/24"}, "http://192.168.1.4:8080"},
		{"0.0.0.0:443", true, []string{"127.0.0.1/8"}, "https://127.0.0.1:443"},
		{"[::1]:80", false, nil, "http://[::1]:80"},
	} {
		if got := reachable(c.listens, c.secure, of(c.here...)); got != c.want {
			t.Errorf("%s: %s, want %s", c.listens, got, c.want)
		}
	}
}
