package turn

import (
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/clock"
)

func TestPeers(t *testing.T) {
	own := func() []netip.Addr {
		return []netip.Addr{netip.MustParseAddr("192.168.1.5"), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("2001:db9::5")}
	}
	at := func(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }
	all := &peers{media: at("0.0.0.0:9000"), public: []netip.Addr{netip.MustParseAddr("203.0.113.7")}, own: own}
	one := &peers{media: at("192.168.1.5:9000"), own: own}
	office := &peers{media: at("192.168.1.5:9000"), own: own, open: []netip.Prefix{netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("fd00::/8")}}
	world := &peers{media: at("192.168.1.5:9000"), own: own, open: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}}
	none := &peers{own: own}
	for _, c := range []struct {
		name string
		p    *peers
		to   string
		want bool
	}{
		{"an address of many", all, "192.168.1.5:9000", true},
		{"another of them", all, "[2001:db9::5]:9000", true},
		{"mapped", all, "[::ffff:192.168.1.5]:9000", true},
		{"loopback", all, "127.0.0.1:9000", true},
		{"all of loopback", all, "127.9.9.9:9000", true},
		{"as the public sees it", all, "203.0.113.7:9000", true},
		{"another port there", all, "203.0.113.7:53", false},
		{"another port", all, "192.168.1.5:53", false},
		{"a neighbour", all, "192.168.1.6:9000", false},
		{"nowhere", all, "0.0.0.0:9000", false},
		{"the one address", one, "192.168.1.5:9000", true},
		{"not loopback then", one, "127.0.0.1:9000", false},
		{"a neighbour in an open network", office, "192.168.1.6:1234", true},
		{"itself in an open network", office, "192.168.1.5:22", false},
		{"outside it", office, "10.0.0.1:9000", false},
		{"open IPv6", office, "[fd00::1]:9000", true},
		{"the public", world, "9.9.9.9:53", true},
		{"the public by IPv6", world, "[2620:fe::fe]:53", true},
		{"private ones in a wide network", world, "10.0.0.1:53", false},
		{"loopback in a wide network", world, "127.0.0.1:53", false},
		{"metadata in a wide network", world, "169.254.169.254:80", false},
		{"NAT64 of private in a wide network", world, "[64:ff9b::10.0.0.1]:53", false},
		{"multicast in a wide network", world, "224.0.0.1:53", false},
		{"link-local in a wide network", world, "[fe80::1%eth0]:53", false},
		{"broadcast in a wide network", world, "255.255.255.255:53", false},
		{"no media", none, "192.168.1.5:0", false},
	} {
		to := at(c.to)
		if got := c.p.reaches(to); got != c.want {
			t.Errorf("%s: %s is reached: %v", c.name, c.to, got)
		}
		if c.p.reaches(to) && !c.p.permits(to.Addr()) {
			t.Errorf("%s: reached and not permitted", c.name)
		}
	}
}

func TestUserNames(t *testing.T) {
	for s, want := range map[string]bool{
		"1700000000:abc": true, "0:a": true, "1700000000:A_b-9": true,
		"": false, ":": false, "1700000000": false, "1700000000:": false, "01700000000:abc": false, "+1700000000:abc": false, "-1:abc": false,
		"1700000000:a b": false, "1700000000:a:b": false, "99999999999999999999:abc": false, "9223372036854775807:abc": false, "1700000000:\xff": false,
	} {
		if _, _, ok := parseUsername(s); ok != want {
			t.Errorf("%q is a name: %v", s, ok)
		}
	}
}

func FuzzUserName(f *testing.F) {
	f.Add("1700000000:abc")
	f.Fuzz(func(t *testing.T, s string) {
		if expiry, member, ok := parseUsername(s); ok && strconv.FormatInt(expiry.Unix(), 10)+":"+member != s {
			t.Errorf("%q is not the only way to write %v of %q", s, expiry, member)
		}
	})
}

func TestCredentialsOpenRelaysUntilTheyExpireAndKeepThemLonger(t *testing.T) {
	fake := clock.NewFake(time.Unix(1_700_000_000, 0))
	m := minter{secret: []byte("s"), ttl: time.Hour, clock: fake}
	name, password := m.mint("member")
	ask := func(method stun.Method) bool {
		id, key, ok := m.know(&turn.RequestAttributes{Username: name, Realm: Realm, Method: method})
		return ok && id == "member" && string(key) == string(turn.GenerateAuthKey(name, Realm, password))
	}
	for _, c := range []struct {
		after               time.Duration
		opens, keeps, other bool
	}{
		{0, true, true, false}, {time.Hour, true, true, false}, {time.Second, false, true, false}, {MaxTTL - time.Second, false, true, false}, {time.Second, false, false, false},
	} {
		fake.Advance(c.after)
		if opens, keeps := ask(stun.MethodAllocate), ask(stun.MethodRefresh); opens != c.opens || keeps != c.keeps {
			t.Errorf("at %v it opens %v, keeps %v", fake.Now(), opens, keeps)
		}
	}
	if _, _, ok := m.know(&turn.RequestAttributes{Username: name, Realm: "another"}); ok {
		t.Error("another realm")
	}
}

func TestARateIsNeverExceeded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fake := clock.NewFake(time.Unix(1_700_000_000, 0))
		rate := rapid.Int64Range(8_000, 100_000_000).Draw(t, "rate")
		b := newBucket(rate, fake)
		var taken, passed float64
		for range rapid.IntRange(1, 200).Draw(t, "datagrams") {
			wait := time.Duration(rapid.IntRange(0, 50).Draw(t, "wait")) * time.Millisecond
			fake.Advance(wait)
			passed += wait.Seconds()
			if n := rapid.IntRange(1, 1500).Draw(t, "bytes"); b.take(n) {
				taken += float64(n)
			}
			if most := float64(rate) / 8 * (passed + 0.5); taken > most+1 {
				t.Fatalf("%v bytes in %v s of %v bits a second", taken, passed, rate)
			}
		}
	})
}

func TestTheLengthOfMessages(t *testing.T) {
	for _, c := range []struct {
		head []byte
		n    int
		ok   bool
	}{
		{[]byte{0, 1, 0, 0}, 20, true}, {[]byte{0, 1, 0, 8}, 28, true}, {[]byte{0, 1, 0, 7}, 27, false}, {[]byte{0x40, 0, 0, 0}, 4, true}, {[]byte{0x40, 0, 0, 1}, 8, true},
		{[]byte{0x4f, 0xff, 0, 8}, 12, true}, {[]byte{0x80, 0, 0, 0}, 0, false}, {[]byte{0, 1, 0xff, 0xec}, 65536, false}, {[]byte{0x40, 0, 0xff, 0xfd}, 65540, false},
	} {
		if n, ok := messageLen(c.head); ok != c.ok || n != c.n {
			t.Errorf("%x: %d, %v", c.head, n, ok)
		}
	}
}
