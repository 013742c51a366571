package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	selfCert  = "tls-self.crt"
	selfKey   = "tls-self.key"
	selfLives = 397 * 24 * time.Hour // browsers refuse what lives longer than 398 days
	selfRenew = 30 * 24 * time.Hour
)

// selfSigned serves the certificate that is kept in the data folder, and makes a new one when it is missing, about to expire, or doesn't name an address
// that this machine has now.
func selfSigned(dir string, log *slog.Logger) (*tls.Config, error) {
	certFile, keyFile := filepath.Join(dir, selfCert), filepath.Join(dir, selfKey)
	hosts := ownHosts()
	if !stillGood(certFile, keyFile, hosts, time.Now()) {
		if err := makeSelfSigned(dir, certFile, keyFile, hosts, time.Now()); err != nil {
			return nil, fmt.Errorf("cannot make a certificate in %s: %w", dir, err)
		}
	}
	config, err := fromFiles(certFile, keyFile, log)
	if err == nil {
		log.Info("HTTPS with a certificate of our own: browsers ask whether to trust it", "names", strings.Join(hosts, " "), "sha256", fingerprint(certFile))
	}
	return config, err
}

// ownHosts are localhost, this machine's name, and its addresses that others on the network can reach.
func ownHosts() []string {
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	if name, err := os.Hostname(); err == nil && name != "" {
		hosts = append(hosts, strings.ToLower(name))
	}
	addrs, _ := net.InterfaceAddrs() // without a network there are none
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			hosts = append(hosts, n.IP.String())
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

func stillGood(certFile, keyFile string, hosts []string, now time.Time) bool {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return false
	}
	return now.Add(selfRenew).Before(pair.Leaf.NotAfter) &&
		!slices.ContainsFunc(hosts, func(h string) bool { return pair.Leaf.VerifyHostname(h) != nil })
}

func makeSelfSigned(dir, certFile, keyFile string, hosts []string, now time.Time) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template, err := selfTemplate(hosts, now)
	if err != nil {
		return err
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := replace(keyFile, "PRIVATE KEY", secret, 0o600); err != nil {
		return err
	}
	return replace(certFile, "CERTIFICATE", cert, 0o644)
}

func selfTemplate(hosts []string, now time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "wab on " + hosts[len(hosts)-1]},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(selfLives),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	return t, nil
}

// replace writes a PEM file in one step.
func replace(path, kind string, der []byte, mode os.FileMode) error {
	temp := path + ".new"
	if err := os.WriteFile(temp, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

// fingerprint is what a browser shows of a certificate, for comparing.
func fingerprint(certFile string) string {
	text, _ := os.ReadFile(certFile)
	block, _ := pem.Decode(bytes.TrimSpace(text))
	if block == nil {
		return ""
	}
	return fmt.Sprintf("% X", sha256.Sum256(block.Bytes))
}
