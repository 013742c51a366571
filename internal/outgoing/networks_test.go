package outgoing

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

func TestCHAN5_WhichAddressesAreOpen(t *testing.T) {
	for _, c := range []struct {
		address string
		open    bool
	}{
		{"0.0.0.0", false}, {"0.1.2.3", false},
		{"9.255.255.255", true}, {"10.0.0.0", false}, {"10.255.255.255", false}, {"11.0.0.0", true},
		{"100.63.255.255", true}, {"100.64.0.0", false}, {"100.100.100.200", false}, {"100.127.255.255", false}, {"100.128.0.0", true},
		{"127.0.0.1", false}, {"127.255.255.254", false},
		{"168.63.129.16", false}, {"168.63.129.17", true},
		{"169.254.169.254", false},
		{"172.15.255.255", true}, {"172.16.0.0", false}, {"172.31.255.255", false}, {"172.32.0.0", true},
		{"192.0.0.8", false}, {"192.0.2.1", false}, {"192.88.99.1", false}, {"192.168.0.1", false}, {"192.169.0.0", true},
		{"198.17.255.255", true}, {"198.18.0.0", false}, {"198.19.255.255", false}, {"198.51.100.7", false}, {"203.0.113.9", false},
		{"223.255.255.255", true}, {"224.0.0.1", false}, {"239.1.1.1", false}, {"240.0.0.1", false}, {"255.255.255.255", false},
		{"8.8.8.8", true}, {"1.1.1.1", true},

		{"::", false}, {"::1", false}, {"::7f00:1", false}, {"::808:808", false},
		{"::ffff:127.0.0.1", false}, {"::ffff:10.0.0.1", false}, {"::ffff:169.254.169.254", false}, {"::ffff:8.8.8.8", true},
		{"::ffff:0:127.0.0.1", false}, {"::ffff:0:8.8.8.8", false},
		{"64:ff9b::7f00:1", false}, {"64:ff9b::10.1.2.3", false}, {"64:ff9b::8.8.8.8", true}, {"64:ff9b:1::8.8.8.8", false},
		{"100::1", false}, {"100:0:0:1::1", false},
		{"2001::1", false}, {"2001:0:4136:e378:8000:63bf:3fff:fdd2", false}, {"2001:10::1", false}, {"2001:20::1", false}, {"2001:1ff::1", false}, {"2001:200::1", true},
		{"2001:db8::1", false}, {"3fff::1", false}, {"3fff:1000::1", true},
		{"2002:7f00:1::1", false}, {"2002:a00:1::", false}, {"2002:c0a8:101::1", false}, {"2002:808:808::1", true}, {"2002:a9fe:a9fe::1", false},
		{"2a00:1450::5efe:10.0.0.1", false}, {"2a00:1450::200:5efe:192.168.0.1", false}, {"2a00:1450::200:5efe:8.8.8.8", true},
		{"2606:4700:4700::1111", true}, {"4000::1", false}, {"5f00::1", false},
		{"fc00::1", false}, {"fd00:ec2::254", false}, {"fe80::1", false}, {"fe80::1%eth0", false}, {"febf::1", false}, {"fec0::1", false},
		{"ff02::1", false}, {"2a00:1450::1%eth0", false},
	} {
		if got := networks(nil).allows(netip.MustParseAddr(c.address)); got != c.open {
			t.Errorf("%s: open %v", c.address, got)
		}
	}
}

func TestCHAN5_AnOperatorOpensNetworks(t *testing.T) {
	n := networks(prefixes("10.1.0.0/16", "fd00::/64", "fe80::/10"))
	for address, open := range map[string]bool{
		"10.1.2.3": true, "10.2.0.1": false, "::ffff:10.1.2.3": true, "64:ff9b::10.1.2.3": true, "64:ff9b::10.2.0.1": false, "2002:a01:203::1": true,
		"fd00::1": true, "fd00:0:0:1::1": false, "fe80::1%eth0": true, "127.0.0.1": false, "8.8.8.8": true,
	} {
		if got := n.allows(netip.MustParseAddr(address)); got != open {
			t.Errorf("%s: open %v", address, got)
		}
	}
}

// What belongs to whoever runs it may be opened at once; what a cloud serves inside stays closed, wherever it lies.
func TestCHAN5_PrivateNetworksAreOpened(t *testing.T) {
	n := networks(Private())
	for address, open := range map[string]bool{
		"127.0.0.1": true, "127.255.0.1": true, "10.2.0.1": true, "172.16.0.1": true, "172.32.0.1": true, "192.168.1.1": true, "::1": true, "::ffff:127.0.0.1": true,
		"fc00::1": true, "fd00::1": true, "fd00:ec1:ffff::1": true, "fd00:ec3::1": true, "fdff:ffff::1": true, "fbff::1": false, "fe00::1": false,
		"fd00:ec2::254": false, "fd00:ec2:ffff::1": false, "169.254.169.254": false, "168.63.129.16": false, "100.100.100.200": false, "64:ff9b::169.254.169.254": false,
		"0.0.0.0": false, "::": false, "fe80::1": false, "224.0.0.1": false, "8.8.8.8": true,
	} {
		if got := n.allows(netip.MustParseAddr(address)); got != open {
			t.Errorf("%s: open %v", address, got)
		}
	}
}

// However an IPv4 address is dressed up, it is no more open than it is bare.
func TestCHAN5_NoDressOpensAnAddress(t *testing.T) {
	dresses := []func(v4 [4]byte) netip.Addr{
		func(v [4]byte) netip.Addr { return netip.AddrFrom16(netip.AddrFrom4(v).As16()) },
		func(v [4]byte) netip.Addr { return behind("64:ff9b::", 12, v) },
		func(v [4]byte) netip.Addr { return behind("64:ff9b:1::", 12, v) },
		func(v [4]byte) netip.Addr { return behind("2002::1", 2, v) },
		func(v [4]byte) netip.Addr { return behind("::", 12, v) },
		func(v [4]byte) netip.Addr { return behind("::ffff:0:0:0", 12, v) },
		func(v [4]byte) netip.Addr { return behind("2a00:1450::5efe:0:0", 12, v) },
		func(v [4]byte) netip.Addr { return behind("2001::", 12, v) },
	}
	rapid.Check(t, func(r *rapid.T) {
		var v [4]byte
		copy(v[:], rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(r, "address"))
		bare := networks(nil).allows(netip.AddrFrom4(v))
		for _, dress := range dresses {
			if a := dress(v); networks(nil).allows(a) && !bare {
				r.Fatalf("%s is open, %s is not", a, netip.AddrFrom4(v))
			}
		}
	})
}

func behind(prefix string, at int, v [4]byte) netip.Addr {
	b := netip.MustParseAddr(prefix).As16()
	copy(b[at:], v[:])
	return netip.AddrFrom16(b)
}
