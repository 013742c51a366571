package main

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/wabproc"
)

// handshake returns the certificate that the server shows.
func handshake(t *testing.T, s *wabproc.Server) *x509.Certificate {
	t.Helper()
	conn, err := tls.Dial("tcp", strings.TrimPrefix(s.URL, "https://"), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0]
}

func TestSelfSignedNamesThisMachineAndIsKept(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := wabproc.Start(t, "--data", data, "--tls-self")
	if !strings.HasPrefix(s.URL, "https://") {
		t.Fatal(s.URL)
	}
	first := handshake(t, s)
	for _, host := range ownHosts() {
		if err := first.VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
	if lives := time.Until(first.NotAfter); lives > 398*24*time.Hour || lives < 300*24*time.Hour {
		t.Errorf("it lives %v", lives)
	}
	if info, err := os.Stat(filepath.Join(data, selfKey)); err != nil || info.Mode().Perm() != 0o600 {
		t.Error("the key is open to others:", info, err)
	}
	s.Stop(term)
	if again := handshake(t, wabproc.Start(t, "--data", data, "--tls-self")); !again.Equal(first) {
		t.Error("the second start shows another certificate")
	}
}

func TestSelfSignedIsRenewed(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	cert, key := filepath.Join(dir, selfCert), filepath.Join(dir, selfKey)
	hosts := []string{"localhost", "192.0.2.7"}
	if stillGood(cert, key, hosts, now) {
		t.Error("there is none yet")
	}
	if err := makeSelfSigned(dir, cert, key, hosts, now); err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]struct {
		hosts []string
		at    time.Time
		good  bool
	}{
		"now":           {hosts, now, true},
		"soon to end":   {hosts, now.Add(selfLives - selfRenew + time.Hour), false},
		"a new address": {append(hosts, "192.0.2.8"), now, false},
		"one less":      {hosts[:1], now, true},
	} {
		if stillGood(cert, key, try.hosts, try.at) != try.good {
			t.Error(name)
		}
	}
}

func TestCertificateFilesAreReadAgain(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem")
	put := func(host string, mtime time.Time) {
		t.Helper()
		if err := makeSelfSigned(dir, cert, key, []string{host}, time.Now()); err != nil {
			t.Fatal(err)
		}
		for _, f := range []string{cert, key} {
			if err := os.Chtimes(f, mtime, mtime); err != nil {
				t.Fatal(err)
			}
		}
	}
	at := time.Now().Add(-time.Hour)
	put("one.test", at)
	config, err := fromFiles(cert, key, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	wantName := func(host string) {
		t.Helper()
		c, err := config.GetCertificate(nil)
		if err != nil || c.Leaf.VerifyHostname(host) != nil {
			t.Errorf("want %s: %v %v", host, c.Leaf.DNSNames, err)
		}
	}
	wantName("one.test")
	put("two.test", at.Add(time.Minute))
	wantName("two.test")
	if err := os.WriteFile(cert, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantName("two.test") // what can't be read doesn't take the server down
	put("three.test", at.Add(2*time.Minute))
	wantName("three.test")
}

func TestOwnHostsAreNamesOrAddresses(t *testing.T) {
	for _, h := range ownHosts() {
		if net.ParseIP(h) == nil && strings.ContainsAny(h, " /:") {
			t.Errorf("%q", h)
		}
	}
}
